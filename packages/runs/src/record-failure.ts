import { codeOf } from '@wikifleet/domain/errors';
import type { ConvertJob, DownloadJob } from '@wikifleet/domain/jobs';
import type { Plan } from '@wikifleet/domain/plan';
import type { Store } from '@wikifleet/store/store';
import { JOB_DOES_NOT_FIT } from './job-fit.js';
import { loadPlan } from './load-plan.js';
import { unlessUnreadable } from './read-stored.js';

/**
 * Records why a job failed permanently, before its message goes to the dead-letter queue: `record` does it, given the
 * current plan. Nothing is recorded for a message that does not fit this plan: its fields are not to be believed.
 */
export async function recordFailure(
  store: Store,
  job: DownloadJob | ConvertJob,
  error: unknown,
  record: (plan: Plan) => Promise<void>,
): Promise<void> {
  if (codeOf(error) === JOB_DOES_NOT_FIT) return;
  // who cannot read the plan knows no file of it
  const plan = await unlessUnreadable(loadPlan(store, job.run));
  if (plan?.planId !== job.planId) return;
  try {
    await record(plan);
  } catch (thrown) {
    if (codeOf(thrown) !== JOB_DOES_NOT_FIT) throw thrown;
  }
}
