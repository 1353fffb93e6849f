import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { planKey } from '@wikifleet/domain/keys';
import { DEFAULT_SETTINGS, sealPlan } from '@wikifleet/domain/plan';
import { connect } from '@wikifleet/worker/connect';
import type { Cloud } from '@wikifleet/worker/connect';
import { ReleaseStack } from '@wikifleet/worker/release-stack';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const RUN = { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' } as const;
const { signal } = new AbortController();

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the mending commands, as processes against the loopback cloud', function () {
  const releases = new ReleaseStack();
  let cloud: Cloud;
  let environment: Record<string, string>;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-mending-'));
    releases.defer(folder, async (path) => await rm(path, { recursive: true, force: true }));
    const server = releases.defer(
      await startLocalCloud({ directory: join(folder, 'cloud'), buckets: { wikifleet: join(folder, 'objects') } }),
      async (s) => await s.close(),
    );
    const queue = (name: string): string => `${server.endpoint}/000000000000/${name}`;
    const settings = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: 'us-east-1',
      WIKIFLEET_BUCKET: 'wikifleet',
      WIKIFLEET_DOWNLOAD_QUEUE_URL: queue('downloads'),
      WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: queue('downloads-dead'),
      WIKIFLEET_CONVERT_QUEUE_URL: queue('converts'),
      WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: queue('converts-dead'),
    };
    for (const name of ['downloads', 'converts']) {
      await create(server.endpoint, `${name}-dead`, {});
      const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${name}-dead`;
      await create(server.endpoint, name, {
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 20 }),
      });
    }
    environment = { ...settings, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    cloud = await connect(settings, releases);
  });
  after(async () => await releases.close());

  async function create(endpoint: string, QueueName: string, Attributes: Record<string, string>): Promise<void> {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.CreateQueue' },
      body: JSON.stringify({ QueueName, Attributes }),
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  async function fleet(...args: string[]): Promise<Ended> {
    const env = { ...process.env, ...environment };
    return await new Promise((resolve) => {
      execFile(process.execPath, [MAIN, ...args], { env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  it('lists dead letters, moves them back, and says when nothing is there', async () => {
    const empty = await fleet('redrive');
    assert.deepEqual(
      [empty.code, empty.out],
      [0, 'downloads: nothing there to be moved\nconverts: nothing there to be moved\n'],
    );
    for (let i = 0; i < 3; i += 1) await cloud.converts.deadLetter('\u009bx', 'JOB_MALFORMED', `no job ${i}`, signal);
    const listed = await fleet('dlq', '--max', '2');
    assert.equal(listed.code, 0);
    assert.match(
      listed.out,
      /^downloads: no dead letters\nconverts: 2 dead letters listed\n {2}no job: "<U\+009B>x"\n/,
    );
    assert.match(listed.out, /about 1 more/);
    const json = JSON.parse((await fleet('dlq', '--queue', 'converts', '--json')).out) as {
      queues: { letters: { reason: string }[]; more: number }[];
    };
    assert.equal(json.queues[0]?.more, 0);
    assert.deepEqual(json.queues[0].letters.map(({ reason }) => reason).toSorted(), [
      'no job 0',
      'no job 1',
      'no job 2',
    ]);
    const moved = await fleet('redrive', '--queue', 'converts', '--rate', '100');
    assert.deepEqual([moved.code, moved.out], [0, 'converts: 3 moved back to converts\n']);
    assert.equal((await cloud.converts.depth()).visible, 3);
  });

  it('says that a run was never planned, of a planned one what is missing, and enqueues it', async () => {
    const name = ['--wiki', RUN.wiki, '--date', RUN.date, '--kind', RUN.kind];
    const unplanned = await fleet('verify', ...name);
    assert.equal(unplanned.code, 1);
    assert.match(unplanned.out, /^PLAN_MISSING {2}the run: .*nothing was seeded\n.*not proved.*\nnext: npm run seed/);
    await cloud.store.put(planKey(RUN), '{');
    assert.match((await fleet('verify', ...name)).out, /^PLAN_MALFORMED .*\n.*\n.*--force/);
    const plan = sealPlan({
      run: RUN,
      vouchedBy: 'dumpstatus',
      settings: {
        ...DEFAULT_SETTINGS,
        splitBytes: 30,
      },
      files: [{ file: 'a.bz2', path: 'x/a.bz2', size: 100, checksum: null }],
      supersedes: [],
    });
    await cloud.store.putJson(planKey(RUN), plan);
    const planned = await fleet('verify', ...name);
    assert.equal(planned.code, 1);
    assert.match(
      planned.out,
      /^RAW_RECORD_MISSING {2}a\.bz2: .*not downloaded\n.*: not done: 0 of 1 file complete, 1 problem\n/,
    );
    assert.match(planned.out, /--repair/);
    assert.equal((await cloud.downloads.depth()).visible, 0);
    const repaired = await fleet('verify', ...name, '--repair', '--json');
    assert.equal(repaired.code, 1);
    const { proved, repaired: done } = JSON.parse(repaired.out) as {
      proved: boolean;
      repaired: { enqueued: string[] };
    };
    assert.deepEqual([proved, done.enqueued], [false, ['a.bz2']]);
    assert.equal((await cloud.downloads.depth()).visible, 1);
  });

  const refused: [args: string[], message: RegExp][] = [
    [['verify', '--wiki', '../x', '--date', '2026-10-01'], /--wiki: expected a database name/],
    [['verify'], /expected --wiki and --date/],
    [['dlq', '--queue', 'x'], /one of downloads, converts/],
    [['dlq', '--max', '0'], /from 1 to 1000/],
    [['redrive', '--rate', '501'], /from 1 to 500/],
  ];
  for (const [args, message] of refused) {
    it(`refuses ${args.join(' ')} in one line`, async () => {
      const { code, out, err } = await fleet(...args);
      assert.deepEqual([code, out, err.trimEnd().split('\n').length], [2, '', 1]);
      assert.match(err, message);
    });
  }
});
