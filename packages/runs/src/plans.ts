import { randomBytes } from 'node:crypto';
import { FleetError, PermanentError, UsageError } from '@wikifleet/domain/errors';
import { planIdOfKey, planKey, quarantinePrefix, rowsPrefix, runPrefix } from '@wikifleet/domain/keys';
import { differencesOfPlans, planSchema } from '@wikifleet/domain/plan';
import type { Plan, PlanFile, Settings, Voucher } from '@wikifleet/domain/plan';
import { runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';

/** What a plan is made of before it has an id. */
export interface PlanDraft {
  readonly run: Run;
  readonly vouchedBy: Voucher;
  readonly settings: Settings;
  readonly files: readonly PlanFile[];
}

export interface SettledPlan {
  readonly plan: Plan;
  /** Whether an equal plan was there already. */
  readonly existed: boolean;
}

export async function loadPlan(store: Store, run: Run, signal?: AbortSignal): Promise<Plan | null> {
  return (await store.getJson(planKey(run), planSchema, signal))?.value ?? null;
}

/**
 * Writes the plan of a run, once. Where one is there already, an equal one is taken up; a different one is an error that
 * names each difference, or, with `force`, replaced and everything of the old plan deleted.
 */
export async function settlePlan(store: Store, draft: PlanDraft, options: { force: boolean }): Promise<SettledPlan> {
  const key = planKey(draft.run);
  const made = planOf(draft);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const there = await readPlan(store, key, options.force);
    if (there === null) {
      if (await store.putJson(key, made, { ifNoneMatch: '*' })) return { plan: made, existed: false };
      continue;
    }
    if (!options.force && there.value !== null) {
      const differences = differencesOfPlans(there.value, made);
      if (differences.length === 0) return { plan: there.value, existed: true };
      throw plansDiffer(draft.run, differences);
    }
    if (await store.putJson(key, made, { ifMatch: there.etag })) {
      await deleteOtherPlans(store, made);
      return { plan: made, existed: false };
    }
  }
  throw new FleetError('PLAN_CONTESTED', `${key}: others keep writing it; try again`);
}

function planOf(draft: PlanDraft): Plan {
  const result = planSchema.safeParse({ version: 1, planId: randomBytes(4).toString('hex'), ...draft });
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new UsageError('PLAN_REFUSED', `${runName(draft.run)} cannot be planned: ${issues.join('; ')}`);
}

/** The plan that is there. One that cannot be read (of another version) is an error, or, with `force`, null to be replaced. */
async function readPlan(
  store: Store,
  key: string,
  force: boolean,
): Promise<{ value: Plan | null; etag: string } | null> {
  try {
    return await store.getJson(key, planSchema);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'OBJECT_MALFORMED') throw error;
    if (!force) {
      throw new UsageError(
        'PLAN_UNREADABLE',
        `the run has a plan that this version does not read: ${error.message}\n` +
          'Use the version that wrote it, or --force to begin the run anew (what the old plan made is deleted).',
        { cause: error },
      );
    }
    const head = await store.head(key);
    return head === null ? null : { value: null, etag: head.etag };
  }
}

function plansDiffer(run: Run, differences: readonly string[]): UsageError {
  const shown = differences.slice(0, 20).map((line) => `  ${line}`);
  if (differences.length > shown.length) shown.push(`  and ${differences.length - shown.length} more`);
  return new UsageError(
    'PLAN_DIFFERS',
    `${runName(run)} has a plan already, and it differs:\n${shown.join('\n')}\n` +
      'Give what the plan has, or --force to begin the run anew (what the old plan made is deleted).',
  );
}

/** Deletes every key of the run that belongs to another plan; returns how many. Raw objects stay: they are no plan's. */
export async function deleteOtherPlans(store: Store, plan: Plan): Promise<number> {
  const own = `${runPrefix(plan.run)}${plan.planId}/`;
  const doomed: string[] = [];
  for await (const { key } of store.list(runPrefix(plan.run))) {
    if (key !== planKey(plan.run) && !key.startsWith(own)) doomed.push(key);
  }
  for (const prefix of [rowsPrefix(plan.run), quarantinePrefix(plan.run)]) {
    for await (const { key } of store.list(prefix)) {
      const id = planIdOfKey(key);
      if (id !== null && id !== plan.planId) doomed.push(key);
    }
  }
  await store.delete(doomed);
  return doomed.length;
}
