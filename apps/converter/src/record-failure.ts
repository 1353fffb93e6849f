import type { ConvertJob } from '@wikifleet/domain/jobs';
import { writeFailure } from '@wikifleet/runs/failures';
import { fileOfJob, splitOfConvert } from '@wikifleet/runs/job-fit';
import { readRawRecord } from '@wikifleet/runs/raw-records';
import { unlessUnreadable } from '@wikifleet/runs/read-stored';
import { recordFailure } from '@wikifleet/runs/record-failure';
import type { Store } from '@wikifleet/store/store';
import { SplitFailed } from './convert-split.js';

/** Records why a split failed permanently, as `recordFailure` describes it. */
export async function recordSplitFailure(
  store: Store,
  job: ConvertJob,
  error: unknown,
  attempts: number,
): Promise<void> {
  const facts = { error, attempts, written: error instanceof SplitFailed ? error.written : null };
  await recordFailure(store, job, error, async (plan) => {
    const { file } = fileOfJob(plan, job.file);
    const record = await unlessUnreadable(readRawRecord(store, plan, file));
    // without a record nobody knows the file's splits: its download is what failed
    if (record === null) return await writeFailure(store, plan, file, 'download', facts);
    const { index } = splitOfConvert(plan, record, job);
    await writeFailure(store, plan, file, index, facts);
  });
}
