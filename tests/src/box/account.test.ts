import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AWS_ASSUMPTIONS } from '@wikifleet/scaling/aws-assumptions';
import type { Running } from '../end-to-end/programs.js';
import { startSampleMirror } from '../tools/sample-mirror.js';
import { Account } from './account.js';
import type { AccountOptions } from './account.js';
import { MotoServer } from './moto-server.js';
import { allows } from './policies.js';
import type { Task } from './task.js';
import { DEFAULT_FLEET, FLEET_WITH_ALL_OPTIONS, BOX_NEEDS, imageOf } from './terraform.js';

const RUN = 'articles-multistream/samplewiki/2026-10-01';
const NAMED = ['--wiki', 'samplewiki', '--date', '2026-10-01'];
const DOWNLOADER = 'wikifleet-downloader';
const CONVERTER = 'wikifleet-converter';
/** Seconds from a first message to a running task, and from the last job to none: docs/operating.md promises both. */
const { awakeSeconds: AWAKE_SECONDS, asleepSeconds: ASLEEP_SECONDS } = AWS_ASSUMPTIONS;

/** Its program waits for jobs, and handles SIGTERM. */
function hasStarted({ lines }: Task): boolean {
  return lines.some((line) => line.includes('"event":"started"'));
}

describe(`a fleet in an AWS account on this machine`, function () {
  this.timeout(600_000);
  const running: Running[] = [];
  let folder = '';
  let mirrors = '';
  let server: MotoServer;

  before(async function () {
    if (BOX_NEEDS !== '') this.skip(BOX_NEEDS);
    server = await MotoServer.start();
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-box-mirror-'));
    mirrors = await startSampleMirror(folder, running);
  });
  after(async () => {
    if (BOX_NEEDS !== '') return;
    for (const { child } of running) child.kill('SIGKILL');
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const seed = async (account: Account, splitBytes: number): Promise<string> => {
    const { code, stdout, stderr } = await account.seed(...NAMED, '--split-bytes', String(splitBytes), '--json');
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { planId: string }).planId;
  };
  const fleet = async (account: Account, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await account.fleet(...args);
    assert.equal(code, 0, `fleet ${args.join(' ')}: ${stdout}${stderr}\n${account.report()}`);
    return stdout;
  };
  /** Whether a program of the service waits for jobs. */
  const isRunning = (account: Account, service: string) => () => account.ecs.active(service).some(hasStarted);
  const isEmpty = (account: Account) => () => account.ecs.tasks.every(({ status }) => status === 'STOPPED');
  /** Nothing that AWS would refuse, and no task that failed. */
  const assertHealthy = (account: Account): void => {
    assert.deepEqual(account.gateway.refusals, [], account.report());
    assert.deepEqual(account.gateway.problems, []);
    assert.deepEqual(account.failedTasks, []);
  };
  const inAccount = async (
    variables: Readonly<Record<string, unknown>>,
    options: Partial<AccountOptions>,
    test: (account: Account) => Promise<void>,
  ): Promise<void> => {
    const account = await Account.open(server, variables, { mirrors, ...options });
    try {
      await test(account);
    } finally {
      await account.close();
    }
  };

  describe('a run, from zero and back to zero', () => {
    let account: Account;
    let planId = '';
    before(async () => {
      account = await Account.open(server, DEFAULT_FLEET, { mirrors });
      const { operator_policy: policy } = await account.root.outputs();
      await account.limitOperator(String(policy));
    });
    after(async () => await account.close());

    it('doctor finds nothing wrong in what Terraform made', async () => {
      assert.match(await fleet(account, 'doctor', '--seconds', '120'), /all checks passed/);
      assertHealthy(account);
    });

    it(`a seed wakes the downloader, and its splits the converters, within ${AWAKE_SECONDS} s each`, async () => {
      planId = await seed(account, 150_000);
      await account.until('a downloader runs', isRunning(account, DOWNLOADER), AWAKE_SECONDS);
      const downloaded = (): boolean =>
        account.gateway.calls.get(`${DOWNLOADER}-task`)?.has('SQS.SendMessageBatch') ?? false;
      await account.until('splits are enqueued', downloaded, 300);
      await account.until('a converter runs', isRunning(account, CONVERTER), AWAKE_SECONDS);
    });

    it('the run closes, and the fleet goes back to zero', async () => {
      await account.until('the run is closed', async () => await account.isClosed(RUN, planId), 600);
      await account.until('no task is left', isEmpty(account), ASLEEP_SECONDS);
      assertHealthy(account);
      const peaks = account.scaling.activities.map(({ to }) => to);
      assert.ok(Math.max(...peaks) >= 1 && peaks.at(-1) === 0, account.report());
    });

    it('verify proves the run; status, depth and costs report it', async () => {
      assert.match(await fleet(account, 'verify', ...NAMED), /proved/);
      assert.match(await fleet(account, 'status', ...NAMED), new RegExp(`plan ${planId}`));
      const { queues } = JSON.parse(await fleet(account, 'depth', '--hours', '1', '--json')) as {
        queues: { queue: string; outstanding?: unknown }[];
      };
      assert.ok(queues.some(({ queue }) => queue === 'wikifleet-convert'));
      const { times } = JSON.parse(await fleet(account, 'costs', ...NAMED, '--json')) as {
        times: { service: string; seconds: number }[];
      };
      for (const { service, seconds } of times) assert.ok(seconds > 30, `${service}: ${seconds} s`);
    });

    it('the operator may do all that the command does, by the policy that Terraform made', async () => {
      await fleet(account, 'dlq');
      await fleet(account, 'redrive');
      await fleet(account, 'start', '--tasks', '1', '--minutes', '5');
      await account.until('a converter runs', isRunning(account, CONVERTER), AWAKE_SECONDS);
      await fleet(account, 'pause');
      await fleet(account, 'stop');
      await fleet(account, 'resume');
      await account.until('no task is left', isEmpty(account), 300);
      assertHealthy(account);
    });

    it('stop ends a run that is under way and keeps it stopped; resume completes it', async () => {
      const stopped = await account.seed(...NAMED, '--split-bytes', '60000', '--force', '--json');
      assert.equal(stopped.code, 0, stopped.stderr);
      ({ planId } = JSON.parse(stopped.stdout) as { planId: string });
      await account.until('a downloader runs', isRunning(account, DOWNLOADER), AWAKE_SECONDS);
      await fleet(account, 'stop');
      await account.until('no task is left', isEmpty(account), 300);
      const { length } = account.ecs.tasks;
      const began = account.now;
      await account.until('two minutes pass', () => account.now - began > 120, 200);
      assert.equal(account.ecs.tasks.length, length, account.report());
      await fleet(account, 'resume');
      await account.until('the run is closed', async () => await account.isClosed(RUN, planId), 900);
      assertHealthy(account);
    });
  });

  it('an upgrade in mid-run gets through, and the run is completed by both versions', async () => {
    await inAccount(DEFAULT_FLEET, {}, async (account) => {
      const planId = await seed(account, 20_000);
      await account.until('a converter runs', isRunning(account, CONVERTER), 600);
      const replace = ['seed', 'downloader', 'converter'].map(
        (p) => `module.${p}_task[0].aws_ecs_task_definition.this`,
      );
      await account.root.apply({ ...DEFAULT_FLEET, image: imageOf('b') }, { replace });
      const old = account.ecs.tasks.filter(({ definition }) => definition.taskDefinitionArn.endsWith(':1'));
      await account.until('the old tasks have stopped', () => old.every(({ status }) => status === 'STOPPED'), 900);
      await account.until('the run is closed', async () => await account.isClosed(RUN, planId), 900);
      assertHealthy(account);
      await fleet(account, 'verify', ...NAMED);
    });
  });

  it('a Spot interruption hands a split back, and the run is complete', async () => {
    await inAccount(DEFAULT_FLEET, {}, async (account) => {
      const planId = await seed(account, 20_000);
      await account.until('a converter runs', isRunning(account, CONVERTER), 600);
      const [task] = account.ecs.active(CONVERTER).filter(hasStarted);
      assert.ok(task);
      account.ecs.interrupt(task, account.now);
      await account.until('the task has ended', () => task.status === 'STOPPED', 130);
      assert.equal(task.exitCode, 0, 'before it is killed');
      await account.until('the run is closed', async () => await account.isClosed(RUN, planId), 900);
      assertHealthy(account);
    });
  });

  it("the schedule starts a seed by its target's own role and input", async () => {
    await inAccount({ ...FLEET_WITH_ALL_OPTIONS, seed_schedule: { wikis: ['samplewiki'] } }, {}, async (account) => {
      const { statements, needs } = await account.scheduleAccess('wikifleet-seed');
      for (const statement of statements) {
        const others = statements.filter((one) => one !== statement);
        assert.ok(
          needs.some((need) => !allows(others, need)),
          `needed by nothing: ${statement.Sid}`,
        );
      }
      const task = await account.runSchedule('wikifleet-seed');
      await account.until('the seed has ended', () => task.status === 'STOPPED', 300);
      assert.equal(task.exitCode, 0, task.lines.join('\n'));
      await account.until('a downloader runs', isRunning(account, DOWNLOADER), AWAKE_SECONDS);
      assertHealthy(account);
    });
  });
});
