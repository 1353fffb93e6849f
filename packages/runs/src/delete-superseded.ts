import { planIdOfKey, prefixesOfRun } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { Run } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';
import { loadPlan } from './load-plan.js';

/** S3 deletes up to 1,000 keys a request. */
const BATCH = 1000;

/**
 * Which of some keys may be deleted under a plan: those that carry the id of a plan that it supersedes. Such a plan is
 * never current again, so a delete may arrive at any later time and still touches only what is obsolete. This function
 * decides every deletion of what jobs wrote.
 */
export function obsoleteKeys(plan: Plan, keys: readonly string[]): string[] {
  const superseded = new Set(plan.supersedes);
  return keys.filter((key) => {
    const id = planIdOfKey(key);
    return id !== null && superseded.has(id);
  });
}

/**
 * Deletes those of the given keys that superseded plans wrote, in batches; the plan is read again before each. Without a
 * plan nothing is deleted. Returns the keys that were deleted.
 */
export async function deleteObsolete(
  store: Store,
  run: Run,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const deleted: string[] = [];
  for (let i = 0; i < keys.length; i += BATCH) {
    const plan = await loadPlan(store, run, signal);
    if (plan === null) break;
    const obsolete = obsoleteKeys(plan, keys.slice(i, i + BATCH));
    await store.delete(obsolete, signal);
    deleted.push(...obsolete);
  }
  return deleted;
}

/** Deletes everything that superseded plans of a run wrote, and aborts their uploads. Returns how many keys that were. */
export async function deleteSuperseded(store: Store, run: Run, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for (const prefix of prefixesOfRun(run)) count += await deleteBelow(store, run, prefix, signal);
  return count;
}

/** As `deleteSuperseded`, of one prefix. Memory: a batch of keys. */
export async function deleteBelow(store: Store, run: Run, prefix: string, signal?: AbortSignal): Promise<number> {
  // one look for all: where nothing is obsolete, listing is all that it costs
  const plan = await loadPlan(store, run, signal);
  if (plan === null || plan.supersedes.length === 0) return 0;
  let count = 0;
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    count += (await deleteObsolete(store, run, batch, signal)).length;
    batch = [];
  };
  for await (const { key } of store.list(prefix, signal)) {
    if (obsoleteKeys(plan, [key]).length === 0) continue;
    batch.push(key);
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  await store.abortUploads(prefix, signal, (key) => obsoleteKeys(plan, [key]).length > 0);
  return count;
}
