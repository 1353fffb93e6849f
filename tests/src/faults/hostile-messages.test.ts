import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand, SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import { memoryOf } from '../downloading/download-fleet.js';
import { inFolder, until } from '../end-to-end/programs.js';
import { cloudEnvironment } from '../tools/cloud-environment.js';
import { ChaosFleet } from './chaos-fleet.js';
import type { WorkerKind } from './chaos-fleet.js';
import { startChaosMirror } from './chaos-mirror.js';
import { CloudWatcher } from './chaos-outcome.js';
import { writeChaosSample } from './chaos-sample.js';
import { showMemory } from './hostile-programs.js';
import { DEFAULT_SETTINGS } from '@wikifleet/domain/plan';

const MB = 1_000_000;
/** Of a worker that was sent all of them: Node itself, and a body of a megabyte as it passes through. */
const MOST_MEMORY = 300 * MB;
/** The most that SQS takes. */
const LARGEST = 1024 * 1024;

const RUN = { kind: 'articles-multistream', wiki: 'testwiki', date: '2026-10-01' };
const FILE = 'testwiki-20261001-pages-articles-multistream.xml.bz2';
const SHARED = { version: 1, planId: '0123456789abcdef', run: RUN, file: FILE };
const DOWNLOAD = { ...SHARED, type: 'download', path: `testwiki/20261001/${FILE}`, size: 1000, checksum: null };
const CONVERT = {
  ...SHARED,
  type: 'convert',
  split: { index: 0, count: 1, start: 0, end: 1000 },
  object: { size: 1000, sha256: '0'.repeat(64) },
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: 1000,
  },
};
const JOBS: Record<WorkerKind, Record<string, unknown>> = { downloader: DOWNLOAD, converter: CONVERT };

/** What is no job, whichever queue it is on: of a good one's fields some are replaced. */
const BODIES: readonly [what: string, body: (job: Record<string, unknown>) => string][] = [
  ['not JSON', () => 'not JSON'],
  ['half of a job', (job) => JSON.stringify(job).slice(0, 100)],
  ['null', () => 'null'],
  ['a list', (job) => JSON.stringify([job])],
  ['a text', (job) => JSON.stringify(JSON.stringify(job))],
  ['a wrong version', (job) => JSON.stringify({ ...job, version: 2 })],
  ['no version', (job) => JSON.stringify({ ...job, version: undefined })],
  ['a type that is none', (job) => JSON.stringify({ ...job, type: 'delete' })],
  ['../ in the name of the file', (job) => JSON.stringify({ ...job, file: '../../etc/passwd' })],
  ['a file that is an absolute path', (job) => JSON.stringify({ ...job, file: '/etc/passwd' })],
  ['a NUL in the name of the file', (job) => JSON.stringify({ ...job, file: `${FILE}\u0000` })],
  ['../ in the name of the wiki', (job) => JSON.stringify({ ...job, run: { ...RUN, wiki: '../x' } })],
  ['a kind that is none', (job) => JSON.stringify({ ...job, run: { ...RUN, kind: 'all' } })],
  ['a day that does not exist', (job) => JSON.stringify({ ...job, run: { ...RUN, date: '2026-02-30' } })],
  ['a plan id that is a path', (job) => JSON.stringify({ ...job, planId: '../../..' })],
  ['a host of its own', (job) => JSON.stringify({ ...job, host: 'evil.example', protocol: 'ftp' })],
  ['__proto__', (job) => JSON.stringify(job).replace('{', '{"__proto__":{"version":1},')],
  ['the largest body, of nothing', () => ' '.repeat(LARGEST)],
  ['the largest body, of brackets', () => '['.repeat(LARGEST)],
  ['the largest body, of a job and blanks', (job) => JSON.stringify(job).padEnd(LARGEST)],
];

const OF_DOWNLOADS: readonly [what: string, changes: Record<string, unknown>][] = [
  ['a host that is not configured', { path: `ftp://evil.example/${FILE}` }],
  ['a host without a protocol', { path: `//evil.example/${FILE}` }],
  ['../ in the path', { path: `testwiki/../../${FILE}` }],
  ['a size below zero', { size: -1 }],
  ['a size that is no whole number', { size: 0.5 }],
  ['a size beyond 2^53', { size: 2 ** 60 }],
  ['a size that is a text', { size: '1000' }],
  ['a checksum of another length', { checksum: { algorithm: 'sha1', value: 'ab' } }],
];

const OF_CONVERTS: readonly [what: string, changes: Record<string, unknown>][] = [
  ['a split beyond its number', { split: { index: 1, count: 1, start: 0, end: 1000 } }],
  ['a split that ends before it begins', { split: { index: 0, count: 1, start: 1000, end: 0 } }],
  ['a billion splits', { split: { index: 0, count: 1e9, start: 0, end: 1000 } }],
  ['a split below zero', { split: { index: -1, count: 1, start: 0, end: 1000 } }],
  ['a position beyond 2^53', { split: { index: 0, count: 1, start: 0, end: 2 ** 60 } }],
  ['splits of no bytes', { settings: { ...CONVERT.settings, splitBytes: 0 } }],
  ['a compression that is none', { settings: { ...CONVERT.settings, compression: 'rar' } }],
  ['namespaces out of order', { settings: { ...CONVERT.settings, namespaces: [14, 0] } }],
  ['an attempt that is a path', { object: { ...CONVERT.object, attemptId: '../../x' } }],
];

interface Case {
  readonly worker: WorkerKind;
  readonly what: string;
  readonly body: string;
}

const changed = (worker: WorkerKind, table: typeof OF_DOWNLOADS): Case[] =>
  table.map(([what, changes]) => ({ worker, what, body: JSON.stringify({ ...JOBS[worker], ...changes }) }));
const CASES: readonly Case[] = [
  ...(['downloader', 'converter'] as const).flatMap((worker) => [
    ...BODIES.map(([what, body]) => ({ worker, what, body: body(JOBS[worker]) })),
    {
      worker,
      what: "the other queue's job",
      body: JSON.stringify(JOBS[worker === 'converter' ? 'downloader' : 'converter']),
    },
  ]),
  ...changed('downloader', OF_DOWNLOADS),
  ...changed('converter', OF_CONVERTS),
];

interface Dead {
  readonly body: string;
  readonly code: string;
  readonly reason: string;
}

describe('hostile messages', function () {
  this.timeout(120_000);

  it('each goes to the dead-letter queue with its reason; the workers live on, and do the next job', async () => {
    await inFolder(async (folder) => {
      await writeChaosSample(join(folder, 'sample'), 1, 1_000_000);
      const fleet = new ChaosFleet({ folder, cloud: null, visibilitySeconds: 30 });
      const mirror = await startChaosMirror(join(folder, 'sample'), null);
      let watcher: CloudWatcher | null = null;
      let sqs: SQSClient | null = null;
      try {
        await fleet.startCloud();
        const endpoint = fleet.cloudEndpoint;
        watcher = new CloudWatcher(endpoint);
        const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
        sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false });
        await fleet.connectTo(endpoint, mirror.port);
        const workers = [fleet.startWorker('downloader'), fleet.startWorker('converter')];
        const queues = queuesOf(endpoint);
        for (const { worker, body } of CASES) {
          await sqs.send(new SendMessageCommand({ QueueUrl: queues[worker].url, MessageBody: body }));
        }
        await until(
          'all messages are dead',
          async () => {
            const count = await watcher!.messages();
            return count['download-dead-letter'] + count['convert-dead-letter'] === CASES.length;
          },
          60,
        );

        for (const worker of ['downloader', 'converter'] as const) {
          const dead = await receiveAll(sqs, queues[worker].deadLetterUrl);
          for (const { what, body } of CASES.filter((one) => one.worker === worker)) {
            const found = dead.find(
              (one) => one.body === body || (body.length > one.body.length && body.startsWith(one.body)),
            );
            assert.ok(found !== undefined, `${worker}: ${what}: it is not among the dead`);
            assert.equal(found.code, 'JOB_MALFORMED', what);
            assert.match(found.reason, new RegExp(`^a message is no ${worker.slice(0, -2)} job: .`), what);
            assert.ok(found.reason.length <= 1000);
          }
        }
        const { code, stdout, stderr } = await fleet.seed(20_000).ended;
        assert.equal(code, 0, stderr);
        const { planId } = JSON.parse(stdout) as { planId: string };
        await until('the workers do what comes next', async () => await watcher!.manifestIsThere(planId), 60);
        await sleep(200);
        for (const { kind, running } of workers) {
          assert.equal(running.child.exitCode, null, `the ${kind} is the one that began: ${running.output()}`);
          if (process.platform !== 'linux') continue;
          const { peak } = await memoryOf(running.child.pid ?? 0);
          showMemory(kind, peak);
          assert.ok(peak < MOST_MEMORY, `the ${kind} took ${Math.round(peak / MB)} MB`);
        }
        for (const ended of await fleet.stopWorkers()) assert.equal(ended.code, 0, ended.stderr);
      } finally {
        sqs?.destroy();
        watcher?.close();
        await mirror.close();
        await fleet.close();
      }
    });
  });
});

function queuesOf(endpoint: string): Record<WorkerKind, { url: string; deadLetterUrl: string }> {
  const environment = cloudEnvironment(endpoint);
  const of = (name: string): { url: string; deadLetterUrl: string } => ({
    url: environment[`WIKIFLEET_${name}_QUEUE_URL`] ?? '',
    deadLetterUrl: environment[`WIKIFLEET_${name}_DEAD_LETTER_QUEUE_URL`] ?? '',
  });
  return { downloader: of('DOWNLOAD'), converter: of('CONVERT') };
}

async function receiveAll(sqs: SQSClient, QueueUrl: string): Promise<Dead[]> {
  const dead: Dead[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        VisibilityTimeout: 300,
      }),
    );
    if (Messages.length === 0) return dead;
    for (const { Body = '', MessageAttributes: given } of Messages) {
      dead.push({ body: Body, code: given?.['code']?.StringValue ?? '', reason: given?.['reason']?.StringValue ?? '' });
    }
  }
}
