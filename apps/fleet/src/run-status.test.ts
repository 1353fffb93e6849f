import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PermanentError } from '@wikifleet/domain/errors';
import { fileManifestKey, runManifestKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { Run } from '@wikifleet/domain/run';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import type { LocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { writeFailure } from '@wikifleet/runs/failures';
import { settlePlan } from '@wikifleet/runs/plans';
import { Store } from '@wikifleet/store/store';
import { describeRun, readRunStatus, recentRuns } from './run-status.js';

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

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
      splitBytes: 30,
      format: 'jsonl',
      compression: 'none',
      rowsVersion: 1,
      partsVersion: 1,
      namespaces: null,
      redirects: true,
      plainText: false,
    } as const;
    return (await settlePlan(store, { run, vouchedBy: 'listing', settings, files }, { force: false })).plan;
  };
  const closed = async ({ run, planId, files }: Plan, index: number): Promise<void> => {
    await store.putJson(fileManifestKey(run, planId, files[index]?.file ?? ''), {});
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
    assert.match(lines[1] ?? '', /failed openwiki-1\.bz2 \(download, tried 3 times\): CHECKSUM_DIFFERS: not what/);
    assert.match(lines[2] ?? '', /not done: openwiki-2\.bz2, .*openwiki-6\.bz2$/);
    assert.match(lines[3] ?? '', /and 1 more file that is not done/);
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
    assert.equal((await readRunStatus(store, made.run)).state, 'open');
    await store.putJson(runManifestKey(made.run, made.planId), {});
    assert.equal((await readRunStatus(store, made.run)).state, 'done');
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
    assert.equal(all.length, 5);
  });
});
