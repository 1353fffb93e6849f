import type { DownloadJob } from '@wikifleet/domain/jobs';
import { writeFailure } from '@wikifleet/runs/failures';
import { fileOfDownload } from '@wikifleet/runs/job-fit';
import { recordFailure } from '@wikifleet/runs/record-failure';
import type { Store } from '@wikifleet/store/store';

/** Records why a download failed permanently, as `recordFailure` describes it. */
export async function recordDownloadFailure(
  store: Store,
  job: DownloadJob,
  error: unknown,
  attempts: number,
): Promise<void> {
  await recordFailure(store, job, error, async (plan) => {
    const { file } = fileOfDownload(plan, job);
    await writeFailure(store, plan, file, 'download', { error, attempts, written: null });
  });
}
