import {
  failuresPrefix,
  manifestsPrefix,
  planKey,
  planPrefix,
  receiptsPrefix,
  runPrefix,
} from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { ListedObject, Store } from '@wikifleet/store/store';
import { listObjects } from './budgeted-list.js';
import type { CallBudget } from './call-budget.js';
import type { Seen, SeenFailure } from './file-progress.js';

/** What a listing of a run's keys says, without reading one of them. */
export class RunListing {
  readonly #prefix: string;
  readonly #planKey: string;
  /** When `plan.json` was written, in milliseconds; null where it was not listed. */
  planModified: number | null = null;
  runManifest: Seen | null = null;
  readonly records = new Map<string, Seen>();
  readonly manifests = new Map<string, Seen>();
  readonly failures = new Map<string, SeenFailure[]>();
  /** Receipts by file and split; of files that were not listed there is none. */
  readonly receipts = new Map<string, Map<number, Seen>>();
  /** Whether a file without an entry in `receipts` surely has no receipt. */
  complete = false;

  constructor(plan: Plan) {
    this.#prefix = planPrefix(plan.run, plan.planId);
    this.#planKey = planKey(plan.run);
  }

  take({ key, modified }: ListedObject): void {
    if (key === this.#planKey) this.planModified = modified?.getTime() ?? null;
    if (!key.startsWith(this.#prefix) || !key.endsWith('.json')) return;
    const seen = { modified };
    const [part, file = '', last = ''] = key.slice(this.#prefix.length, -'.json'.length).split('/');
    if (part === 'manifest' && file === '') this.runManifest = seen;
    else if (part === 'raw') this.records.set(file, seen);
    else if (part === 'manifests') this.manifests.set(file, seen);
    else if (part === 'failures') {
      this.failures.set(file, [...(this.failures.get(file) ?? []), { key, stage: last, modified }]);
    } else if (part === 'receipts' && /^\d{5}$/.test(last)) this.receiptsOf(file).set(Number(last), seen);
  }

  receiptsOf(file: string): Map<number, Seen> {
    const there = this.receipts.get(file) ?? new Map<number, Seen>();
    this.receipts.set(file, there);
    return there;
  }
}

/** All of a small run in a call or two. */
export async function listWholeRun(
  store: Store,
  plan: Plan,
  budget: CallBudget,
  signal: AbortSignal,
): Promise<RunListing> {
  const listing = new RunListing(plan);
  for await (const object of listObjects(store, runPrefix(plan.run), budget, signal)) listing.take(object);
  listing.complete = true;
  return listing;
}

/**
 * A large run without its receipts, of which there may be a hundred thousand, but for those of the files that
 * `receiptsOf` names once records and manifests are known.
 */
export async function listLargeRun(
  store: Store,
  plan: Plan,
  receiptsOf: (listing: RunListing) => readonly string[],
  budget: CallBudget,
  signal: AbortSignal,
): Promise<RunListing> {
  const listing = new RunListing(plan);
  const { run, planId } = plan;
  const prefixes = [
    `${runPrefix(run)}plan.json`,
    `${planPrefix(run, planId)}manifest.json`,
    manifestsPrefix(run, planId),
    `${planPrefix(run, planId)}raw/`,
    failuresPrefix(run, planId),
  ];
  for (const prefix of prefixes) {
    for await (const object of listObjects(store, prefix, budget, signal)) listing.take(object);
  }
  for (const file of receiptsOf(listing)) {
    listing.receiptsOf(file);
    for await (const object of listObjects(store, receiptsPrefix(run, planId, file), budget, signal)) {
      listing.take(object);
    }
  }
  return listing;
}
