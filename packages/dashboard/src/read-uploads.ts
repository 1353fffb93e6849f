import type { ListedUpload, Store } from '@wikifleet/store/store';
import type { CallBudget } from './call-budget.js';

/** A multipart upload under way: a raw object that a downloader is writing. */
export interface Upload extends ListedUpload {
  /** Bytes of the parts that are there; null where they were not counted. */
  readonly received: number | null;
}

/** A fleet has a handful of downloads at once; of more, the others are shown without their bytes. */
const MOST_COUNTED = 12;
/** What one call lists; the others are not looked at. */
const MOST_UPLOADS = 1000;

/** The uploads below a prefix, at most 1,000 of them: one call, and one more for each whose bytes are counted. */
export async function readUploads(
  store: Store,
  prefix: string,
  budget: CallBudget,
  signal: AbortSignal,
): Promise<Upload[]> {
  const uploads: Upload[] = [];
  await budget.take(signal);
  for await (const upload of store.uploads(prefix, signal)) {
    const counted = uploads.length < MOST_COUNTED;
    if (counted) await budget.take(signal);
    uploads.push({ ...upload, received: counted ? await store.uploadedBytes(upload, signal) : null });
    if (uploads.length === MOST_UPLOADS) break;
  }
  return uploads;
}
