import { planKey } from '@wikifleet/domain/keys';
import { planSchema } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import type { Run } from '@wikifleet/domain/run';
import type { JsonObject, Store } from '@wikifleet/store/store';

/** Plans that a process read last, by store and key: a job reads its plan two or three times, and one can have 100,000 files. */
const READ_PLANS = new WeakMap<Store, Map<string, JsonObject<Plan>>>();
const MAX_READ_PLANS = 16;

/**
 * The plan of a run as it is now; null where there is none. One that did not change since it was read last is not sent
 * again. Throws `OBJECT_MALFORMED` where it cannot be read.
 */
export async function loadPlan(store: Store, run: Run, signal?: AbortSignal): Promise<Plan | null> {
  const key = planKey(run);
  const plans = READ_PLANS.get(store) ?? new Map<string, JsonObject<Plan>>();
  READ_PLANS.set(store, plans);
  const plan = await store.getJson(key, planSchema, signal, plans.get(key));
  // the most recently used plan is the last of the map
  plans.delete(key);
  if (plan === null) return null;
  plans.set(key, plan);
  const [oldest] = plans.keys();
  if (plans.size > MAX_READ_PLANS && oldest !== undefined) plans.delete(oldest);
  return plan.value;
}
