import assert from 'node:assert/strict';
import { FleetError, UsageError } from '@wikifleet/domain/errors';
import { planKey, rawKey } from '@wikifleet/domain/keys';
import { loadPlan, settlePlan } from './plans.js';
import { newDraft, overriding, startS3, writeWhole } from './runs-harness.test.js';
import type { Loopback } from './runs-harness.test.js';

describe('settlePlan', () => {
  let s3: Loopback;
  before(async () => {
    s3 = await startS3();
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
      assert.match(error.message, /compression: .*"gzip".*"none"/);
      assert.match(error.message, /a\.bz2: in the plan, no longer in the catalogue/);
      assert.match(error.message, /--force/);
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
      return (
        error instanceof UsageError && error.message.includes('and 80 more') && error.message.split('\n').length < 25
      );
    });
  });

  it('replaces by force, and deletes what the old plan made, but no raw object and no other run', async () => {
    const [draft, neighbour] = [newDraft(), newDraft()];
    const { plan: old } = await settlePlan(s3.store, draft, { force: false });
    const { plan: other } = await settlePlan(s3.store, neighbour, { force: false });
    for (const plan of [old, other]) await writeWhole(s3.store, plan, 'a.bz2');
    const strange = `rows/kind=articles/wiki_id=${draft.run.wiki}/snapshot=2026-10-01/README`;
    const quarantine = `quarantine/articles/${draft.run.wiki}/2026-10-01/a.bz2/part-00000-of-00004-${old.planId}.jsonl`;
    for (const key of [rawKey(draft.run, 'a.bz2'), strange, quarantine]) await s3.store.put(key, 'x');
    const before = await s3.keys();

    const { plan, existed } = await settlePlan(s3.store, draft, { force: true });
    assert.equal(existed, false);
    assert.notEqual(plan.planId, old.planId);
    assert.deepEqual(
      await s3.keys(),
      before.filter((key) => !key.includes(old.planId)),
    );
    assert.ok(before.filter((key) => key.includes(old.planId)).length === 9);
    assert.deepEqual(await loadPlan(s3.store, draft.run), plan);
  });

  it('has one plan stand when several force at once', async () => {
    const draft = newDraft();
    await settlePlan(s3.store, draft, { force: false });
    await Promise.allSettled(Array.from({ length: 4 }, async () => await settlePlan(s3.store, draft, { force: true })));
    assert.notEqual(await loadPlan(s3.store, draft.run), null);
  });

  for (const [what, body] of [
    ['of another version', '{"version":2}'],
    ['that was damaged', '{'],
  ] as const) {
    it(`replaces a plan ${what} by force alone`, async () => {
      const draft = newDraft();
      await s3.store.put(planKey(draft.run), body);
      await assert.rejects(settlePlan(s3.store, draft, { force: false }), (error) => {
        return error instanceof UsageError && error.code === 'PLAN_UNREADABLE' && error.message.includes('--force');
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
});
