import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parseMirrors } from '@wikifleet/config/mirrors';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import { downloadJobOf, parseConvertJob } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import { planKey, rawKey, rawNoteKey } from '@wikifleet/domain/keys';
import type { Checksum, Plan } from '@wikifleet/domain/plan';
import { rawNoteSchema } from '@wikifleet/domain/receipts';
import type { FtpFault } from '@wikifleet/local-cloud/ftp/ftp-faults';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import { mappedTree } from '@wikifleet/local-cloud/ftp/mapped-tree';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { openMirror } from '@wikifleet/mirror/open-mirror';
import { Queue } from '@wikifleet/queue/queue';
import { Store } from '@wikifleet/store/store';
import { createLog } from '@wikifleet/worker/log';
import { ReleaseStack } from '@wikifleet/worker/release-stack';
import type { JobContext } from '@wikifleet/worker/service';
import { download, rawPartBytes } from './download.js';
import type { DownloaderParts } from './download.js';

const RUN = { kind: 'articles', wiki: 'testwiki', date: '2026-10-01' } as const;
const FILE = 'testwiki-20261001-pages-articles.xml.bz2';
const PATH = `testwiki/20261001/${FILE}`;
const MIB = 1024 * 1024;

/** Random bytes that begin as a bzip2 file does. */
const BYTES = Buffer.concat([Buffer.from('BZh9'), randomBytes(20 * MIB)]);
const SHA1: Checksum = { algorithm: 'sha1', value: createHash('sha1').update(BYTES).digest('hex') };

function planOf(checksum: Checksum | null, size: number | null = BYTES.length): Plan {
  return {
    version: 1,
    planId: '0123abcd',
    run: RUN,
    vouchedBy: 'dumpstatus',
    settings: { splitBytes: 8 * MIB, format: 'jsonl', compression: 'gzip', rowsVersion: 1 },
    files: [{ file: FILE, path: PATH, size, checksum }],
  };
}

describe('download', function () {
  this.timeout(60_000);
  const releases = new ReleaseStack();
  let parts: DownloaderParts;
  let store: Store;
  let sqs: SQSClient;
  let queueUrl: string;
  let fault: (attempt: number) => FtpFault | null;
  let served: Buffer;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-download-'));
    releases.defer(folder, async (path) => await rm(path, { recursive: true, force: true }));
    const cloud = releases.defer(await startLocalCloud({ directory: folder }), async (c) => await c.close());
    const client = {
      endpoint: cloud.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    const s3 = releases.defer(new S3Client({ ...client, forcePathStyle: true }), (c) => c.destroy());
    sqs = releases.defer(new SQSClient({ ...client, useQueueUrlAsEndpoint: false }), (c) => c.destroy());
    await s3.send(new CreateBucketCommand({ Bucket: 'test' }));
    store = new Store(s3, 'test');
  });
  after(async () => await releases.close());

  beforeEach(async () => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `q${randomBytes(4).toString('hex')}` }),
    );
    queueUrl = QueueUrl;
    fault = () => null;
    served = BYTES;
    await store.delete([rawKey(RUN, FILE), rawNoteKey(RUN, '0123abcd', FILE)]);
  });

  async function withMirror<T>(work: () => Promise<T>): Promise<T> {
    const server = await startFtpServer({
      tree: mappedTree(new Map([[`/${PATH}`, served]])),
      faults: { transfer: (_path, attempt) => fault(attempt) },
    });
    const text = JSON.stringify({
      mirrors: [{ name: 'm', protocol: 'ftp', host: server.host, port: server.port, root: '/' }],
    });
    const [config] = parseMirrors(text, 'test').mirrors;
    assert.ok(config);
    const mirror = openMirror(config, { userAgent: 'wikifleet test', stallMs: 1000 });
    parts = { store, converts: new Queue(sqs, queueUrl, queueUrl), mirrors: [{ mirror, config }] };
    try {
      return await work();
    } finally {
      await mirror.close();
      await server.close();
    }
  }

  function context(receiveCount = 1): JobContext {
    return { signal: new AbortController().signal, log: createLog('test', 'silent'), receiveCount };
  }

  async function go(plan: Plan, receiveCount = 1): Promise<void> {
    await store.putJson(planKey(RUN), plan);
    const [file] = plan.files;
    assert.ok(file);
    await withMirror(async () => await download(parts, downloadJobOf(plan, file), context(receiveCount)));
  }

  async function enqueued(): Promise<ConvertJob[]> {
    const jobs: ConvertJob[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return jobs.toSorted((a, b) => a.split.index - b.split.index);
      jobs.push(...Messages.map(({ Body = '' }) => parseConvertJob(Body)));
    }
  }

  async function assertWhole(): Promise<void> {
    const note = (await store.getJson(rawNoteKey(RUN, '0123abcd', FILE), rawNoteSchema))?.value;
    assert.equal(note?.sha256, createHash('sha256').update(BYTES).digest('hex'));
    const head = await store.head(rawKey(RUN, FILE));
    assert.equal(head?.size, BYTES.length);
    assert.equal(head?.metadata['attempt-id'], note?.attemptId);
    assert.deepEqual(
      (await enqueued()).map(({ split }) => [split.start, split.end]),
      [
        [0, 8 * MIB],
        [8 * MIB, 16 * MIB],
        [16 * MIB, BYTES.length],
      ],
    );
  }

  async function assertNothingThere(): Promise<void> {
    assert.equal(await store.head(rawKey(RUN, FILE)), null);
    assert.equal(await store.head(rawNoteKey(RUN, '0123abcd', FILE)), null);
    assert.deepEqual(await enqueued(), []);
    assert.equal(await store.abortUploads(''), 0, 'no upload is left');
  }

  for (const [what, made] of [
    ['nothing wrong', () => null],
    ['a drop', (n: number) => (n === 1 ? { kind: 'drop', afterBytes: 5_000_001 } : null)],
    ['four drops in a row', (n: number) => (n <= 4 ? { kind: 'drop', afterBytes: 1_000_000 } : null)],
    ['a cut that the server confirms', (n: number) => (n === 1 ? { kind: 'cut', afterBytes: 11_500_000 } : null)],
    ['a stall', (n: number) => (n === 1 ? { kind: 'stall', afterBytes: 9_000_000 } : null)],
  ] as [string, (attempt: number) => FtpFault | null][]) {
    it(`gets every byte through ${what}`, async () => {
      fault = made;
      await go(planOf(SHA1));
      await assertWhole();
    });
  }

  it('gets a file of which the catalogue says neither size nor checksum', async () => {
    await go(planOf(null, null));
    await assertWhole();
  });

  it('stores nothing of wrong bytes of the right size: once to be tried again, twice for good', async () => {
    served = Buffer.from(BYTES);
    served[12_345_678]! ^= 1;
    await assert.rejects(
      go(planOf(SHA1)),
      (error) => codeOf(error) === 'CHECKSUM_DIFFERS' && !(error instanceof PermanentError),
    );
    await assertNothingThere();
    await assert.rejects(
      go(planOf(SHA1), 2),
      (error) => codeOf(error) === 'CHECKSUM_DIFFERS' && error instanceof PermanentError,
    );
    await assertNothingThere();
  });

  it('stores nothing of a file that is shorter than the catalogue says', async () => {
    served = BYTES.subarray(0, -1);
    await assert.rejects(go(planOf(SHA1)), (error) => codeOf(error) === 'FILE_NOT_ON_MIRROR');
    await assertNothingThere();
  });

  it('does not fetch again what is there with its note, but enqueues its splits', async () => {
    await go(planOf(SHA1));
    await enqueued();
    const before = await store.head(rawKey(RUN, FILE));
    fault = () => ({ kind: 'drop', afterBytes: 0 });
    await go(planOf(SHA1));
    await assertWhole();
    assert.deepEqual(await store.head(rawKey(RUN, FILE)), before);
  });

  it('fetches again where the note is missing, or the object is another', async () => {
    await go(planOf(SHA1));
    await enqueued();
    await store.delete([rawNoteKey(RUN, '0123abcd', FILE)]);
    await go(planOf(SHA1));
    await assertWhole();
    await store.put(rawKey(RUN, FILE), 'something else');
    await go(planOf(SHA1));
    await assertWhole();
  });

  it('two at once, and both end well', async () => {
    const plan = planOf(SHA1);
    await store.putJson(planKey(RUN), plan);
    await withMirror(async () => {
      const job = downloadJobOf(plan, plan.files[0]!);
      await Promise.all([download(parts, job, context()), download(parts, job, context())]);
    });
    assert.equal((await enqueued()).length, 6);
    const note = (await store.getJson(rawNoteKey(RUN, '0123abcd', FILE), rawNoteSchema))?.value;
    assert.equal((await store.head(rawKey(RUN, FILE)))?.metadata['attempt-id'], note?.attemptId);
  });

  it('drops a job of another plan', async () => {
    await store.putJson(planKey(RUN), { ...planOf(SHA1), planId: 'ffffffff' });
    await withMirror(async () => await download(parts, downloadJobOf(planOf(SHA1), planOf(SHA1).files[0]!), context()));
    await assertNothingThere();
  });
});

describe('rawPartBytes', () => {
  for (const size of [0, 1, 8 * MIB, 80_000 * MIB, 80_001 * MIB, 300_000_000_000]) {
    it(`cuts ${size} bytes into at most 10,000 parts of at least 8 MiB`, () => {
      const bytes = rawPartBytes(size);
      assert.ok(bytes >= 8 * MIB && Math.ceil(size / bytes) <= 10_000 && bytes % MIB === 0);
    });
  }
});
