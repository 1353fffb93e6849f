import assert from 'node:assert/strict';
import { FleetError, UsageError } from '@wikifleet/domain/errors';
import { partKey, planKey, rawKey } from '@wikifleet/domain/keys';
import { sealPlan } from '@wikifleet/domain/plan';
import { deleteObsolete, deleteSuperseded } from './delete-superseded.js';
import { loadPlan } from './load-plan.js';
import { checkPlanIsCurrent, settlePlan } from './plans.js';
import { newDraft, overriding, startMemoryS3, writeWhole } from './testing/runs-harness.js';
import type { Loopback } from './testing/runs-harness.js';

describe('settlePlan', () => {
  let s3: Loopback;
  before(async () => {
    s3 = startMemoryS3();
  });
  after(async () => await s3.close());

  it('writes a plan once, and takes up an equal one', async () => {
    const draft = newDraft();
    assert.equal(await loadPlan(s3.store, draft.run), null);
    const first = await settlePlan(s3.store, draft, { force: false });
    assert.equal(first.existed, false);
    assert.deepEqual(await settlePlan(s3.store, draft, { force: false }), { plan: first.plan, existed: true });
    assert.deepEqual(await loadPlan(s3.store, draft.run), first.plan);
  });

  it('has many at once agree on one', async () => {
    const draft = newDraft();
    const settled = await Promise.all(
      Array.from({ length: 6 }, async () => await settlePlan(s3.store, draft, { force: false })),
    );
    assert.equal(new Set(settled.map(({ plan }) => plan.planId)).size, 1);
    assert.equal(settled.filter(({ existed }) => !existed).length, 1);
  });

  it('names each difference, and changes nothing', async () => {
    const draft = newDraft();
    const { plan } = await settlePlan(s3.store, draft, { force: false });
    const other = {
      ...draft,
      settings: { ...draft.settings, compression: 'none' as const },
      files: draft.files.slice(1),
    };
    await assert.rejects(settlePlan(s3.store, other, { force: false }), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.code, 'PLAN_DIFFERS');
      const lines = error.moreLines.join('\n');
      assert.match(lines, /compression: .*"gzip".*"none"/);
      assert.match(lines, /a\.bz2: in the plan, no longer in the catalogue/);
      assert.match(lines, /--force/);
      return true;
    });
    assert.deepEqual(await loadPlan(s3.store, draft.run), plan);
  });

  it('says at most twenty differences', async () => {
    const names = (letter: string): string[] => Array.from({ length: 50 }, (_, i) => `${letter}${i}`);
    const draft = newDraft(names('a'));
    await settlePlan(s3.store, draft, { force: false });
    const other = { ...newDraft(names('b')), run: draft.run };
    await assert.rejects(settlePlan(s3.store, other, { force: false }), (error) => {
      return error instanceof UsageError && error.moreLines.includes('and 80 more') && error.moreLines.length < 25;
    });
  });

  it('replaces by force, and deletes what the old plan wrote, but nothing else and no other run', async () => {
    const [draft, neighbour] = [newDraft(), newDraft()];
    const { plan: old } = await settlePlan(s3.store, draft, { force: false });
    const { plan: other } = await settlePlan(s3.store, neighbour, { force: false });
    for (const plan of [old, other]) await writeWhole(s3.store, plan, 'a.bz2');
    const strange = `rows/kind=articles/wiki_id=${draft.run.wiki}/snapshot=2026-10-01/README`;
    const quarantine = `quarantine/articles/${draft.run.wiki}/2026-10-01/a.bz2/part-00000-of-00004-${old.planId}.jsonl`;
    const raw = rawKey(draft.run, old.planId, 'a.bz2', '00000000-0000-4000-8000-000000000000');
    for (const key of [raw, strange, quarantine]) await s3.store.put(key, 'x');
    const before = await s3.keys();

    const { plan, existed } = await settlePlan(s3.store, draft, { force: true });
    assert.equal(existed, false);
    assert.notEqual(plan.planId, old.planId);
    assert.deepEqual(
      await s3.keys(),
      before.filter((key) => !key.includes(old.planId)),
    );
    assert.ok(before.filter((key) => key.includes(old.planId)).length === 10);
    assert.deepEqual(plan.supersedes, [old.planId]);
    assert.deepEqual(await loadPlan(s3.store, draft.run), plan);
  });

  it('has one plan stand when several force at once', async () => {
    const draft = newDraft();
    await settlePlan(s3.store, draft, { force: false });
    const first = await loadPlan(s3.store, draft.run);
    const settled = await Promise.allSettled(
      Array.from({ length: 4 }, async () => await settlePlan(s3.store, draft, { force: true })),
    );
    const current = await loadPlan(s3.store, draft.run);
    assert.ok(first !== null && current !== null);
    const ids = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.plan.planId] : []));
    assert.ok(ids.includes(current.planId));
    // each that was written is superseded by the next, and so is the first
    const others = ids.filter((id) => id !== current.planId);
    for (const id of [first.planId, ...others]) assert.ok(current.supersedes.includes(id), id);
  });

  for (const [what, body] of [
    ['of another version', '{"version":1}'],
    ['that was damaged', '{'],
  ] as const) {
    it(`replaces a plan ${what} by force alone`, async () => {
      const draft = newDraft();
      await s3.store.put(planKey(draft.run), body);
      await assert.rejects(settlePlan(s3.store, draft, { force: false }), (error) => {
        return (
          error instanceof UsageError && error.code === 'PLAN_UNREADABLE' && /--force/.test(error.moreLines.join())
        );
      });
      const { plan } = await settlePlan(s3.store, draft, { force: true });
      assert.deepEqual(await loadPlan(s3.store, draft.run), plan);
    });
  }

  for (const [what, files] of [
    ['without a file', []],
    ['with a file twice', ['a', 'a']],
    ['with a file that climbs', ['../a']],
  ] as const) {
    it(`refuses a plan ${what} before it is written`, async () => {
      const draft = newDraft([...files]);
      await assert.rejects(settlePlan(s3.store, draft, { force: true }), (error) => {
        return error instanceof UsageError && error.code === 'PLAN_REFUSED' && error.message.includes('files');
      });
      assert.equal(await loadPlan(s3.store, draft.run), null);
    });
  }

  it('gives up when others keep writing it', async () => {
    const draft = newDraft();
    await settlePlan(s3.store, draft, { force: false });
    const contested = overriding(s3.store, { putJson: async () => await Promise.resolve(false) });
    await assert.rejects(settlePlan(contested, draft, { force: true }), (error) => {
      return error instanceof FleetError && error.code === 'PLAN_CONTESTED';
    });
  });

  it('takes its own plan for written where the answer to the write was lost', async () => {
    for (const force of [false, true]) {
      const draft = newDraft();
      if (force) await settlePlan(s3.store, draft, { force: false });
      const losing = overriding(s3.store, {
        // the retry of the SDK finds the object that the first request wrote
        putJson: async (...call) => {
          await s3.store.putJson(...call);
          return false;
        },
      });
      const { plan, existed } = await settlePlan(losing, draft, { force });
      assert.equal(existed, false);
      assert.deepEqual(await loadPlan(s3.store, draft.run), plan);
      assert.equal(plan.supersedes.length, force ? 1 : 0);
    }
  });

  for (const [what, there] of [
    ['that is absent', null],
    ['that is unreadable', '{'],
  ] as const) {
    it(`supersedes the plans whose keys are there, in the place of a plan ${what}`, async () => {
      const draft = newDraft();
      const { plan: old } = await settlePlan(s3.store, draft, { force: false });
      await writeWhole(s3.store, old, 'a.bz2');
      if (there === null) await s3.store.delete([planKey(draft.run)]);
      else await s3.store.put(planKey(draft.run), there);
      const { plan } = await settlePlan(s3.store, draft, { force: there !== null });
      assert.deepEqual(plan.supersedes, [old.planId]);
      assert.deepEqual(
        (await s3.keys()).filter((key) => key.includes(old.planId)),
        [],
      );
    });
  }

  it('supersedes plans in the keys that its predecessor does not name, since plan.json may have been lost', async () => {
    const draft = newDraft();
    const { plan: lost } = await settlePlan(s3.store, draft, { force: false });
    await s3.store.delete([planKey(draft.run)]);
    const { plan: old } = await settlePlan(s3.store, draft, { force: false });
    assert.deepEqual(old.supersedes, []);
    // a worker of the lost plan writes late
    await writeWhole(s3.store, lost, 'a.bz2');
    const { plan } = await settlePlan(s3.store, draft, { force: true });
    assert.deepEqual(plan.supersedes, [old.planId, lost.planId]);
    assert.deepEqual(
      (await s3.keys()).filter((key) => key.includes(lost.planId)),
      [],
    );
  });

  it('deletes nothing of the newer plan where its own deletion was delayed past that plan', async () => {
    const draft = newDraft();
    const { plan: old } = await settlePlan(s3.store, draft, { force: false });
    await writeWhole(s3.store, old, 'a.bz2');
    let newer: string[] = [];
    let [isWritten, delayed] = [false, false];
    const slow = overriding(s3.store, {
      putJson: async (...call) => {
        isWritten = await s3.store.putJson(...call);
        return isWritten;
      },
      async *list(...call) {
        // the listing of its deletion hangs while another seed starts the run again, and workers write
        if (isWritten && !delayed) {
          delayed = true;
          const { plan } = await settlePlan(s3.store, draft, { force: true });
          await writeWhole(s3.store, plan, 'a.bz2');
          newer = (await s3.keys()).filter((key) => key.includes(plan.planId));
        }
        yield* s3.store.list(...call);
      },
    });
    const { plan } = await settlePlan(slow, draft, { force: true });
    assert.equal(delayed, true);
    const left = await s3.keys();
    assert.deepEqual(
      newer.filter((key) => !left.includes(key)),
      [],
    );
    await assert.rejects(checkPlanIsCurrent(s3.store, plan), { code: 'PLAN_SUPERSEDED' });
  });

  it('refuses a plan whose id is not that of its content', async () => {
    const draft = newDraft();
    const { plan } = await settlePlan(s3.store, draft, { force: false });
    await s3.store.putJson(planKey(draft.run), { ...plan, files: plan.files.slice(1) });
    await assert.rejects(loadPlan(s3.store, draft.run), { code: 'OBJECT_MALFORMED' });
  });
});

describe('checkPlanIsCurrent', () => {
  let s3: Loopback;
  before(async () => {
    s3 = startMemoryS3();
  });
  after(async () => await s3.close());

  it('is silent for the current plan, and an error for one that was superseded or deleted', async () => {
    const draft = newDraft();
    const { plan } = await settlePlan(s3.store, draft, { force: false });
    await checkPlanIsCurrent(s3.store, plan);
    const { plan: newer } = await settlePlan(s3.store, draft, { force: true });
    await checkPlanIsCurrent(s3.store, newer);
    await assert.rejects(checkPlanIsCurrent(s3.store, plan), { code: 'PLAN_SUPERSEDED', received: newer.planId });
    await s3.store.delete([planKey(draft.run)]);
    await assert.rejects(checkPlanIsCurrent(s3.store, newer), { code: 'PLAN_SUPERSEDED', received: 'none' });
  });
});

describe('deletion of what superseded plans wrote', () => {
  let s3: Loopback;
  before(async () => {
    s3 = startMemoryS3();
  });
  after(async () => await s3.close());

  const SPLIT = { index: 0, count: 1, start: 0, end: 1 };

  it('touches no key of the current plan, of an unknown one, and none without a plan', async () => {
    const draft = newDraft();
    const { plan: old } = await settlePlan(s3.store, draft, { force: false });
    const { plan } = await settlePlan(s3.store, draft, { force: true });
    const unknown = sealPlan({ ...plan, supersedes: [] });
    const keyOf = (planId: string): string => partKey(draft.run, 'a.bz2', SPLIT, planId, plan.settings);
    const keys = [keyOf(old.planId), keyOf(plan.planId), keyOf(unknown.planId), planKey(draft.run), 'rows/x'];
    for (const key of keys.slice(0, 3)) await s3.store.put(key, 'x');
    assert.deepEqual(await deleteObsolete(s3.store, draft.run, keys), [keyOf(old.planId)]);
    const left = await s3.keys();
    assert.deepEqual(
      keys.slice(0, 3).map((key) => left.includes(key)),
      [false, true, true],
    );
  });

  it('deletes nothing where the plan is gone', async () => {
    const draft = newDraft();
    const { plan: old } = await settlePlan(s3.store, draft, { force: false });
    await settlePlan(s3.store, draft, { force: true });
    const key = partKey(draft.run, 'a.bz2', SPLIT, old.planId, draft.settings);
    await s3.store.put(key, 'x');
    await s3.store.delete([planKey(draft.run)]);
    assert.deepEqual(await deleteObsolete(s3.store, draft.run, [key]), []);
    assert.equal(await deleteSuperseded(s3.store, draft.run), 0);
    assert.notEqual(await s3.store.head(key), null);
  });

  it('reads the plan again before each batch', async () => {
    const draft = newDraft();
    const { plan: old } = await settlePlan(s3.store, draft, { force: false });
    await settlePlan(s3.store, draft, { force: true });
    const keys = Array.from({ length: 2500 }, (_, index) =>
      partKey(draft.run, 'a.bz2', { ...SPLIT, index }, old.planId, draft.settings),
    );
    const calls: string[] = [];
    const watching = overriding(s3.store, {
      getJson: async (key, ...rest) => {
        calls.push('plan');
        return await s3.store.getJson(key, ...rest);
      },
      delete: async (batch) => {
        calls.push(`delete ${batch.length}`);
        await Promise.resolve();
      },
    });
    await deleteObsolete(watching, draft.run, keys);
    assert.deepEqual(calls, ['plan', 'delete 1000', 'plan', 'delete 1000', 'plan', 'delete 500']);
  });
});
