import { downloadJobOf, serializeJob } from '@wikifleet/domain/jobs';
import { failuresPrefix } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { Store } from '@wikifleet/store/store';
import { close, closeRun, readFileManifest } from './closing.js';

/** The one thing of a queue that enqueueing needs. */
export interface Sender {
  sendAll(bodies: readonly string[]): Promise<void>;
}

export interface Enqueued {
  /** Files whose download jobs were enqueued. */
  readonly files: readonly string[];
  /** Files that had a manifest already. */
  readonly done: number;
}

/**
 * Enqueues one download job for each file of a plan that has no manifest, and closes what is ready to be closed. The
 * failures of those files are deleted first: they are tried again.
 */
export async function enqueueMissing(store: Store, downloads: Sender, plan: Plan): Promise<Enqueued> {
  const missing = [];
  for (const file of plan.files) {
    if ((await readFileManifest(store, plan, file.file)) !== null) continue;
    // a worker may have died between its receipt and the manifest
    if ((await close(store, plan, file)) === 'closed') continue;
    const failures: string[] = [];
    for await (const { key } of store.list(failuresPrefix(plan.run, plan.planId, file.file))) failures.push(key);
    await store.delete(failures);
    missing.push(file);
  }
  await downloads.sendAll(missing.map((file) => serializeJob(downloadJobOf(plan, file))));
  if (missing.length === 0) await closeRun(store, plan);
  return { files: missing.map((file) => file.file), done: plan.files.length - missing.length };
}
