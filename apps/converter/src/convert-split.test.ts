import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { convertSplit as convertBytes } from '@wikifleet/conversion/convert-split';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { compressorFingerprint } from '@wikifleet/compression/compressor-fingerprint';
import { FleetError, PermanentError, codeOf } from '@wikifleet/domain/errors';
import { convertJobOf, parseDownloadJob, splitsOf } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import {
  fileManifestKey,
  indexKey,
  partKey,
  planKey,
  quarantineKey,
  rawKey,
  rawRecordKey,
  receiptKey,
  runManifestKey,
} from '@wikifleet/domain/keys';
import { runManifestSchema } from '@wikifleet/domain/manifests';
import { parseEntries, titleHash } from '@wikifleet/domain/page-index';
import { DEFAULT_SETTINGS, sealPlan } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import { rawRecordSchema, receiptSchema, sealRawRecord, sealReceipt } from '@wikifleet/domain/receipts';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { readFailures } from '@wikifleet/runs/failures';
import { revokeManifests } from '@wikifleet/runs/manifests';
import { settlePlan } from '@wikifleet/runs/plans';
import { writeRawRecord } from '@wikifleet/runs/raw-records';
import { verifyRun } from '@wikifleet/runs/verify-run';
import { Store } from '@wikifleet/store/store';
import { createLog } from '@wikifleet/worker/log';
import { NO_METRICS } from '@wikifleet/worker/metrics';
import { ReleaseStack } from '@wikifleet/worker/release-stack';
import type { JobContext } from '@wikifleet/worker/service';
import { SplitFailed, convertSplit } from './convert-split.js';
import type { Convert } from './convert-split.js';
import { recordSplitFailure } from './record-failure.js';

const RUN = { kind: 'meta-current', wiki: 'aawiki', date: '2026-01-01' } as const;
const FILE = 'aawiki-20260101-pages-meta-current.xml.bz2';
const DUMP = fileURLToPath(new URL(`../../../tests/fixtures/dumps/${FILE}`, import.meta.url));
const SPLIT_BYTES = 50_000;
const ATTEMPT = '00000000-0000-4000-8000-000000000000';
const REPAIR = '0123456789abcdef';

function page(id: number): string {
  const revision = `<revision><id>${id}0</id><timestamp>2026-09-01T00:00:00Z</timestamp><text>Hello</text></revision>`;
  return `<page><title>P${id}</title><ns>0</ns><id>${id}</id>${revision}</page>`;
}

const PLAN: Plan = sealPlan({
  run: RUN,
  vouchedBy: 'listing',
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: SPLIT_BYTES,
  },
  files: [{ file: FILE, path: `aawiki/20260101/${FILE}`, size: null, checksum: null }],
  supersedes: [],
});

describe('convertSplit of the converter', function () {
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
    await store.delete(await allKeys());
    downloads.length = 0;
    await store.putJson(planKey(RUN), PLAN);
    jobs = await putRaw(bytes);
  });

  async function allKeys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    return keys;
  }

  function rawOf(plan: Plan): string {
    return rawKey(RUN, plan.planId, FILE, ATTEMPT);
  }

  /** The store, with something that happens before each write of a key that ends so. */
  function beforeWriting(ending: string, act: () => Promise<void>): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name, target);
        if (name === 'putJson') {
          return async (...call: Parameters<Store['putJson']>) => {
            if (call[0].endsWith(ending)) await act();
            return await target.putJson(...call);
          };
        }
        return typeof method === 'function' ? method.bind(target) : method;
      },
    });
  }

  /** A store in which a concurrent conversion of the first split is faster, and has another result; `act` runs before its receipt. */
  function racedStore(act: () => Promise<void> = async () => await Promise.resolve()): Store {
    const key = receiptKey(RUN, PLAN.planId, FILE, 0);
    let raced = false;
    return beforeWriting('00000.json', async () => {
      if (raced) return;
      raced = true;
      await convert(jobs[0]);
      const receipt = await store.getJson(key, receiptSchema);
      assert.ok(receipt);
      await act();
      const { result, run } = receipt.value;
      await store.putJson(key, sealReceipt({ ...result, rejectedCandidates: [7] }, run));
    });
  }

  /** Stores the raw object with its record; returns its convert jobs. */
  async function putRaw(raw: Buffer, plan = PLAN): Promise<ConvertJob[]> {
    await store.put(rawOf(plan), raw);
    const etag = (await store.head(rawOf(plan)))?.etag ?? '';
    const object = { size: raw.length, sha256: createHash('sha256').update(raw).digest('hex') };
    const { planId, settings } = plan;
    const fixed = { planId, run: RUN, file: FILE, upstreamChecksum: null, splitBytes: SPLIT_BYTES };
    const compressor = compressorFingerprint(settings.compression);
    const attempt = { id: ATTEMPT, etag, mirror: 'm', repair: null };
    await writeRawRecord(store, sealRawRecord({ ...fixed, ...object, compressor }, attempt));
    return splitsOf(raw.length, SPLIT_BYTES).map((split) => convertJobOf(plan, FILE, split, object));
  }

  async function convert(
    job: ConvertJob | undefined,
    pool = openBlockPool(1),
    rawObjects: 'keep' | 'delete' = 'keep',
    from = store,
    conversion: Convert = convertBytes,
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
      await convertSplit({ store: from, downloads: sender, pool, rawObjects, convert: conversion }, job, context);
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
    assert.ok(manifest?.value.state === 'closed');
    assert.deepEqual([manifest.value.result.counts.pages, manifest.value.result.counts.rows], [507, 507]);
  });

  it('asks S3 ten times for a small file of one split, its manifest included', async () => {
    const other = { file: 'other.xml', path: 'x/other.xml', size: null, checksum: null };
    // the run stays open: its last file has no manifest
    const plan = sealPlan({ ...PLAN, files: [...PLAN.files, other] });
    await store.putJson(planKey(RUN), plan);
    const [job] = await putRaw(Buffer.from(`<mediawiki>${page(1)}</mediawiki>`), plan);
    const before = store.traffic.requests;
    await convert(job);
    // plan, record, receipt and raw object are read, part, index and receipt written; the plan is read again, the
    // manifest written, and that of the last file looked for
    assert.equal(store.traffic.requests - before, 10);
    assert.ok(await store.head(fileManifestKey(RUN, plan.planId, FILE)));
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
    const plan = sealPlan({ ...PLAN, settings: { ...PLAN.settings, format: 'parquet', compression: 'snappy' } });
    await store.delete(await allKeys());
    await store.putJson(planKey(RUN), plan);
    const parquet = await putRaw(bytes, plan);
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

  it('deletes the raw object of a file that is complete, and only then, where that is wished', async () => {
    for (const job of [...jobs, ...jobs]) {
      assert.equal(
        (await store.head(rawOf(PLAN))) === null,
        (await store.head(fileManifestKey(RUN, PLAN.planId, FILE))) !== null,
      );
      await convert(job, undefined, 'delete');
    }
    assert.equal(await store.head(rawOf(PLAN)), null);
    assert.deepEqual(downloads, [], 'a job that comes again fetches nothing');
  });

  it('keeps the raw object of a file whose quarantine is full', async () => {
    const empty = '<page></page>'.repeat(10_007);
    const good = '<page><title>A</title><id>1</id><revision><id>1</id><timestamp>t</timestamp></revision></page>';
    jobs = await putRaw(gzipSync(`<mediawiki>${empty}${good}</mediawiki>`));
    await convert(jobs[0], undefined, 'delete');
    const receipt = await store.getJson(receiptKey(RUN, PLAN.planId, FILE, 0), receiptSchema);
    const { quarantined, quarantineDropped } = receipt?.value.result.counts ?? assert.fail();
    assert.deepEqual([quarantined, quarantineDropped], [10_007, { MISSING_ELEMENT: 7 }]);
    const keys = await allKeys();
    assert.ok(keys.includes(fileManifestKey(RUN, PLAN.planId, FILE)) && keys.includes(rawOf(PLAN)));
    const codes: string[] = [];
    const onProblem = ({ code }: { readonly code: string }): void => void codes.push(code);
    await verifyRun(store, PLAN, { signal: new AbortController().signal, onProblem });
    // of the record alone: it says that a gzip file has splits
    assert.deepEqual(codes, ['RAW_RECORD_CONTRADICTS']);
  });

  it('does not close a file of which no page can be read', async () => {
    jobs = await putRaw(gzipSync('<mediawiki><page><title>A</title></page></mediawiki>'));
    await convert(jobs[0]);
    assert.deepEqual(
      (await readFailures(store, PLAN, FILE)).map(({ stage, code }) => [stage, code]),
      [['file', 'NOTHING_READABLE']],
    );
    assert.ok(!(await allKeys()).includes(fileManifestKey(RUN, PLAN.planId, FILE)));
  });

  describe('of a superseded plan', () => {
    const supersede = async (): Promise<Plan> => {
      const { run, vouchedBy, settings, files } = PLAN;
      return (await settlePlan(store, { run, vouchedBy, settings, files }, { force: true })).plan;
    };
    const keysOfPlan = async (plan: Plan): Promise<string[]> =>
      (await allKeys()).filter((key) => key.includes(plan.planId));

    it('is dropped', async () => {
      await supersede();
      await convert(jobs[0]);
      assert.deepEqual(await keysOfPlan(PLAN), []);
    });

    it('deletes what it wrote where the plan changed meanwhile', async () => {
      await convert(
        jobs[0],
        undefined,
        'keep',
        beforeWriting('00000.json', async () => void (await supersede())),
      );
      assert.deepEqual(await keysOfPlan(PLAN), []);
    });

    it('deletes what it wrote where it failed permanently, since it is not delivered again', async () => {
      await convert(jobs[0], undefined, 'keep', store, async (options) => {
        const converted = await convertBytes(options);
        await supersede();
        return { ...converted, failure: new PermanentError('BLOCK_BROKEN', 'a block behind the rows is broken') };
      });
      assert.deepEqual(await keysOfPlan(PLAN), []);
    });

    it('deletes what it wrote where a concurrent conversion had another result', async () => {
      await convert(
        jobs[0],
        undefined,
        'keep',
        racedStore(async () => void (await supersede())),
      );
      assert.deepEqual(await keysOfPlan(PLAN), []);
    });

    it('deletes what a first delivery wrote that was killed: exactly what that very job would have written', async () => {
      await supersede();
      // writes that were under way when it was killed arrive after the deletion of `--force`
      const { index } = jobs[0]!.split;
      const late = [
        partOf(jobs[0]!),
        indexKey(RUN, PLAN.planId, FILE, index),
        quarantineKey(RUN, FILE, jobs[0]!.split, PLAN.planId),
        receiptKey(RUN, PLAN.planId, FILE, index),
      ];
      for (const key of late) await store.put(key, 'x');
      const other = partOf(jobs[1]!);
      await store.put(other, 'x');
      await convert(jobs[0]);
      assert.deepEqual(await keysOfPlan(PLAN), [other]);
    });

    it('deletes nothing where its plan is not one that the current plan supersedes', async () => {
      await convert(jobs[0]);
      const there = await keysOfPlan(PLAN);
      await store.putJson(planKey(RUN), sealPlan({ ...PLAN, supersedes: [], nonce: '0123456789abcdef' }));
      await convert(jobs[0]);
      assert.deepEqual(await keysOfPlan(PLAN), there);
      await store.delete([planKey(RUN)]);
      await convert(jobs[0]);
      assert.deepEqual(await keysOfPlan(PLAN), there);
    });
  });

  describe('with a message that does not fit the plan', () => {
    const unfit: [what: string, change: (job: ConvertJob) => object][] = [
      ['other settings', ({ settings }) => ({ settings: { ...settings, namespaces: [0] } })],
      ['another column', ({ settings }) => ({ settings: { ...settings, extract: ['plain_text' as const] } })],
      ['the file as one split', ({ object }) => ({ split: { index: 0, count: 1, start: 0, end: object.size } })],
      [
        'a split that is not there',
        ({ split }) => ({ split: { ...split, index: split.count, count: split.count + 1 } }),
      ],
      ['another range', ({ split }) => ({ split: { ...split, end: split.end - 1 } })],
      ['another size', ({ object }) => ({ object: { ...object, size: object.size + 1 } })],
      ['other bytes', ({ object }) => ({ object: { ...object, sha256: 'b'.repeat(64) } })],
      ['another file', () => ({ file: 'other.bz2' })],
    ];
    for (const [what, change] of unfit) {
      it(`names the difference, and writes nothing: ${what}`, async () => {
        const before = await allKeys();
        const job = { ...jobs[0]!, ...change(jobs[0]!) };
        let thrown: unknown;
        await assert.rejects(convert(job), (error) => {
          thrown = error;
          assert.ok(error instanceof PermanentError);
          assert.equal(error.code, 'JOB_DOES_NOT_FIT');
          assert.match(error.message, /expected .*received /);
          return true;
        });
        await recordSplitFailure(store, job, thrown, 1);
        // nor after it was received too often
        await recordSplitFailure(store, job, new FleetError('GIVEN_UP', 'received 19 times'), 19);
        assert.deepEqual(await allKeys(), before);
      });
    }

    it('is retried while the record is not there yet', async () => {
      await store.delete([rawRecordKey(RUN, PLAN.planId, FILE)]);
      await assert.rejects(convert(jobs[0]), (error) => {
        return error instanceof FleetError && !(error instanceof PermanentError) && error.code === 'RAW_RECORD_MISSING';
      });
    });
  });

  it('records a failure that is its own', async () => {
    await recordSplitFailure(store, jobs[1]!, new PermanentError('BLOCK_BROKEN', 'a block is broken'), 2);
    const [failure, ...others] = await readFailures(store, PLAN);
    assert.deepEqual([failure?.stage, failure?.code, failure?.attempts, others], ['00001', 'BLOCK_BROKEN', 2, []]);
  });

  it('refuses, for a retry by another worker, a plan whose bytes this build or runtime would not write', async () => {
    const other = sealPlan({ ...PLAN, settings: { ...PLAN.settings, partsVersion: 9 } });
    await store.putJson(planKey(RUN), other);
    const [job] = await putRaw(bytes, other);
    const refuses = async (received: RegExp): Promise<void> => {
      await assert.rejects(convert(job), (error) => {
        assert.ok(error instanceof FleetError && !(error instanceof PermanentError));
        assert.equal(error.code, 'PARTS_VERSION_DIFFERS');
        assert.match(error.message, received);
        return true;
      });
    };
    await refuses(/fixes parts version 9, .*would write parts version 2/);
    await store.putJson(planKey(RUN), PLAN);
    const [mine] = await putRaw(bytes);
    const key = rawRecordKey(RUN, PLAN.planId, FILE);
    const record = await store.getJson(key, rawRecordSchema);
    assert.ok(record && mine);
    const { result, attempt } = record.value;
    await store.putJson(key, sealRawRecord({ ...result, compressor: 'gzip:of another zlib' }, attempt));
    await assert.rejects(convert(mine), { code: 'PARTS_VERSION_DIFFERS', message: /compressor gzip:of another zlib/ });
    assert.equal(await store.head(partOf(mine)), null);
  });

  describe('of a repair', () => {
    const repairing = (index: number): ConvertJob => ({ ...jobs[index]!, repair: REPAIR });

    it('replaces part, index and receipt, deletes what the split does not have, and closes the file again', async () => {
      for (const job of jobs) await convert(job);
      const right = await contentOf(partOf(jobs[0]!));
      await store.put(partOf(jobs[0]!), 'damaged');
      const surplus = quarantineKey(RUN, FILE, jobs[0]!.split, PLAN.planId);
      await store.put(surplus, 'x');
      await revokeManifests(store, PLAN, FILE, { id: REPAIR, splits: [0] });
      await convert(jobs[0]);
      assert.equal(
        (await contentOf(partOf(jobs[0]!))).toString(),
        'damaged',
        'a job without the repair trusts the receipt',
      );
      await convert(repairing(0));
      assert.ok(right.equals(await contentOf(partOf(jobs[0]!))));
      assert.equal(await store.head(surplus), null);
      const { proved, problems } = await verifyRun(store, PLAN, { signal: new AbortController().signal });
      assert.deepEqual([proved, problems], [true, 0]);
    });

    it('does nothing when it comes again', async () => {
      for (const job of jobs) await convert(job);
      await revokeManifests(store, PLAN, FILE, { id: REPAIR, splits: [0] });
      await convert(repairing(0));
      const receipt = await contentOf(receiptKey(RUN, PLAN.planId, FILE, 0));
      await convert(repairing(0));
      assert.ok(receipt.equals(await contentOf(receiptKey(RUN, PLAN.planId, FILE, 0))));
    });

    it('keeps the repairs that concurrent attempts have written', async () => {
      const key = receiptKey(RUN, PLAN.planId, FILE, 0);
      await convert(repairing(0));
      let raced = false;
      const racing = beforeWriting('00000.json', async () => {
        if (raced) return;
        raced = true;
        await convert({ ...jobs[0]!, repair: 'f'.repeat(16) });
      });
      await convert({ ...jobs[0]!, repair: 'e'.repeat(16) }, undefined, 'keep', racing);
      const receipt = await store.getJson(key, receiptSchema);
      assert.deepEqual(receipt?.value.repairs, [REPAIR, 'e'.repeat(16), 'f'.repeat(16)]);
    });
  });

  it('writes its receipt anew where one is there that cannot be read', async () => {
    const key = receiptKey(RUN, PLAN.planId, FILE, 0);
    await store.put(key, '{');
    await convert(jobs[0]);
    assert.notEqual(await store.getJson(key, receiptSchema), null);
  });

  it('fails where a concurrent conversion of the same split had another result', async () => {
    await assert.rejects(convert(jobs[0], undefined, 'keep', racedStore()), { code: 'RECEIPTS_DIFFER' });
  });

  it('enqueues the download again where the raw object is gone, or another', async () => {
    await store.delete([rawOf(PLAN)]);
    await convert(jobs[0]);
    await store.put(rawOf(PLAN), bytes.subarray(1));
    await convert(jobs[0]);
    assert.deepEqual(
      downloads.map((body) => parseDownloadJob(body).file),
      [FILE, FILE],
    );
    assert.equal(await store.head(receiptKey(RUN, PLAN.planId, FILE, 0)), null);
  });

  it('fails permanently at a broken block, with its place, and keeps what was complete before it', async () => {
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
