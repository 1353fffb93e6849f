import { codeOf } from '@wikifleet/domain/errors';
import type { DownloadJob } from '@wikifleet/domain/jobs';
import { writeFailure } from '@wikifleet/runs/failures';
import { JOB_DOES_NOT_FIT, fileOfDownload } from '@wikifleet/runs/job-fit';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { unlessUnreadable } from '@wikifleet/runs/read-stored';
import type { Store } from '@wikifleet/store/store';

/**
 * Records why a job failed permanently, before its message goes to the dead-letter queue. Nothing is recorded for a
 * message that does not fit the current plan: its fields are not to be believed.
 */
export async function recordDownloadFailure(
  store: Store,
  job: DownloadJob,
  error: unknown,
  attempts: number,
): Promise<void> {
  if (codeOf(error) === JOB_DOES_NOT_FIT) return;
  // who cannot read the plan knows no file of it
  const plan = await unlessUnreadable(loadPlan(store, job.run));
  if (plan?.planId !== job.planId) return;
  try {
    const { file } = fileOfDownload(plan, job);
    await writeFailure(store, plan, file, 'download', { error, attempts, written: null });
  } catch (thrown) {
    if (codeOf(thrown) !== JOB_DOES_NOT_FIT) throw thrown;
  }
}
