import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { codeOf } from '@wikifleet/domain/errors';
import { convertJobOf, parseDownloadJob, splitsOf } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import {
  fileManifestKey,
  indexKey,
  partKey,
  planKey,
  rawKey,
  receiptKey,
  runManifestKey,
} from '@wikifleet/domain/keys';
import { runManifestSchema } from '@wikifleet/domain/manifests';
import { parseEntries, titleHash } from '@wikifleet/domain/page-index';
import type { Plan } from '@wikifleet/domain/plan';
import { receiptSchema } from '@wikifleet/domain/receipts';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { ATTEMPT_ID, writeRawNote } from '@wikifleet/runs/raw-notes';
import { verifyRun } from '@wikifleet/runs/verify-run';
import { Store } from '@wikifleet/store/store';
import { createLog } from '@wikifleet/worker/log';
import { NO_METRICS } from '@wikifleet/worker/metrics';
import { ReleaseStack } from '@wikifleet/worker/release-stack';
import type { JobContext } from '@wikifleet/worker/service';
import { SplitFailed, convertSplit } from './convert-split.js';

const RUN = { kind: 'meta-current', wiki: 'aawiki', date: '2026-01-01' } as const;
const FILE = 'aawiki-20260101-pages-meta-current.xml.bz2';
const DUMP = fileURLToPath(new URL(`../../../tests/fixtures/dumps/${FILE}`, import.meta.url));
const SPLIT_BYTES = 50_000;
const ATTEMPT = '00000000-0000-4000-8000-000000000000';

const PLAN: Plan = {
  version: 1,
  planId: '0123abcd',
  run: RUN,
  vouchedBy: 'listing',
  settings: {
    splitBytes: SPLIT_BYTES,
    format: 'jsonl',
    compression: 'gzip',
    rowsVersion: 1,
    namespaces: null,
    redirects: true,
    plainText: false,
  },
  files: [{ file: FILE, path: `aawiki/20260101/${FILE}`, size: null, checksum: null }],
};

describe('convertSplit of the converter', function () {
  this.timeout(60_000);
  const releases = new ReleaseStack();
  const downloads: string[] = [];
  let store: Store;
  let jobs: readonly ConvertJob[];
  let bytes: Buffer;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-converter-'));
    releases.defer(folder, async (path) => await rm(path, { recursive: true, force: true }));
    const cloud = releases.defer(await startLocalCloud({ directory: folder }), async (c) => await c.close());
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const s3 = new S3Client({ endpoint: cloud.endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    releases.defer(s3, (c) => c.destroy());
    await s3.send(new CreateBucketCommand({ Bucket: 'test' }));
    store = new Store(s3, 'test');
    bytes = await readFile(DUMP);
  });
  after(async () => await releases.close());

  beforeEach(async () => {
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    await store.delete(keys);
    downloads.length = 0;
    await store.putJson(planKey(RUN), PLAN);
    jobs = await putRaw(bytes);
  });

  /** Stores the raw object with its note; returns its convert jobs. */
  async function putRaw(raw: Buffer): Promise<ConvertJob[]> {
    const signal = new AbortController().signal;
    const writer = store.createWriter(rawKey(RUN, FILE), {
      partBytes: 8 << 20,
      metadata: { [ATTEMPT_ID]: ATTEMPT },
      signal,
    });
    await writer.write(raw);
    await writer.finish();
    const object = { size: raw.length, sha256: createHash('sha256').update(raw).digest('hex'), attemptId: ATTEMPT };
    const facts = { version: 1, file: FILE, upstreamChecksum: null, splitBytes: SPLIT_BYTES, mirror: 'm' } as const;
    await writeRawNote(store, PLAN, { ...facts, ...object });
    return splitsOf(raw.length, SPLIT_BYTES).map((split) => convertJobOf(PLAN, FILE, split, object));
  }

  async function convert(
    job: ConvertJob | undefined,
    pool = openBlockPool(1),
    rawObjects: 'keep' | 'delete' = 'keep',
  ): Promise<void> {
    assert.ok(job);
    const context: JobContext = {
      signal: new AbortController().signal,
      log: createLog('test', 'silent'),
      metrics: NO_METRICS,
      receiveCount: 1,
    };
    const sender = {
      sendAll: async (bodies: readonly string[]) => await Promise.resolve(void downloads.push(...bodies)),
    };
    try {
      await convertSplit({ store, downloads: sender, pool, rawObjects }, job, context);
    } finally {
      await pool.close();
    }
  }

  async function contentOf(key: string): Promise<Buffer> {
    const head = await store.head(key);
    assert.ok(head, key);
    const chunks: Uint8Array[] = [];
    const range = { start: 0, end: head.size, etag: head.etag };
    for await (const chunk of store.read(key, range, new AbortController().signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  function partOf(job: ConvertJob): string {
    return partKey(RUN, FILE, job.split, PLAN.planId, PLAN.settings);
  }

  it('closes the file and the run with the last split, in whatever order they come, doubled too', async () => {
    assert.ok(jobs.length >= 3);
    const order = [...jobs, jobs[0], jobs[1]].toReversed();
    for (const [i, job] of order.entries()) {
      const isOpen = (await store.head(fileManifestKey(RUN, PLAN.planId, FILE))) === null;
      assert.equal(isOpen, new Set(order.slice(0, i).map((done) => done?.split.index)).size < jobs.length);
      await convert(job);
    }
    const manifest = await store.getJson(runManifestKey(RUN, PLAN.planId), runManifestSchema);
    assert.deepEqual([manifest?.value.result.counts.pages, manifest?.value.result.counts.rows], [507, 507]);
  });

  it('gives the same part and the same result again, by threads too', async () => {
    const job = jobs[0]!;
    const key = receiptKey(RUN, PLAN.planId, FILE, 0);
    await convert(job);
    const [part, receipt] = [await contentOf(partOf(job)), await store.getJson(key, receiptSchema)];
    await store.delete([key, partOf(job)]);
    await convert(job, openBlockPool(3));
    assert.deepEqual(await contentOf(partOf(job)), part);
    assert.deepEqual((await store.getJson(key, receiptSchema))?.value.result, receipt?.value.result);
  });

  it('writes Parquet that a check of the run proves: the same bytes by threads, members that the index has', async () => {
    const plan: Plan = { ...PLAN, settings: { ...PLAN.settings, format: 'parquet', compression: 'snappy' } };
    await store.putJson(planKey(RUN), plan);
    const parquet = jobs.map((job) => ({ ...job, settings: plan.settings }));
    for (const job of parquet) await convert(job);
    const verdict = await verifyRun(store, plan, { signal: new AbortController().signal });
    assert.deepEqual([verdict.proved, verdict.problems, verdict.counts.rows], [true, 0, 507]);
    let parts = 0;
    for (const job of parquet) {
      const key = receiptKey(RUN, plan.planId, FILE, job.split.index);
      const { part, index, members } = (await store.getJson(key, receiptSchema))!.value.result;
      // a split without rows has none, in any format
      if (part === null || index === null) continue;
      parts += 1;
      assert.match(part.key, /\.parquet$/);
      const once = await contentOf(part.key);
      assert.equal(members[0]?.offset, 4);
      const of = new Set(parseEntries(await contentOf(index.key)).map(({ member }) => member));
      assert.deepEqual(
        [...of].sort((a, b) => a - b),
        [...members.keys()],
      );
      await store.delete([key, part.key]);
      await convert(job, openBlockPool(3));
      assert.ok(once.equals(await contentOf(part.key)));
    }
    assert.ok(parts > 0);
  });

  it('writes the index of each part: its titles with their members, with the size and digest that the receipt has', async () => {
    const seen = new Map<number, string>();
    for (const job of jobs) {
      await convert(job);
      const receipt = await store.getJson(receiptKey(RUN, PLAN.planId, FILE, job.split.index), receiptSchema);
      const { part, index, members } = receipt!.value.result;
      assert.equal(index === null, part === null);
      if (part === null || index === null) continue;
      assert.equal(index.key, indexKey(RUN, PLAN.planId, FILE, job.split.index));
      const content = await contentOf(index.key);
      assert.deepEqual(
        [index.size, index.sha256],
        [content.length, createHash('sha256').update(content).digest('hex')],
      );
      const rows = gunzipSync(await contentOf(part.key))
        .toString()
        .trimEnd()
        .split('\n');
      const titles = rows.map((row) => JSON.parse(row) as { page_id: number; page_title: string });
      for (const { page_id: id, page_title: title } of titles) seen.set(id, title);
      const expected = members.flatMap(({ rows: count }, member) =>
        titles.splice(0, count).map((row) => ({ hash: titleHash(row.page_title), pageId: row.page_id, member })),
      );
      assert.deepEqual(
        parseEntries(content),
        expected.sort((a, b) => (a.hash < b.hash ? -1 : 1)),
      );
    }
    assert.equal(seen.size, 507);
  });

  it('deletes the raw object of a file that is whole, and only then, where that is wished', async () => {
    for (const job of [...jobs, ...jobs]) {
      assert.equal(
        (await store.head(rawKey(RUN, FILE))) === null,
        (await store.head(fileManifestKey(RUN, PLAN.planId, FILE))) !== null,
      );
      await convert(job, undefined, 'delete');
    }
    assert.equal(await store.head(rawKey(RUN, FILE)), null);
    assert.deepEqual(downloads, [], 'a job that comes again fetches nothing');

    // the file of a newer plan, say
    await store.put(rawKey(RUN, FILE), bytes);
    await convert(jobs[0], undefined, 'delete');
    assert.notEqual(await store.head(rawKey(RUN, FILE)), null);
  });

  it('drops a job of another plan, and what it made when the plan changed meanwhile', async () => {
    await store.putJson(planKey(RUN), { ...PLAN, planId: 'ffffffff' });
    await convert(jobs[0]);
    assert.equal(await store.head(partOf(jobs[0]!)), null);

    await store.putJson(planKey(RUN), PLAN);
    const put = store.createWriter.bind(store);
    // the plan changes while the part is written
    store.createWriter = (key, options) => {
      void store.putJson(planKey(RUN), { ...PLAN, planId: 'ffffffff' });
      return put(key, options);
    };
    try {
      await convert(jobs[0]);
    } finally {
      store.createWriter = put;
    }
    assert.equal(await store.head(partOf(jobs[0]!)), null, 'nobody shall read it');
    assert.equal(await store.head(receiptKey(RUN, PLAN.planId, FILE, 0)), null);
  });

  it('enqueues the download again where the raw object is gone, or another', async () => {
    await store.delete([rawKey(RUN, FILE)]);
    await convert(jobs[0]);
    await store.put(rawKey(RUN, FILE), bytes);
    await convert(jobs[0]);
    assert.deepEqual(
      downloads.map((body) => parseDownloadJob(body).file),
      [FILE, FILE],
    );
    assert.equal(await store.head(receiptKey(RUN, PLAN.planId, FILE, 0)), null);
  });

  it('drops a job of a raw object that was fetched again since: its downloader enqueues the splits that fit', async () => {
    const [job] = jobs;
    assert.ok(job);
    await convert({ ...job, object: { ...job.object, attemptId: 'ffffffff' } });
    assert.deepEqual(downloads, []);
    assert.equal(await store.head(receiptKey(RUN, PLAN.planId, FILE, 0)), null);
  });

  it('fails for good at a broken block, with its place, and keeps what was whole before it', async () => {
    const broken = Buffer.from(bytes);
    broken[broken.length - 20_000]! ^= 1;
    const [last] = (await putRaw(broken)).slice(-1);
    await assert.rejects(convert(last), (error) => {
      assert.ok(error instanceof SplitFailed);
      assert.match(codeOf(error), /^BZIP2_/);
      assert.match(error.place ?? '', /^bit \d+ \(byte \d+\)$/);
      return true;
    });
    assert.equal(await store.head(receiptKey(RUN, PLAN.planId, FILE, jobs.length - 1)), null);
  });
});
