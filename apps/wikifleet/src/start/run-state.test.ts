import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Run } from '@wikifleet/domain/run';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { settlePlan } from '@wikifleet/runs/plans';
import { Store } from '@wikifleet/store/store';
import { RunWatcher } from './run-state.js';
import { DEFAULT_SETTINGS } from '@wikifleet/domain/plan';

const FILES = 200;
/** A list of manifests and one of failures, for each 1,000 files. */
const MAX_REQUESTS = 2;

describe('RunWatcher', () => {
  it('asks for nothing by file while no file is done', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wikifleet-watcher-'));
    const cloud = await startLocalCloud({ directory, buckets: { bucket: join(directory, 'objects') } });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const place = { region: 'us-east-1', endpoint: cloud.endpoint };
    const store = new Store(new S3Client({ ...place, credentials, forcePathStyle: true }), 'bucket');
    try {
      const run: Run = { kind: 'articles', wiki: 'twiki', date: '2026-10-01' };
      const files = Array.from({ length: FILES }, (_, n) => ({
        file: `f${n}`,
        path: `x/f${n}`,
        size: 1,
        checksum: null,
      }));
      const settings = {
        ...DEFAULT_SETTINGS,
        splitBytes: 30,
      } as const;
      await settlePlan(store, { run, vouchedBy: 'listing', settings, files }, { force: false });
      const watcher = await RunWatcher.open(store, [{ run, isNew: false }]);
      const before = store.traffic.requests;
      const [state] = await watcher.read();
      assert.equal(state?.done.size, 0);
      assert.ok(store.traffic.requests - before <= MAX_REQUESTS, `${store.traffic.requests - before} requests`);
    } finally {
      store.close();
      await cloud.close();
      await rm(directory, { recursive: true });
    }
  });
});
