import { downloadJobOf, serializeJob } from '@wikifleet/domain/jobs';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import type { Store } from '@wikifleet/store/store';
import { close, closeRun } from './closing.js';
import type { RunClosing } from './closing.js';
import { markRetried } from './failures.js';
import { filesWithManifest, readFileManifest } from './manifests.js';
import { filesWithRawRecord } from './raw-records.js';

/** The one thing of a queue that enqueueing needs. */
export interface Sender {
  sendAll(bodies: readonly string[]): Promise<void>;
}

export interface Enqueued {
  /** Files whose download jobs were enqueued. */
  readonly files: readonly string[];
  /** Files that had a manifest already. */
  readonly done: number;
  /** What closing the run came to, where no file is left to be done. */
  readonly run: RunClosing;
}

/**
 * Enqueues one download job for each file of a plan that has no manifest, and closes what is ready to be closed. `isNew`:
 * this program wrote the plan just now. Its id is new, too, so no object carries it, and none is looked for.
 */
export async function enqueueMissing(
  store: Store,
  downloads: Sender,
  plan: Plan,
  { isNew = false }: { readonly isNew?: boolean } = {},
): Promise<Enqueued> {
  if (isNew) {
    await downloads.sendAll(plan.files.map((file) => serializeJob(downloadJobOf(plan, file))));
    return { files: plan.files.map(({ file }) => file), done: 0, run: { closed: false, digest: null } };
  }
  // lists of keys first: most files of a new plan have neither a manifest nor a raw object record
  const written = await filesWithManifest(store, plan);
  const recorded = await filesWithRawRecord(store, plan);
  const missing: PlanFile[] = [];
  for (const file of plan.files) {
    if (written.has(file.file) && (await readFileManifest(store, plan, file.file)) !== null) continue;
    // a worker may have died between its receipt and the manifest
    if (recorded.has(file.file) && (await close(store, plan, file)).outcome === 'closed') continue;
    missing.push(file);
  }
  await markRetried(store, plan, new Set(missing.map(({ file }) => file)));
  await downloads.sendAll(missing.map((file) => serializeJob(downloadJobOf(plan, file))));
  const run = missing.length === 0 ? await closeRun(store, plan) : { closed: false, digest: null };
  return { files: missing.map((file) => file.file), done: plan.files.length - missing.length, run };
}
