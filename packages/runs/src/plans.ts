import { FleetError, PermanentError, UsageError } from '@wikifleet/domain/errors';
import { planIdOfKey, planKey, prefixesOfRun } from '@wikifleet/domain/keys';
import { MAX_SUPERSEDED_PLANS, differencesOfPlans, planSchema, sealPlan } from '@wikifleet/domain/plan';
import type { Plan, PlanFile, Settings, Voucher } from '@wikifleet/domain/plan';
import { runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';
import { deleteSuperseded } from './delete-superseded.js';
import { loadPlan } from './load-plan.js';
import { readStored, replacing } from './read-stored.js';
import type { Stored } from './read-stored.js';

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

/** Conditional writes that met another one are tried again so often. */
const MAX_ATTEMPTS = 5;

/**
 * Writes the plan of a run, once. Where one is there already, an equal one is taken up. A different one is an error that
 * names each difference; with `force` it is superseded, and what it wrote is deleted.
 *
 * A plan lists the plans that it supersedes: the list of its predecessor, the predecessor itself, and the ids in the
 * run's keys, since `plan.json` may have been lost before. The keys are listed after `plan.json` was read and before the
 * conditional write, which only succeeds while no other plan was written: so none of the ids is newer.
 */
export async function settlePlan(store: Store, draft: PlanDraft, options: { force: boolean }): Promise<SettledPlan> {
  const key = planKey(draft.run);
  const written = new Set<string>();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const there = await readStored(store, key, planSchema);
    if (there.state === 'valid') {
      // the answer to our own write was lost
      if (written.has(there.value.planId)) return await settled(store, there.value);
      if (!options.force) {
        const differences = differencesOfPlans(there.value, planOf(draft, []));
        if (differences.length === 0) return { plan: there.value, existed: true };
        throw plansDiffer(draft.run, differences);
      }
    }
    if (there.state === 'malformed' && !options.force) throw planUnreadable(there.message);
    const made = planOf(draft, await supersededBy(store, draft.run, there));
    written.add(made.planId);
    if (await store.putJson(key, made, replacing(there))) return await settled(store, made);
  }
  throw new FleetError('PLAN_CONTESTED', `${key}: others keep writing it; try again`);
}

async function settled(store: Store, plan: Plan): Promise<SettledPlan> {
  if (plan.supersedes.length > 0) await deleteSuperseded(store, plan.run);
  return { plan, existed: false };
}

/** The ids that a plan in the place of `there` supersedes. */
async function supersededBy(store: Store, run: Run, there: Stored<Plan>): Promise<string[]> {
  const known = there.state === 'valid' ? [...there.value.supersedes, there.value.planId] : [];
  const ids = new Set<string>();
  for (const prefix of prefixesOfRun(run)) {
    for await (const { key } of store.list(prefix)) {
      const id = planIdOfKey(key);
      if (id !== null) ids.add(id);
    }
  }
  return [...known, ...[...ids].filter((id) => !known.includes(id)).sort()];
}

/** Throws `PLAN_SUPERSEDED` where another plan has taken the place of this one: none of its jobs will be done. */
export async function checkPlanIsCurrent(store: Store, plan: Plan): Promise<void> {
  const current = await loadPlan(store, plan.run);
  if (current?.planId === plan.planId) return;
  const now = current === null ? 'no plan is there' : `the plan is ${current.planId}`;
  throw new FleetError(
    'PLAN_SUPERSEDED',
    `${runName(plan.run)}: the plan ${plan.planId} was superseded while it was seeded: ${now}; its jobs will be dropped`,
    { place: planKey(plan.run), expected: plan.planId, received: current?.planId ?? 'none' },
  );
}

function planOf(draft: PlanDraft, supersedes: readonly string[]): Plan {
  if (supersedes.length > MAX_SUPERSEDED_PLANS) {
    throw new PermanentError(
      'TOO_MANY_PLANS',
      `${runName(draft.run)}: expected at most ${MAX_SUPERSEDED_PLANS} earlier plans, received ${supersedes.length}: ` +
        'delete the objects of the run and seed again',
    );
  }
  const { run, vouchedBy, settings, files } = draft;
  const result = planSchema.safeParse(
    sealPlan({ run, vouchedBy, settings, files: [...files], supersedes: [...supersedes] }),
  );
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new UsageError('PLAN_REFUSED', `${runName(run)} cannot be planned: ${issues.join('; ')}`);
}

function planUnreadable(message: string): UsageError {
  return new UsageError('PLAN_UNREADABLE', `the run has a plan that this version does not read: ${message}`, {
    moreLines: [
      'Use the version that wrote it, or --force to start the run again (what earlier plans wrote is deleted).',
    ],
  });
}

function plansDiffer(run: Run, differences: readonly string[]): UsageError {
  const shown = differences.slice(0, 20);
  if (differences.length > shown.length) shown.push(`and ${differences.length - shown.length} more`);
  shown.push('Use the settings of the plan, or --force to start the run again (what the old plan wrote is deleted).');
  return new UsageError('PLAN_DIFFERS', `${runName(run)} has a plan already, and it differs:`, { moreLines: shown });
}
