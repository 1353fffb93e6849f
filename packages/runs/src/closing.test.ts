import assert from 'node:assert/strict';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import {
  failureKey,
  fileManifestKey,
  partKey,
  quarantineKey,
  rawKey,
  rawNoteKey,
  receiptKey,
  rowsPrefix,
  runManifestKey,
} from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { SplitResult } from '@wikifleet/domain/receipts';
import { close, closeAgain, closeRun, readFileManifest, readRunManifest } from './closing.js';
import { readFailures, writeFailure } from './failures.js';
import { settlePlan } from './plans.js';
import {
  SHA,
  SIZE,
  fileOf,
  newDraft,
  overriding,
  resultsOf,
  startS3,
  writeNote,
  writeReceipts,
  writeWhole,
} from './runs-harness.test.js';
import type { Loopback } from './runs-harness.test.js';

describe('close', () => {
  let s3: Loopback;
  let plan: Plan;
  before(async () => {
    s3 = await startS3();
  });
  beforeEach(async () => {
    ({ plan } = await settlePlan(s3.store, newDraft(), { force: false }));
  });
  after(async () => await s3.close());

  const closeFirst = async (): Promise<string> => await close(s3.store, plan, fileOf(plan, 0));
  const isOpen = async (): Promise<void> => {
    assert.equal(await closeFirst(), 'open');
    assert.equal(await readFileManifest(s3.store, plan, 'a.bz2'), null);
    assert.deepEqual(await readFailures(s3.store, plan), []);
  };

  describe('leaves a file open', () => {
    it('without a raw note', async () => {
      await writeReceipts(s3.store, plan, resultsOf(plan, 'a.bz2'));
      await isOpen();
    });

    for (const missing of [0, 2, 3]) {
      it(`without the receipt of split ${missing}`, async () => {
        await writeWhole(s3.store, plan, 'a.bz2');
        await s3.store.delete([receiptKey(plan.run, plan.planId, 'a.bz2', missing)]);
        await isOpen();
      });
    }

    const unfit: [what: string, change: Partial<SplitResult>][] = [
      ['of other bytes', { object: { size: SIZE, sha256: 'b'.repeat(64) } }],
      ['of another plan', { planId: 'ffffffff' }],
      ['of other rows', { rowsVersion: 2 }],
      ['of another range', { split: { index: 1, count: 4, start: 30, end: 61 } }],
    ];
    for (const [what, change] of unfit) {
      it(`with a receipt ${what}`, async () => {
        await writeNote(s3.store, plan, 'a.bz2');
        const results = resultsOf(plan, 'a.bz2').map((r) => (r.split.index === 1 ? { ...r, ...change } : r));
        await writeReceipts(s3.store, plan, results);
        await isOpen();
      });
    }

    it('whose raw object was replaced since', async () => {
      await writeWhole(s3.store, plan, 'a.bz2');
      await writeNote(s3.store, plan, 'a.bz2', { sha256: 'b'.repeat(64) });
      await isOpen();
    });
  });

  it('reads no receipt while one is missing: it is called after each split', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    await s3.store.delete([receiptKey(plan.run, plan.planId, 'a.bz2', 3)]);
    const read: string[] = [];
    const counting = overriding(s3.store, {
      getJson: async (key, ...rest) => {
        read.push(key);
        return await s3.store.getJson(key, ...rest);
      },
    });
    assert.equal(await close(counting, plan, fileOf(plan, 0)), 'open');
    assert.deepEqual(read, [rawNoteKey(plan.run, plan.planId, 'a.bz2')]);
  });

  it('writes down why the splits of a file do not join, and replaces it when it is closed again', async () => {
    await writeNote(s3.store, plan, 'a.bz2');
    const results = resultsOf(plan, 'a.bz2').map((r) => (r.split.index === 1 ? { ...r, firstBlock: 250 } : r));
    await writeReceipts(s3.store, plan, results);
    for (let i = 0; i < 2; i += 1) {
      assert.equal(await closeFirst(), 'failed');
      const failures = await readFailures(s3.store, plan, 'a.bz2');
      assert.deepEqual(
        failures.map(({ stage, code, place, expected, received, written }) => ({
          stage,
          code,
          place,
          expected,
          received,
          written,
        })),
        [
          {
            stage: 'file',
            code: 'BLOCKS_DO_NOT_JOIN',
            place: 'bit 250',
            expected: 'a block at bit 240',
            received: 'bit 250',
            written: { pages: 3, rows: 6 },
          },
        ],
      );
    }
    assert.deepEqual(await s3.keys(failureKey(plan.run, plan.planId, 'a.bz2', 'file')), [
      failureKey(plan.run, plan.planId, 'a.bz2', 'file'),
    ]);
    assert.equal(await readFileManifest(s3.store, plan, 'a.bz2'), null);
  });

  it('closes a file, then the run when it was the last', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    assert.equal(await closeFirst(), 'closed');
    assert.equal(await readRunManifest(s3.store, plan), null);
    await writeWhole(s3.store, plan, 'a.bz2.b');
    assert.equal(await close(s3.store, plan, fileOf(plan, 1)), 'closed');
    const file = await readFileManifest(s3.store, plan, 'a.bz2');
    assert.deepEqual([file?.counts.rows, file?.parts.length, file?.sha256], [6, 3, SHA]);
    const run = await readRunManifest(s3.store, plan);
    assert.equal(run?.counts.rows, 12);
    assert.deepEqual(
      run.files.map(({ file: name }) => name),
      ['a.bz2', 'a.bz2.b'],
    );
    // once more, by whoever comes late
    assert.equal(await closeFirst(), 'closed');
    assert.equal(await closeRun(s3.store, plan), true);
  });

  it('has many who close at once agree', async () => {
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => await close(s3.store, plan, fileOf(plan, i % 2))),
    );
    assert.deepEqual([...new Set(outcomes)], ['closed']);
    assert.equal((await readRunManifest(s3.store, plan))?.files.length, 2);
  });

  it('says where a manifest is there already that says something else', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    await closeFirst();
    const results = resultsOf(plan, 'a.bz2').map((r) => ({ ...r, counts: { ...r.counts, rows: 7 } }));
    await writeReceipts(s3.store, plan, results);
    await assert.rejects(closeFirst(), (error) => {
      assert.ok(error instanceof PermanentError);
      assert.equal(error.code, 'MANIFESTS_DIFFER');
      assert.equal(error.place, fileManifestKey(plan.run, plan.planId, 'a.bz2'));
      assert.match(error.expected ?? '', /"rows":28/);
      assert.match(error.received ?? '', /"rows":6/);
      return true;
    });
  });

  it('tries again where the manifest that was there is gone', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    const key = fileManifestKey(plan.run, plan.planId, 'a.bz2');
    await s3.store.put(key, '{}');
    const vanishing = overriding(s3.store, {
      putJson: async () => {
        await s3.store.delete([key]);
        return false;
      },
    });
    await assert.rejects(close(vanishing, plan, fileOf(plan, 0)), (error) => {
      return error instanceof FleetError && !(error instanceof PermanentError) && error.code === 'MANIFEST_CONTESTED';
    });
  });

  it('deletes the failures of a file that is whole, and of no other', async () => {
    const facts = { error: new PermanentError('X', 'x'), attempts: 1, written: null };
    for (const stage of ['download', 'file', 0, 3] as const) await writeFailure(s3.store, plan, 'a.bz2', stage, facts);
    await writeFailure(s3.store, plan, 'a.bz2.b', 'download', facts);
    assert.equal((await readFailures(s3.store, plan)).length, 5);
    await writeWhole(s3.store, plan, 'a.bz2');
    await closeFirst();
    const left = await readFailures(s3.store, plan);
    assert.deepEqual(
      left.map(({ file, stage }) => [file, stage]),
      [['a.bz2.b', 'download']],
    );
  });

  it('aborts the uploads that were left under the keys of a file, and no other', async () => {
    const split = { index: 1, count: 4, start: 30, end: 60 };
    const doomed = [
      rawKey(plan.run, 'a.bz2'),
      partKey(plan.run, 'a.bz2', split, plan.planId, plan.settings),
      quarantineKey(plan.run, 'a.bz2', split, plan.planId),
    ];
    const kept = [
      // its name begins with that of the file that is closed
      rawKey(plan.run, 'a.bz2.b'),
      partKey(plan.run, 'a.bz2.b', split, plan.planId, plan.settings),
      quarantineKey(plan.run, 'a.bz2.b', split, plan.planId),
      // and these are another plan's
      partKey(plan.run, 'a.bz2', split, 'ffffffff', plan.settings),
    ];
    for (const key of [...doomed, ...kept]) await s3.beginUpload(key);
    await writeWhole(s3.store, plan, 'a.bz2');
    await closeFirst();
    assert.deepEqual((await s3.uploads()).toSorted(), kept.toSorted());
    for (const key of kept) await s3.store.abortUploads(key);
  });

  it('reads nothing again of a file that is closed, but tidies it, and closes the run where that was left undone', async () => {
    const again = async (): Promise<string> => await closeAgain(s3.store, plan, fileOf(plan, 0));
    assert.equal(await again(), 'open');
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    assert.equal(await again(), 'closed');
    assert.equal(await close(s3.store, plan, fileOf(plan, 1)), 'closed');
    await s3.store.delete([runManifestKey(plan.run, plan.planId), rawNoteKey(plan.run, plan.planId, 'a.bz2')]);
    await s3.beginUpload(rawKey(plan.run, 'a.bz2'));
    assert.equal(await again(), 'closed');
    assert.deepEqual(await s3.uploads(), []);
    assert.notEqual(await readRunManifest(s3.store, plan), null);
  });

  it('deletes the rows of another plan before the run is called whole, and nothing that is no part', async () => {
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    const split = { index: 0, count: 1, start: 0, end: 0 };
    const foreign = partKey(plan.run, 'a.bz2', split, 'ffffffff', plan.settings);
    const strange = `${rowsPrefix(plan.run)}schema.json`;
    for (const key of [foreign, strange]) await s3.store.put(key, 'x');
    for (const index of [0, 1]) await close(s3.store, plan, fileOf(plan, index));
    const rows = await s3.keys(rowsPrefix(plan.run));
    assert.equal(rows.length, 7);
    assert.ok(rows.includes(strange) && !rows.includes(foreign));
  });

  it('does nothing to a run that has another plan by now', async () => {
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    for (const { file } of plan.files) await s3.store.delete([rawNoteKey(plan.run, plan.planId, file)]);
    const { files: _, version: __, planId: ___, ...draft } = plan;
    const { plan: newer } = await settlePlan(s3.store, { ...draft, files: plan.files }, { force: true });
    // a worker of the old plan that slept through all of this
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    await writeWhole(s3.store, newer, 'a.bz2');
    for (const index of [0, 1]) await close(s3.store, plan, fileOf(plan, index));
    assert.equal(await readRunManifest(s3.store, plan), null);
    const parts = resultsOf(newer, 'a.bz2').flatMap(({ part }) => (part === null ? [] : [part.key]));
    const rows = await s3.keys(rowsPrefix(plan.run));
    assert.deepEqual(
      parts.filter((key) => !rows.includes(key)),
      [],
      'the rows of the newer plan are there',
    );
    assert.equal(await closeRun(s3.store, newer), false);
  });

  it('ends by its signal', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    await assert.rejects(close(s3.store, plan, fileOf(plan, 0), AbortSignal.abort()));
    assert.equal(await s3.store.head(runManifestKey(plan.run, plan.planId)), null);
  });
});
