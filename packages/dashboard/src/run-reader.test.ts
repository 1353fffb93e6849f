import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { PermanentError } from '@wikifleet/domain/errors';
import { fileManifestKey, quarantineKey, rawKey, receiptKey, runManifestKey } from '@wikifleet/domain/keys';
import {
  fileManifestResult,
  fileManifestSchema,
  runManifestResult,
  runManifestSchema,
  sealManifest,
} from '@wikifleet/domain/manifests';
import { DEFAULT_SETTINGS } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import type { RawResult, SplitResult } from '@wikifleet/domain/receipts';
import { emptyCounts, sealRawRecord, sealReceipt } from '@wikifleet/domain/receipts';
import { NO_SEQUENCE } from '@wikifleet/domain/sequence';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import type { LocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { writeFailure } from '@wikifleet/runs/failures';
import { revokeManifests } from '@wikifleet/runs/manifests';
import { settlePlan } from '@wikifleet/runs/plans';
import { writeRawRecord } from '@wikifleet/runs/raw-records';
import { Store } from '@wikifleet/store/store';
import { CallBudget } from './call-budget.js';
import { findRuns } from './find-runs.js';
import { readQuarantine } from './read-quarantine.js';
import { readUploads } from './read-uploads.js';
import { RunReader } from './run-reader.js';
import { summarize, tilesOf } from './summarize.js';

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const RUN = { kind: 'articles', wiki: 'testwiki', date: '2026-10-01' } as const;
const FILE = 'testwiki-1.bz2';
const SIZE = 250;
const SPLITS = [0, 1, 2].map((index) => ({
  index,
  count: 3,
  start: index * 100,
  end: Math.min(SIZE, index * 100 + 100),
}));
const SHA256 = 'a'.repeat(64);

describe('a run as S3 tells it', () => {
  const { signal } = new AbortController();
  const budget = new CallBudget(100_000);
  let directory: string;
  let cloud: LocalCloud;
  let store: Store;
  let s3: S3Client;
  let plan: Plan;
  let reader: RunReader;

  const settle = async (splitBytes: number, force: boolean): Promise<Plan> => {
    const files = [FILE, 'testwiki-2.bz2'].map((file) => ({ file, path: `t/${file}`, size: SIZE, checksum: null }));
    const settings = {
      ...DEFAULT_SETTINGS,
      splitBytes,
      compression: 'none',
    } as const;
    return (await settlePlan(store, { run: RUN, vouchedBy: 'listing', settings, files }, { force })).plan;
  };
  const resultOf = (file: string, index: number): SplitResult => ({
    planId: plan.planId,
    run: RUN,
    file,
    split: SPLITS[index]!,
    object: { size: SIZE, sha256: SHA256 },
    rowsVersion: 1,
    firstBlock: null,
    nextBlock: null,
    rejectedCandidates: [],
    firstPage: null,
    nextPage: null,
    sequence: NO_SEQUENCE,
    head: {
      firstBlock: null,
      bytes: 0,
      end: { block: 0, offset: 0 },
      followedBy: 'page',
      hasRoot: true,
      dbname: null,
      encoding: 'utf-8',
    },
    counts: { ...emptyCounts(), pages: 2, rows: 10 + index },
    part: null,
    members: [],
    index: null,
    quarantine: null,
  });
  const receipt = async (file: string, index: number): Promise<void> => {
    const at = new Date().toISOString();
    const run = { startedAt: at, finishedAt: at, seconds: 1, host: 'here', receiveCount: 1 };
    await store.putJson(receiptKey(RUN, plan.planId, file, index), sealReceipt(resultOf(file, index), run));
  };
  const rawResult = (file: string): RawResult => {
    const known = { sha256: SHA256, upstreamChecksum: null, splitBytes: 100, compressor: null };
    return { planId: plan.planId, run: RUN, file, size: SIZE, ...known };
  };
  const download = async (file: string): Promise<void> => {
    const attempt = { id: '12345678', etag: '"e"', mirror: 'near', repair: null };
    await writeRawRecord(store, sealRawRecord(rawResult(file), attempt));
  };
  /** The first file's state, its splits and rows, as a tile shows them. */
  const tile = async (): Promise<unknown[]> => {
    await reader.read(signal);
    // the first reading of a run is short
    if (!reader.readInDetail) await reader.read(signal);
    const [first] = tilesOf(reader, 'all', 0).tiles;
    return [first?.state, first?.splitsDone, first?.rows];
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wikifleet-dashboard-'));
    cloud = await startLocalCloud({ directory, buckets: { bucket: join(directory, 'objects') } });
    const place = { region: 'us-east-1', endpoint: cloud.endpoint };
    store = Store.connect({ ...place, bucket: 'bucket' });
    s3 = new S3Client({ ...place, forcePathStyle: true });
    reader = new RunReader(store, RUN, budget);
  });
  after(async () => {
    s3.destroy();
    store.close();
    await cloud.close();
    await rm(directory, { recursive: true });
  });

  it('no plan, then files that wait', async () => {
    await reader.read(signal);
    assert.equal(reader.state, 'no plan');
    assert.deepEqual((await findRuns(store, budget, signal)).runs, []);
    plan = await settle(100, false);
    assert.deepEqual(await tile(), ['waiting', 0, 0]);
    assert.equal(reader.state, 'open');
    assert.deepEqual(await findRuns(store, budget, signal), { runs: [RUN], leftOut: 0 });
  });

  it('an upload under way, with its bytes', async () => {
    const to = { Bucket: 'bucket', Key: rawKey(RUN, plan.planId, FILE, '12345678') };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(to));
    await s3.send(new UploadPartCommand({ ...to, UploadId, PartNumber: 1, Body: Buffer.alloc(100) }));
    const before = budget.lastMinute;
    const [upload] = await readUploads(store, 'raw/', budget, signal);
    assert.deepEqual([upload?.key, upload?.received], [to.Key, 100]);
    assert.equal(budget.lastMinute - before, 2, 'a call for the list, and one for the bytes');
    reader.takeUploads(new Map([[FILE, upload!]]));
    const [first] = tilesOf(reader, 'open', 0).tiles;
    assert.deepEqual([first?.state, first?.downloaded], ['downloading', 0.4]);
    reader.takeUploads(new Map());
  });

  it('a note, then receipts', async () => {
    await download(FILE);
    assert.deepEqual(await tile(), ['downloaded', 0, 0]);
    await receipt(FILE, 0);
    await receipt(FILE, 2);
    assert.deepEqual(await tile(), ['converting', 2, 22]);
    const { mirrors, convertedPerSecond } = summarize([reader]);
    assert.deepEqual(
      mirrors.map(({ mirror, files, bytes }) => [mirror, files, bytes]),
      [['near', 1, SIZE]],
    );
    assert.ok(convertedPerSecond > 0);
  });

  it('a failure that counts, until its split is done', async () => {
    const error = new PermanentError('BLOCK_DAMAGED', 'a block', { place: 'bit 9' });
    await writeFailure(store, plan, FILE, 1, { error, attempts: 3, written: null });
    assert.deepEqual(await tile(), ['failed', 2, 22]);
    assert.deepEqual(
      summarize([reader]).failures.map(({ code, place, run }) => [code, place, run]),
      [['BLOCK_DAMAGED', 'bit 9', 'articles/testwiki/2026-10-01']],
    );
    assert.match(tilesOf(reader, 'failed', 0).tiles[0]?.why ?? '', /^BLOCK_DAMAGED: a block$/);
    await receipt(FILE, 1);
    assert.deepEqual(await tile(), ['converting', 3, 33]);
  });

  it('an object that is not what it should be is said, and hides nothing else', async () => {
    const key = receiptKey(RUN, plan.planId, 'testwiki-2.bz2', 0);
    await store.putJson(key, { version: 7 });
    assert.deepEqual(await tile(), ['converting', 3, 33]);
    assert.match(reader.problem ?? '', /receipts\/testwiki-2\.bz2\/00000\.json: /);
    await store.delete([key]);
    await reader.read(signal);
    assert.equal(reader.problem, null);
  });

  it('manifests of files and of the run, read once', async () => {
    const results = [];
    for (const file of plan.files) {
      const result = fileManifestResult(
        plan,
        file,
        rawResult(file.file),
        [0, 1, 2].map((index) => resultOf(file.file, index)),
      );
      results.push(result);
      await download(file.file);
      const closed = { closedAt: new Date().toISOString(), host: 'here' };
      await store.putJson(fileManifestKey(RUN, plan.planId, file.file), sealManifest(result, closed));
      assert.equal((await tile())[0], 'done');
    }
    assert.equal(reader.state, 'open');
    assert.match(summarize([reader]).runs[0]?.missing ?? '', /the run's manifest is missing: seed again/);
    const run = { closedAt: new Date().toISOString(), host: 'here' };
    await store.putJson(runManifestKey(RUN, plan.planId), sealManifest(runManifestResult(plan, results), run));
    assert.deepEqual(await tile(), ['done', 3, 33]);
    assert.equal(reader.state, 'done');
    assert.equal(summarize([reader]).runs[0]?.missing, null);
    const before = budget.lastMinute;
    await reader.read(signal);
    assert.equal(budget.lastMinute - before, 1, 'a run that is done costs one call');
  });

  it('a manifest that a repair revoked', async () => {
    const repaired = new RunReader(store, RUN, budget);
    const closed = await store.getJson(fileManifestKey(RUN, plan.planId, FILE), fileManifestSchema);
    const closedRun = await store.getJson(runManifestKey(RUN, plan.planId), runManifestSchema);
    await revokeManifests(store, plan, FILE, { id: 'abcdef0123456789', splits: [1] });
    for (let reading = 0; reading < 3; reading += 1) await repaired.read(signal);
    const [run] = summarize([repaired]).runs;
    assert.deepEqual([run?.state, run?.done, run?.files], ['open', 1, 2]);
    assert.match(run?.missing ?? '', /1 of 2 files have no manifest, and the run's manifest is revoked by a repair/);
    assert.match(tilesOf(repaired, 'all', 0).tiles[0]?.why ?? '', /its manifest is revoked by a repair/);
    await store.putJson(fileManifestKey(RUN, plan.planId, FILE), closed?.value);
    await store.putJson(runManifestKey(RUN, plan.planId), closedRun?.value);
    for (let reading = 0; reading < 2; reading += 1) await repaired.read(signal);
    assert.equal(repaired.state, 'done');
  });

  it('a quarantine file: its first records, and what is no record is left out', async () => {
    const record = {
      page_id: 1,
      page_title: '<b>',
      revision_id: null,
      offset: 0,
      length: 5,
      code: 'X',
      reason: 'y',
      encoding: 'utf-8',
      raw: 'z'.repeat(9000),
    };
    const key = quarantineKey(RUN, FILE, SPLITS[0]!, plan.planId);
    await store.put(key, `${JSON.stringify(record)}\nnot json\n{"page_id":1}\n`);
    const read = await readQuarantine(store, key, signal);
    assert.deepEqual(
      read?.records.map(({ page_title, raw }) => [page_title, raw?.length]),
      [['<b>', 4000]],
    );
    assert.equal(read?.more, true);
    assert.equal(await readQuarantine(store, `${key}x`, signal), null);
  });

  it('a plan that is replaced begins the run anew', async () => {
    plan = await settle(50, true);
    await reader.read(signal);
    assert.deepEqual(await tile(), ['waiting', 0, 0]);
    assert.equal(reader.state, 'open');
    assert.equal(reader.plan?.planId, plan.planId);
  });
});
