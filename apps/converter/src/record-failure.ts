import { codeOf } from '@wikifleet/domain/errors';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import { writeFailure } from '@wikifleet/runs/failures';
import { JOB_DOES_NOT_FIT, fileOfJob, splitOfConvert } from '@wikifleet/runs/job-fit';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { readRawRecord } from '@wikifleet/runs/raw-records';
import { unlessUnreadable } from '@wikifleet/runs/read-stored';
import type { Store } from '@wikifleet/store/store';
import { SplitFailed } from './convert-split.js';

/**
 * Records why a job failed permanently, before its message goes to the dead-letter queue. Nothing is recorded for a
 * message that does not fit the current plan: its fields are not to be believed.
 */
export async function recordSplitFailure(
  store: Store,
  job: ConvertJob,
  error: unknown,
  attempts: number,
): Promise<void> {
  if (codeOf(error) === JOB_DOES_NOT_FIT) return;
  // who cannot read the plan knows no file of it
  const plan = await unlessUnreadable(loadPlan(store, job.run));
  if (plan?.planId !== job.planId) return;
  const facts = { error, attempts, written: error instanceof SplitFailed ? error.written : null };
  try {
    const { file } = fileOfJob(plan, job.file);
    const record = await unlessUnreadable(readRawRecord(store, plan, file));
    // without a record nobody knows the file's splits: its download is what failed
    if (record === null) return await writeFailure(store, plan, file, 'download', facts);
    const { index } = splitOfConvert(plan, record, job);
    await writeFailure(store, plan, file, index, facts);
  } catch (thrown) {
    if (codeOf(thrown) !== JOB_DOES_NOT_FIT) throw thrown;
  }
}
