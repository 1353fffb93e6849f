import { planKey } from '@wikifleet/domain/keys';
import { planSchema } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import type { Run } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';

/** The current plan of a run; null where there is none. Throws `OBJECT_MALFORMED` where it cannot be read. */
export async function loadPlan(store: Store, run: Run, signal?: AbortSignal): Promise<Plan | null> {
  return (await store.getJson(planKey(run), planSchema, signal))?.value ?? null;
}
