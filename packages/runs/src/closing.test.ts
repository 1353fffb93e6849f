import assert from 'node:assert/strict';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import {
  failureKey,
  fileManifestKey,
  partKey,
  quarantineKey,
  rawKey,
  rawRecordKey,
  receiptKey,
  rowsPrefix,
  runManifestKey,
} from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { receiptSchema, sealReceipt } from '@wikifleet/domain/receipts';
import type { SplitResult } from '@wikifleet/domain/receipts';
import { close, closeAgain, closeRun } from './closing.js';
import { readFailures } from './failures.js';
import { readFileManifest, readRunManifest, revokeManifests } from './manifests.js';
import { settlePlan } from './plans.js';
import type { PlanDraft } from './plans.js';
import {
  ATTEMPT,
  SHA,
  SIZE,
  fileOf,
  newDraft,
  overriding,
  resultsOf,
  startMemoryS3,
  writeReceipts,
  writeRecord,
  writeWhole,
} from './testing/runs-harness.js';
import type { Loopback } from './testing/runs-harness.js';

const NOW = '2026-10-02T00:00:00.000Z';

function draftOf({ run, vouchedBy, settings, files }: Plan): PlanDraft {
  return { run, vouchedBy, settings, files };
}

describe('close', () => {
  let s3: Loopback;
  let plan: Plan;
  before(async () => {
    s3 = startMemoryS3();
  });
  beforeEach(async () => {
    ({ plan } = await settlePlan(s3.store, newDraft(), { force: false }));
  });
  after(async () => await s3.close());

  const closeFirst = async (): Promise<string> => (await close(s3.store, plan, fileOf(plan, 0))).outcome;
  const isOpen = async (): Promise<void> => {
    assert.equal(await closeFirst(), 'open');
    assert.equal(await readFileManifest(s3.store, plan, 'a.bz2'), null);
    assert.deepEqual(await readFailures(s3.store, plan), []);
  };

  describe('leaves a file open', () => {
    it('without a raw object record', async () => {
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
  });

  describe('records why a file cannot be closed', () => {
    const failsWith = async (code: string): Promise<void> => {
      assert.equal(await closeFirst(), 'failed');
      const failures = await readFailures(s3.store, plan, 'a.bz2');
      assert.deepEqual(
        failures.map((failure) => [failure.stage, failure.code]),
        [['file', code]],
      );
      assert.match(failures[0]?.message ?? '', /verify --repair/);
    };
    const unfit: [what: string, change: Partial<SplitResult>][] = [
      ['of other bytes', { object: { size: SIZE, sha256: 'b'.repeat(64) } }],
      ['of another plan', { planId: 'f'.repeat(16) }],
      ['of other rows', { rowsVersion: 2 }],
      ['of another range', { split: { index: 1, count: 4, start: 30, end: 61 } }],
    ];
    for (const [what, change] of unfit) {
      it(`with a receipt ${what}`, async () => {
        await writeRecord(s3.store, plan, 'a.bz2');
        const results = resultsOf(plan, 'a.bz2').map((r) => (r.split.index === 1 ? { ...r, ...change } : r));
        for (const [index, result] of results.entries()) {
          const at = { startedAt: NOW, finishedAt: NOW, seconds: 1, host: 'h', receiveCount: 1 };
          await s3.store.putJson(receiptKey(plan.run, plan.planId, 'a.bz2', index), sealReceipt(result, at));
        }
        await failsWith('RECEIPT_UNFIT');
      });
    }

    it('with a receipt that was edited', async () => {
      await writeWhole(s3.store, plan, 'a.bz2');
      const key = receiptKey(plan.run, plan.planId, 'a.bz2', 1);
      const read = await s3.store.getJson(key, receiptSchema);
      assert.ok(read);
      await s3.store.putJson(key, { ...read.value, result: { ...read.value.result, rejectedCandidates: [7] } });
      await failsWith('RECEIPT_MALFORMED');
    });

    it('with a manifest that cannot be read', async () => {
      await writeWhole(s3.store, plan, 'a.bz2');
      await s3.store.put(fileManifestKey(plan.run, plan.planId, 'a.bz2'), '{}');
      await failsWith('MANIFEST_MALFORMED');
    });
  });

  describe('with a repair', () => {
    const REPAIR = '0123456789abcdef';

    it('waits until the receipts of its splits name it', async () => {
      await writeWhole(s3.store, plan, 'a.bz2');
      assert.equal(await closeFirst(), 'closed');
      await revokeManifests(s3.store, plan, 'a.bz2', { id: REPAIR, splits: [0, 2] });
      await isOpen();
      const results = resultsOf(plan, 'a.bz2');
      await writeReceipts(s3.store, plan, results.slice(0, 1), { repairs: [REPAIR] });
      await isOpen();
      await writeReceipts(s3.store, plan, results.slice(2, 3), { repairs: ['f'.repeat(16), REPAIR] });
      assert.equal(await closeFirst(), 'closed');
      assert.notEqual(await readFileManifest(s3.store, plan, 'a.bz2'), null);
    });

    it('waits for the last of several repairs of one split', async () => {
      await writeWhole(s3.store, plan, 'a.bz2');
      await revokeManifests(s3.store, plan, 'a.bz2', { id: REPAIR, splits: [0, 1] });
      await revokeManifests(s3.store, plan, 'a.bz2', { id: 'f'.repeat(16), splits: [1] });
      const results = resultsOf(plan, 'a.bz2');
      await writeReceipts(s3.store, plan, results.slice(0, 2), { repairs: [REPAIR] });
      await isOpen();
      await writeReceipts(s3.store, plan, results.slice(1, 2), { repairs: ['f'.repeat(16)] });
      assert.equal(await closeFirst(), 'closed');
    });

    it('that begins after a closer has read the receipts, makes that closer start again', async () => {
      await writeWhole(s3.store, plan, 'a.bz2');
      let begun = false;
      const racing = overriding(s3.store, {
        putJson: async (...call) => {
          if (!begun && call[0] === fileManifestKey(plan.run, plan.planId, 'a.bz2')) {
            begun = true;
            await revokeManifests(s3.store, plan, 'a.bz2', { id: REPAIR, splits: [0] });
          }
          return await s3.store.putJson(...call);
        },
      });
      const { outcome } = await close(racing, plan, fileOf(plan, 0));
      assert.deepEqual([begun, outcome], [true, 'open']);
      assert.equal(await readFileManifest(s3.store, plan, 'a.bz2'), null);
    });

    it("that begins after a closer has read the files' manifests leaves the run open", async () => {
      for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
      await closeFirst();
      let begun = false;
      const racing = overriding(s3.store, {
        putJson: async (...call) => {
          if (!begun && call[0] === runManifestKey(plan.run, plan.planId)) {
            begun = true;
            await revokeManifests(s3.store, plan, 'a.bz2', { id: REPAIR, splits: [0] });
          }
          return await s3.store.putJson(...call);
        },
      });
      const { outcome, run } = await close(racing, plan, fileOf(plan, 1));
      assert.deepEqual([begun, outcome, run.closed], [true, 'closed', false]);
      assert.equal(await readRunManifest(s3.store, plan), null);
    });

    it('that is between its two revocations lets no closer of the run close it', async () => {
      for (const [index, file] of ['a.bz2', 'a.bz2.b'].entries()) {
        await writeWhole(s3.store, plan, file);
        await close(s3.store, plan, fileOf(plan, index));
      }
      assert.notEqual(await readRunManifest(s3.store, plan), null);
      const manifests = [fileManifestKey(plan.run, plan.planId, 'a.bz2'), runManifestKey(plan.run, plan.planId)];
      const revoked: string[] = [];
      const stepping = overriding(s3.store, {
        putJson: async (...call) => {
          const isWritten = await s3.store.putJson(...call);
          revoked.push(call[0]);
          await closeRun(s3.store, plan);
          return isWritten;
        },
      });
      await revokeManifests(stepping, plan, 'a.bz2', { id: REPAIR, splits: [0] });
      assert.deepEqual(revoked, manifests, "the file's manifest is revoked first");
      assert.equal(await readFileManifest(s3.store, plan, 'a.bz2'), null);
      assert.equal(await readRunManifest(s3.store, plan), null);
    });

    it('that begins where no manifest is there yet writes revoked ones', async () => {
      await revokeManifests(s3.store, plan, 'a.bz2', { id: REPAIR, splits: [0] });
      for (const key of [fileManifestKey(plan.run, plan.planId, 'a.bz2'), runManifestKey(plan.run, plan.planId)])
        assert.notEqual(await s3.store.head(key), null, key);
      await writeWhole(s3.store, plan, 'a.bz2');
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
    assert.equal((await close(counting, plan, fileOf(plan, 0))).outcome, 'open');
    assert.deepEqual(read, [rawRecordKey(plan.run, plan.planId, 'a.bz2')]);
  });

  it('writes down why the splits of a file do not join, and replaces it when it is closed again', async () => {
    await writeRecord(s3.store, plan, 'a.bz2');
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
    assert.equal((await close(s3.store, plan, fileOf(plan, 1))).outcome, 'closed');
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
    assert.equal((await closeRun(s3.store, plan)).closed, true);
  });

  it('has many who close at once agree', async () => {
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => (await close(s3.store, plan, fileOf(plan, i % 2))).outcome),
    );
    assert.deepEqual([...new Set(outcomes)], ['closed']);
    assert.equal((await readRunManifest(s3.store, plan))?.files.length, 2);
  });

  it('says where a manifest is there already that says something else', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    await closeFirst();
    const results = resultsOf(plan, 'a.bz2').map((r) => ({ ...r, counts: { ...r.counts, rows: 7 } }));
    await writeReceipts(s3.store, plan, results);
    assert.equal(await closeFirst(), 'failed');
    const [failure] = await readFailures(s3.store, plan, 'a.bz2');
    assert.equal(failure?.code, 'MANIFESTS_DIFFER');
    assert.equal(failure.place, fileManifestKey(plan.run, plan.planId, 'a.bz2'));
    assert.match(failure.expected ?? '', /"rows":28/);
    assert.match(failure.received ?? '', /"rows":6/);
    assert.equal((await readFileManifest(s3.store, plan, 'a.bz2'))?.counts.rows, 6);
  });

  it('gives up, for a retry, where others keep writing the manifest', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    const contested = overriding(s3.store, { putJson: async () => await Promise.resolve(false) });
    await assert.rejects(close(contested, plan, fileOf(plan, 0)), (error) => {
      return error instanceof FleetError && !(error instanceof PermanentError) && error.code === 'MANIFEST_CONTESTED';
    });
  });

  it('takes its own manifest for written where the answer to the write was lost', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    const losing = overriding(s3.store, {
      putJson: async (...call) => {
        await s3.store.putJson(...call);
        return false;
      },
    });
    assert.equal((await close(losing, plan, fileOf(plan, 0))).outcome, 'closed');
  });

  it('aborts the uploads that its own workers left, when the run is closed', async () => {
    const split = { index: 1, count: 4, start: 30, end: 60 };
    const left = [
      rawKey(plan.run, plan.planId, 'a.bz2', ATTEMPT.id),
      partKey(plan.run, 'a.bz2', split, plan.planId, plan.settings),
      quarantineKey(plan.run, 'a.bz2.b', split, plan.planId),
    ];
    const kept = [
      // another plan's, and another run's whose name begins alike
      partKey(plan.run, 'a.bz2', split, 'f'.repeat(16), plan.settings),
      partKey({ ...plan.run, wiki: `${plan.run.wiki}x` }, 'a.bz2', split, plan.planId, plan.settings),
    ];
    for (const key of [...left, ...kept]) await s3.beginUpload(key);
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    await closeFirst();
    assert.equal((await s3.uploads()).length, 5, 'jobs of the other file may be under way');
    await close(s3.store, plan, fileOf(plan, 1));
    assert.deepEqual((await s3.uploads()).toSorted(), kept.toSorted());
    for (const key of kept) await s3.store.abortUploads(key);
  });

  it('reads nothing again of a file that is closed, but closes the run where that was left undone', async () => {
    const again = async (): Promise<string> => (await closeAgain(s3.store, plan, fileOf(plan, 0))).outcome;
    assert.equal(await again(), 'open');
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    assert.equal(await again(), 'closed');
    assert.equal((await close(s3.store, plan, fileOf(plan, 1))).outcome, 'closed');
    await s3.store.delete([runManifestKey(plan.run, plan.planId), rawRecordKey(plan.run, plan.planId, 'a.bz2')]);
    assert.equal(await again(), 'closed');
    assert.notEqual(await readRunManifest(s3.store, plan), null);
  });

  it('deletes the rows of superseded plans before the run is closed, and nothing else', async () => {
    const { plan: newer } = await settlePlan(s3.store, draftOf(plan), { force: true });
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, newer, file);
    const split = { index: 0, count: 1, start: 0, end: 0 };
    const [superseded = '', unknown = ''] = [plan.planId, 'f'.repeat(16)].map((id) =>
      partKey(plan.run, 'a.bz2', split, id, plan.settings),
    );
    const strange = `${rowsPrefix(plan.run)}schema.json`;
    for (const key of [superseded, unknown, strange]) await s3.store.put(key, 'x');
    for (const index of [0, 1]) await close(s3.store, newer, fileOf(newer, index));
    const rows = await s3.keys(rowsPrefix(plan.run));
    assert.equal(rows.length, 8);
    assert.ok(rows.includes(strange) && rows.includes(unknown) && !rows.includes(superseded));
  });

  it('deletes nothing of a newer run that was closed while its own listing was delayed', async () => {
    const { plan: second } = await settlePlan(s3.store, draftOf(plan), { force: true });
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, second, file);
    await close(s3.store, second, fileOf(second, 0));
    let rows: string[] = [];
    const slow = overriding(s3.store, {
      async *list(prefix, ...rest) {
        if (prefix === rowsPrefix(plan.run) && rows.length === 0) {
          const { plan: third } = await settlePlan(s3.store, draftOf(plan), { force: true });
          for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, third, file);
          for (const index of [0, 1]) await close(s3.store, third, fileOf(third, index));
          rows = await s3.keys(rowsPrefix(plan.run));
          assert.notEqual(await readRunManifest(s3.store, third), null);
        }
        yield* s3.store.list(prefix, ...rest);
      },
    });
    await close(slow, second, fileOf(second, 1));
    assert.equal(rows.length, 6);
    assert.deepEqual(await s3.keys(rowsPrefix(plan.run)), rows);
  });

  it('does nothing to a run that has another plan by now', async () => {
    for (const file of ['a.bz2', 'a.bz2.b']) await writeWhole(s3.store, plan, file);
    const { plan: newer } = await settlePlan(s3.store, draftOf(plan), { force: true });
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
    assert.equal((await closeRun(s3.store, newer)).closed, false);
  });

  it('ends by its signal', async () => {
    await writeWhole(s3.store, plan, 'a.bz2');
    await assert.rejects(close(s3.store, plan, fileOf(plan, 0), AbortSignal.abort()));
    assert.equal(await s3.store.head(runManifestKey(plan.run, plan.planId)), null);
  });
});
