import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PermanentError } from '@wikifleet/domain/errors';
import { failureKey, fileManifestKey, rawKey, rawRecordKey, receiptKey, runManifestKey } from '@wikifleet/domain/keys';
import { runManifestResult, sealManifest } from '@wikifleet/domain/manifests';
import type { FileManifestResult } from '@wikifleet/domain/manifests';
import { emptyCounts, sealRawRecord } from '@wikifleet/domain/receipts';
import { DEFAULT_SETTINGS } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import type { Run } from '@wikifleet/domain/run';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import type { LocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { writeFailure } from '@wikifleet/runs/failures';
import { revokeManifests } from '@wikifleet/runs/manifests';
import { settlePlan } from '@wikifleet/runs/plans';
import { writeRawRecord } from '@wikifleet/runs/raw-records';
import { Store } from '@wikifleet/store/store';
import { describeRun, readRunStatus, recentRuns } from './run-status.js';

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const CLOSED = { closedAt: '2026-10-01T00:00:00.000Z', host: 'here' };

describe('the status of runs', () => {
  let directory: string;
  let cloud: LocalCloud;
  let store: Store;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wikifleet-status-'));
    cloud = await startLocalCloud({ directory, buckets: { bucket: join(directory, 'objects') }, port: 0 });
    store = Store.connect({ region: 'us-east-1', endpoint: cloud.endpoint, bucket: 'bucket' });
  });
  after(async () => {
    store.close();
    await cloud.close();
    await rm(directory, { recursive: true });
  });

  const plan = async (run: Run, count: number): Promise<Plan> => {
    const files = Array.from({ length: count }, (_, i) => {
      const file = `${run.wiki}-${i}.bz2`;
      return { file, path: `${run.wiki}/${file}`, size: 100, checksum: null };
    });
    const settings = {
      ...DEFAULT_SETTINGS,
      splitBytes: 30,
      compression: 'none',
    } as const;
    return (await settlePlan(store, { run, vouchedBy: 'listing', settings, files }, { force: false })).plan;
  };
  const closed = async ({ run, planId, files }: Plan, index: number): Promise<void> => {
    const sealed = sealManifest(fileOf({ run, planId, files }, index), CLOSED);
    await store.putJson(fileManifestKey(run, planId, files[index]?.file ?? ''), sealed);
  };
  const fileOf = (
    { run, planId, files }: Pick<Plan, 'run' | 'planId' | 'files'>,
    index: number,
  ): FileManifestResult => ({
    planId,
    run,
    file: files[index]?.file ?? '',
    size: 100,
    sha256: 'a'.repeat(64),
    upstreamChecksum: null,
    rawRecord: 'a'.repeat(64),
    receipts: [],
    counts: emptyCounts(),
    parts: [],
    quarantine: [],
    pageOrder: { descents: 0, firstDescent: null },
  });
  const closeRunOf = async (made: Plan): Promise<void> => {
    const results = made.files.map((_, index) => fileOf(made, index));
    const sealed = sealManifest(runManifestResult(made, results), CLOSED);
    await store.putJson(runManifestKey(made.run, made.planId), sealed);
  };
  const failed = async (made: Plan, index: number): Promise<void> => {
    const error = new PermanentError('CHECKSUM_DIFFERS', 'not what the mirror says');
    await writeFailure(store, made, made.files[index]?.file ?? '', 'download', { error, attempts: 3, written: null });
  };
  const runOf = (wiki: string, date = '2026-10-01'): Run => ({ kind: 'articles', wiki, date });

  it('of a run without a plan is an error that names the bucket', async () => {
    await assert.rejects(
      readRunStatus(store, runOf('nowiki')),
      /articles\/nowiki\/2026-10-01: no plan in the bucket bucket/,
    );
  });

  it('is open while a file is neither done nor failed', async () => {
    const made = await plan(runOf('openwiki'), 8);
    await closed(made, 0);
    await failed(made, 1);
    const status = await readRunStatus(store, made.run);
    assert.deepEqual([status.state, status.files, status.done, status.open.length], ['open', 8, 1, 6]);
    const lines = describeRun(status);
    assert.match(lines[0] ?? '', /^articles\/openwiki\/2026-10-01 \(plan [0-9a-f]{16}\): open, 1 of 8 files done$/);
    assert.equal(lines[1], '  7 of 8 files have no manifest: the workers go on');
    assert.match(lines[2] ?? '', /failed openwiki-1\.bz2 \(download, tried 3 times\): CHECKSUM_DIFFERS: not what/);
    assert.match(lines[3] ?? '', /not done: openwiki-2\.bz2: it is not downloaded; a downloader takes its job/);
    assert.match(lines[7] ?? '', /not done: openwiki-6\.bz2: /);
    assert.match(lines[8] ?? '', /and 1 more file that is not done/);
  });

  it('is failed when only failures are left, and a failure beside a manifest counts no more', async () => {
    const made = await plan(runOf('failedwiki'), 2);
    await closed(made, 0);
    await failed(made, 0);
    await failed(made, 1);
    const status = await readRunStatus(store, made.run);
    assert.deepEqual(
      [status.state, status.open, status.failures.map(({ file }) => file)],
      ['failed', [], ['failedwiki-1.bz2']],
    );
  });

  it('is done when the run has its manifest', async () => {
    const made = await plan(runOf('donewiki'), 1);
    await closed(made, 0);
    // killed between the last manifest of a file and that of the run
    const open = await readRunStatus(store, made.run);
    assert.deepEqual([open.state, open.done, open.files], ['open', 1, 1]);
    assert.equal(
      describeRun(open)[1],
      "  every file has a manifest, and the run's manifest is missing: seed again: it closes the run",
    );
    await closeRunOf(made);
    const done = await readRunStatus(store, made.run);
    assert.deepEqual([done.state, done.missing, done.unfinished], ['done', null, []]);
    assert.equal(describeRun(done).length, 1);
  });

  it('says what is missing between any two writes of a file', async () => {
    const made = await plan(runOf('stepwiki'), 1);
    const { run, planId } = made;
    const file = made.files[0]?.file ?? '';
    const state = async (): Promise<string | undefined> => (await readRunStatus(store, run)).unfinished[0]?.state;
    assert.equal(await state(), 'not downloaded');
    const key = rawKey(run, planId, file, '12345678');
    await store.put(key, 'x'.repeat(100));
    assert.equal(await state(), 'not recorded');
    const etag = (await store.head(key))?.etag ?? '';
    const result = { planId, run, file, size: 100, sha256: 'a'.repeat(64), upstreamChecksum: null, splitBytes: 30 };
    const attempt = { id: '12345678', etag, mirror: 'm', repair: null };
    await writeRawRecord(store, sealRawRecord({ ...result, compressor: null }, attempt));
    assert.equal(await state(), 'not converted');
    for (const index of [0, 1, 3]) await store.putJson(receiptKey(run, planId, file, index), {});
    const { unfinished } = await readRunStatus(store, run);
    assert.equal(unfinished[0]?.missing, '1 of its 4 receipts are missing (00002)');
    await store.delete([key]);
    assert.equal(await state(), 'raw object missing');
    await store.putJson(receiptKey(run, planId, file, 2), {});
    assert.equal(await state(), 'not closed');
    await failed(made, 0);
    assert.equal((await readRunStatus(store, run)).missing?.missing, '1 file failed');
    await closed(made, 0);
    assert.match((await readRunStatus(store, run)).missing?.missing ?? '', /the run's manifest is missing/);
    await store.putJson(rawRecordKey(run, planId, file), {});
    await store.delete([fileManifestKey(run, planId, file), failureKey(run, planId, file, 'download')]);
    assert.equal(await state(), 'record unreadable');
  });

  it('does not count a revoked manifest as done', async () => {
    const made = await plan(runOf('repairwiki'), 2);
    await closed(made, 0);
    await closed(made, 1);
    await closeRunOf(made);
    const file = made.files[1]?.file ?? '';
    await revokeManifests(store, made, file, { id: 'abcdef0123456789', splits: [2] });
    const status = await readRunStatus(store, made.run);
    assert.deepEqual([status.state, status.done, status.open], ['open', 1, [file]]);
    assert.equal(
      status.missing?.missing,
      "1 of 2 files have no manifest, and the run's manifest is revoked by a repair",
    );
    assert.match(status.unfinished[0]?.missing ?? '', /revoked by a repair abcdef0123456789 of its splits 00002$/);
    await closed(made, 1);
    assert.match(
      (await readRunStatus(store, made.run)).missing?.missing ?? '',
      /every file has .* is revoked by a repair/,
    );
  });

  it('finds the newest runs by their date, of all kinds, and nothing that is no run', async () => {
    await plan({ kind: 'content-current', wiki: 'newwiki', date: '2026-11-01' }, 1);
    await plan(runOf('newwiki', '2025-01-01'), 1);
    for (const key of ['runs/articles/newwiki/latest/x', 'runs/unknown/a/2026-12-01/x']) await store.putJson(key, {});
    const { runs, leftOut } = await recentRuns(store, 2);
    assert.equal(leftOut, 0);
    assert.deepEqual(runs[0], { kind: 'content-current', wiki: 'newwiki', date: '2026-11-01' });
    assert.deepEqual(runs[1], runOf('donewiki'));
    const all = (await recentRuns(store, 100)).runs;
    assert.deepEqual(all.at(-1), runOf('newwiki', '2025-01-01'));
    assert.equal(all.length, 7);
  });
});
