import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import { ROOT, inFolder, run, start, until } from '../end-to-end/programs.js';
import type { Running } from '../end-to-end/programs.js';
import { startSampleMirror } from './sample-mirror.js';
import { Recorder } from './terraform-recorder.js';
import type { Call } from './terraform-recorder.js';

const PROGRAMS = ['seed', 'downloader', 'converter'] as const;
/** Of RunTask, which passes the roles of a task: no call of its own. */
const PASS_ROLE = 'iam:PassRole';
type Program = (typeof PROGRAMS)[number];

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** terraform/iam-actions.json: what each call needs, on what. */
interface Need {
  readonly on: string;
  readonly actions: readonly string[];
  readonly kms?: readonly string[];
  /** With a person's own credentials, and in no program's policy. */
  readonly by?: 'operator';
}

/** What the templates of policies are filled with: the fleet of this test. */
const RESOURCES: Readonly<Record<string, string>> = {
  bucket: 'arn:aws:s3:::wikifleet',
  download_queue: 'arn:aws:sqs:us-east-1:000000000000:wikifleet-download',
  download_dead_letter_queue: 'arn:aws:sqs:us-east-1:000000000000:wikifleet-download-dead-letter',
  convert_queue: 'arn:aws:sqs:us-east-1:000000000000:wikifleet-convert',
  convert_dead_letter_queue: 'arn:aws:sqs:us-east-1:000000000000:wikifleet-convert-dead-letter',
  tasks: 'arn:aws:ecs:us-east-1:000000000000:task/wikifleet/*',
  namespace: 'Wikifleet',
  cluster: 'arn:aws:ecs:us-east-1:000000000000:cluster/wikifleet',
  services: 'arn:aws:ecs:us-east-1:000000000000:service/wikifleet/*',
  task_definitions: 'arn:aws:ecs:us-east-1:000000000000:task-definition/wikifleet-*',
  scalable_targets: 'arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/*',
  task_roles: 'arn:aws:iam::000000000000:role/wikifleet-*',
  key: 'arn:aws:kms:us-east-1:000000000000:key/1',
};

async function readPolicy(name: string): Promise<Statement[]> {
  const template = await readFile(join(ROOT, 'terraform/policies', `${name}.json.tftpl`), 'utf8');
  const filled = template.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => {
    const value = RESOURCES[variable];
    assert.ok(value, `${name}.json.tftpl: no ${variable}`);
    return value;
  });
  return (JSON.parse(filled) as { Statement: Statement[] }).Statement;
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);
const actionsOf = (policy: readonly Statement[]): string[] => policy.flatMap(({ Action }) => listOf(Action));

/** As IAM compares: `*` stands for any characters, everything else for itself. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`).test(text);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function allows(policy: readonly Statement[], action: string, resource: string): boolean {
  return policy.some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      listOf(Action).includes(action) &&
      listOf(Resource).some((pattern) => matches(pattern, resource)),
  );
}

function resourceOf({ on }: Need, target: string): string {
  if (on === 'bucket') return 'arn:aws:s3:::wikifleet';
  if (on === 'object') return `arn:aws:s3:::wikifleet/${target}`;
  if (on === 'queue') return `arn:aws:sqs:us-east-1:000000000000:${target}`;
  return on === 'task' ? 'arn:aws:ecs:us-east-1:000000000000:task/wikifleet/0123' : '*';
}

const SOURCES = [
  'packages/store',
  'packages/queue',
  'packages/runs',
  'packages/worker',
  ...PROGRAMS.map((program) => `apps/${program}`),
];

/** Calls of packages and programs by their classes: `new PutObjectCommand(` of `@aws-sdk/client-s3`. */
async function callsInSources(folders: readonly string[] = SOURCES): Promise<Set<string>> {
  const clients: Readonly<Record<string, string>> = {
    s3: 'S3',
    sqs: 'SQS',
    cloudwatch: 'CloudWatch',
    ecs: 'ECS',
    'application-auto-scaling': 'ApplicationAutoScaling',
    'service-quotas': 'ServiceQuotas',
  };
  const calls = new Set<string>();
  for (const folder of folders) {
    const source = join(ROOT, folder, 'src');
    for (const name of await readdir(source, { recursive: true })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.startsWith('testing/')) continue;
      const text = await readFile(join(source, name), 'utf8');
      for (const [, names = '', client = ''] of text.matchAll(
        /\{([^{}]*)\} = await import\('@aws-sdk\/client-([\w-]+)'\)/g,
      ))
        add(names, client);
      for (const [, names = '', client = ''] of text.matchAll(/import \{([^{}]*)\} from '@aws-sdk\/client-([\w-]+)'/g))
        add(names, client);
    }
  }
  function add(names: string, client: string): void {
    for (const [, command = ''] of names.matchAll(/(\w+)Command\b/g))
      calls.add(`${clients[client] ?? client}.${command}`);
  }
  return calls;
}

describe('what programs may do on AWS (terraform/policies)', () => {
  const policies = new Map<Program, readonly Statement[]>();
  let needs: Readonly<Record<string, Need>> = {};
  before(async () => {
    for (const program of PROGRAMS) policies.set(program, await readPolicy(program));
    const map = await readFile(join(ROOT, 'terraform/iam-actions.json'), 'utf8');
    needs = (JSON.parse(map) as { calls: Record<string, Need> }).calls;
  });

  it('the map has every call that the sources make', async () => {
    const calls = await callsInSources();
    assert.ok(calls.has('S3.PutObject') && calls.has('SQS.DeleteMessage'), [...calls].join(', '));
    assert.deepEqual(
      [...calls].filter((call) => needs[call] === undefined),
      [],
    );
  });

  it('no policy has an action that no call needs', () => {
    const needed = new Set(Object.values(needs).flatMap(({ actions, by }) => (by === undefined ? actions : [])));
    for (const [program, policy] of policies) {
      assert.deepEqual(
        actionsOf(policy).filter((action) => !needed.has(action)),
        [],
        program,
      );
    }
  });

  it("the operator's policy has the actions of all calls that a person makes, on what they are for, and no other", async () => {
    const policy = await readPolicy('operator');
    const own = Object.entries(needs).filter(([, { by }]) => by === 'operator');
    const problems = own.flatMap(([name, need]) =>
      need.actions.filter((action) => !actionsOf(policy).includes(action)).map((action) => `${name}: no ${action}`),
    );
    assert.deepEqual(problems, []);
    const known = new Set([PASS_ROLE, ...Object.values(needs).flatMap(({ actions }) => actions)]);
    assert.deepEqual(
      actionsOf(policy).filter((action) => !known.has(action)),
      [],
    );
    for (const program of PROGRAMS) assert.ok(!actionsOf(policies.get(program) ?? []).includes(PASS_ROLE), program);
    assert.ok(!allows(policy, 's3:PutObject', 'arn:aws:s3:::wikifleet/rows/x'), 'rows are written by converters');
  });

  it('the map has every call of the operator', async () => {
    const calls = await callsInSources(['apps/fleet']);
    assert.ok(calls.has('ECS.RunTask') && calls.has('ServiceQuotas.GetServiceQuota'), [...calls].join(', '));
    assert.deepEqual(
      [...calls].filter((call) => needs[call] === undefined),
      [],
    );
  });

  it('what AWS checks with KMS on our behalf is in the policy of the key', async () => {
    const onBehalf = new Set(Object.values(needs).flatMap(({ kms = [] }) => kms));
    assert.deepEqual(actionsOf(await readPolicy('kms')).toSorted(), [...onBehalf].toSorted());
  });

  it('everybody may list the bucket: without it a key that is not there answers 403, and never 404', () => {
    for (const [program, policy] of policies)
      assert.ok(allows(policy, 's3:ListBucket', 'arn:aws:s3:::wikifleet'), program);
  });

  // what a small sample that all goes well with does not come to
  const rare: readonly (readonly [Program, readonly string[], readonly string[]])[] = [
    [
      'downloader',
      ['S3.CreateMultipartUpload', 'S3.UploadPart', 'S3.CompleteMultipartUpload', 'S3.AbortMultipartUpload'],
      ['raw/x'],
    ],
    ['downloader', ['SQS.ChangeMessageVisibility'], ['wikifleet-download']],
    ['downloader', ['CloudWatch.PutMetricData'], ['']],
    [
      'converter',
      [
        'S3.CreateMultipartUpload',
        'S3.UploadPart',
        'S3.CompleteMultipartUpload',
        'S3.AbortMultipartUpload',
        'S3.DeleteObjects',
      ],
      ['rows/x', 'quarantine/x', 'runs/x'],
    ],
    ['converter', ['S3.AbortMultipartUpload'], ['raw/x']],
    // a repair compares parts with their receipts; a raw object that is not there is downloaded again
    ['converter', ['S3.HeadObject'], ['raw/x', 'rows/x', 'quarantine/x']],
    ['converter', ['SQS.SendMessageBatch'], ['wikifleet-download']],
    ['converter', ['SQS.ChangeMessageVisibility'], ['wikifleet-convert']],
    ['converter', ['CloudWatch.PutMetricData', 'ECSAgent.GetTaskProtection'], ['']],
    ['downloader', ['S3.DeleteObjects'], ['raw/x', 'runs/kind/wiki/date/plan/raw/x.json']],
    ['downloader', ['S3.ListMultipartUploads', 'S3.ListObjectsV2'], ['']],
    ['downloader', ['S3.HeadObject'], ['raw/x', 'runs/x']],
    ['seed', ['S3.DeleteObjects'], ['raw/x', 'rows/x', 'quarantine/x', 'runs/x']],
    ['seed', ['S3.AbortMultipartUpload'], ['raw/x', 'rows/x', 'quarantine/x', 'runs/x']],
    ['seed', ['CloudWatch.PutMetricData'], ['']],
    // seeding again closes what can be closed
    ['seed', ['S3.HeadObject'], ['raw/x', 'rows/x']],
  ];
  for (const [program, names, targets] of rare) {
    it(`${program}: ${names.join(', ')} on ${targets.join(', ') || 'itself'}`, () => {
      const calls = names.flatMap((name) => targets.map((target) => ({ name, target })));
      assert.deepEqual(refused(calls, needs, policies.get(program) ?? []), []);
    });
  }

  it('a policy that lacks something is noticed', () => {
    const policy = policies.get('downloader') ?? [];
    assert.ok(allows(policy, 's3:PutObject', 'arn:aws:s3:::wikifleet/raw/x'));
    assert.ok(!allows(policy, 's3:PutObject', 'arn:aws:s3:::wikifleet/rows/x'));
    assert.ok(!allows(policy, 's3:PutObject', 'arn:aws:s3:::wikifleet-of-others/raw/x'));
    assert.ok(!allows(policy, 's3:DeleteObject', 'arn:aws:s3:::wikifleet/rows/x'));
    assert.ok(!allows(policy, 's3:DeleteObject', 'arn:aws:s3:::wikifleet/runs/kind/wiki/date/plan.json'));
    assert.ok(!allows(policy, 'sqs:ReceiveMessage', String(RESOURCES['convert_queue'])));
  });

  describe('recorded in a run, a run begun anew, and jobs that fail for good', function () {
    this.timeout(240_000);
    const recorders = new Map<Program, Recorder>();
    const running: Running[] = [];
    before(async () => {
      await inFolder(async (folder) => await recordRuns(folder, recorders, running));
    });
    after(async () => {
      for (const { child } of running) child.kill('SIGKILL');
      for (const recorder of recorders.values()) await recorder.close();
    });

    const mustCall: Readonly<Record<Program, readonly string[]>> = {
      seed: [
        'CloudWatch.PutMetricData',
        'S3.HeadBucket',
        'S3.GetObject',
        'S3.PutObject',
        'S3.ListObjectsV2',
        'S3.DeleteObjects',
        'SQS.SendMessageBatch',
      ],
      downloader: [
        'CloudWatch.PutMetricData',
        'S3.GetObject',
        'S3.PutObject',
        'SQS.ReceiveMessage',
        'SQS.DeleteMessage',
        'SQS.SendMessage',
        'SQS.SendMessageBatch',
      ],
      converter: [
        'S3.GetObject',
        'S3.PutObject',
        'S3.ListObjectsV2',
        'S3.ListMultipartUploads',
        'SQS.DeleteMessage',
        'SQS.SendMessage',
        'ECSAgent.PutTaskProtection',
      ],
    };
    it('the downloader is not protected from being stopped: it hands its jobs back at once', () => {
      const names = recorders.get('downloader')?.calls.map(({ name }) => name) ?? [];
      assert.deepEqual(
        names.filter((name) => name.startsWith('ECSAgent.')),
        [],
      );
      assert.ok(!actionsOf(policies.get('downloader') ?? []).some((action) => action.startsWith('ecs:')));
    });

    for (const program of PROGRAMS) {
      it(`${program}: without any one statement or action, a call is refused`, () => {
        const policy = policies.get(program) ?? [];
        const expected = rare.filter(([name]) => name === program);
        const calls = [
          ...(recorders.get(program)?.calls ?? []),
          ...expected.flatMap(([, names, targets]) =>
            names.flatMap((name) => targets.map((target) => ({ name, target }))),
          ),
        ];
        const survivors = mutationsOf(policy).filter(({ mutated }) => refused(calls, needs, mutated).length === 0);
        assert.deepEqual(
          survivors.map(({ what }) => what),
          [],
        );
      });

      it(`${program}: every call is in the map, and its policy allows it on what it was for`, () => {
        const calls = recorders.get(program)?.calls ?? [];
        const names = new Set(calls.map(({ name }) => name));
        assert.deepEqual(
          mustCall[program].filter((name) => !names.has(name)),
          [],
          `recorded: ${[...names].join(', ')}`,
        );
        assert.deepEqual(refused(calls, needs, policies.get(program) ?? []), []);
      });
    }
  });
});

/** The policy without one statement, one action of a statement, or one resource of a statement. */
function mutationsOf(policy: readonly Statement[]): { what: string; mutated: readonly Statement[] }[] {
  return policy.flatMap((statement, at) => {
    const { Sid = String(at), Action, Resource } = statement;
    const instead = (change: Partial<Statement>): readonly Statement[] => policy.with(at, { ...statement, ...change });
    const [actions, resources] = [listOf(Action), listOf(Resource)];
    return [
      { what: Sid, mutated: policy.filter((one) => one !== statement) },
      ...actions.map((action) => ({
        what: `${Sid}: ${action}`,
        mutated: instead({ Action: actions.filter((one) => one !== action) }),
      })),
      ...resources.map((resource) => ({
        what: `${Sid}: ${resource}`,
        mutated: instead({ Resource: resources.filter((one) => one !== resource) }),
      })),
    ];
  });
}

/** What the policy does not allow, each once. */
function refused(
  calls: readonly Call[],
  needs: Readonly<Record<string, Need>>,
  policy: readonly Statement[],
): string[] {
  const problems = new Set<string>();
  for (const { name, target } of calls) {
    const need = needs[name];
    if (need === undefined) {
      problems.add(`${name} ${target}: not in terraform/iam-actions.json`);
      continue;
    }
    const resource = resourceOf(need, target);
    for (const action of need.actions) {
      if (!allows(policy, action, resource)) problems.add(`${name} ${target}: no ${action} on ${resource}`);
    }
  }
  return [...problems];
}

/** The sample wiki twice (the second time under another plan), and a message on each queue that is no job. */
async function recordRuns(folder: string, recorders: Map<Program, Recorder>, running: Running[]): Promise<void> {
  const data = join(folder, 'data');
  const cloud = start('wikifleet/dist/cloud.js', ['--out', data, '--port', '0']);
  running.push(cloud);
  await until('the loopback cloud answers', () => /^export WIKIFLEET_CONVERT_DEAD_LETTER/m.test(cloud.output()));
  const environment = Object.fromEntries(
    [...cloud.output().matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const endpoint = environment['AWS_ENDPOINT_URL'] ?? '';
  for (const program of PROGRAMS) recorders.set(program, await Recorder.listen(endpoint));
  const mirrors = await startSampleMirror(folder, running);
  const environmentOf = (program: Program): Record<string, string> => ({
    ...environment,
    AWS_ENDPOINT_URL: recorders.get(program)?.endpoint ?? '',
    ...(program === 'seed' ? {} : { ECS_AGENT_URI: recorders.get(program)?.agent ?? '' }),
    WIKIFLEET_PUBLISH_DEPTH: 'on',
    WIKIFLEET_MIRRORS: mirrors,
  });
  const sqs = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  for (const name of ['DOWNLOAD', 'CONVERT']) {
    const QueueUrl = environment[`WIKIFLEET_${name}_QUEUE_URL`];
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'no job' }));
  }
  sqs.destroy();
  const workers = (['downloader', 'converter'] as const).map((p) => start(`${p}/dist/main.js`, [], environmentOf(p)));
  running.push(...workers);
  const arguments_ = ['--wiki', 'samplewiki', '--date', '2026-10-01', '--json'];
  for (const more of [
    ['--split-bytes', '150000'],
    ['--split-bytes', '200000', '--force'],
  ]) {
    const seeded = await run('seed/dist/main.js', [...arguments_, ...more], environmentOf('seed'));
    assert.equal(seeded.code, 0, seeded.stderr);
    const { planId } = JSON.parse(seeded.stdout) as { planId: string };
    const runFolder = join(data, 'runs/articles-multistream/samplewiki/2026-10-01', planId);
    const closed = async (): Promise<boolean> =>
      (await readdir(runFolder).catch((): string[] => [])).includes('manifest.json');
    await until('the run is complete', closed, 90);
  }
  for (const { child, ended, output } of [...workers, cloud]) {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal((await ended).code, 0, output());
  }
}
