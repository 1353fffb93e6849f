import { asTyped } from '@wikifleet/config/as-typed';
import { FleetError, UsageError } from '@wikifleet/domain/errors';
import { runsPrefix } from '@wikifleet/domain/keys';
import type { RunManifestResult } from '@wikifleet/domain/manifests';
import type { Plan } from '@wikifleet/domain/plan';
import { dateSchema, runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';
import { readRunManifest } from './manifests.js';
import { loadPlan } from './load-plan.js';

export interface CompleteRun {
  readonly plan: Plan;
  readonly manifest: RunManifestResult;
}

/** A run that has its manifest. Throws `RUN_UNKNOWN` where nobody planned it, `RUN_UNFINISHED` where it is not whole yet. */
export async function completeRun(store: Store, run: Run, signal: AbortSignal): Promise<CompleteRun> {
  const found = await readIfComplete(store, run, signal);
  if (found === 'unknown') {
    throw new UsageError('RUN_UNKNOWN', `${runName(run)}: no plan in the bucket ${store.bucket}; \`seed\` writes one`);
  }
  if (found === 'unfinished') throw unfinished(run, 'the run');
  return found;
}

/**
 * The newest complete run of a wiki and kind, with the newer ones that are not: a call for the dates, and two for each
 * that is looked at. Throws as `completeRun`.
 */
export async function newestCompleteRun(
  store: Store,
  { kind, wiki }: Omit<Run, 'date'>,
  signal: AbortSignal,
): Promise<CompleteRun & { readonly unfinished: readonly Run[] }> {
  const prefix = runsPrefix({ kind, wiki });
  const dates: string[] = [];
  for await (const folder of store.folders(prefix, signal)) {
    const date = folder.slice(prefix.length, -1);
    if (dateSchema.safeParse(date).success) dates.push(date);
  }
  const open: Run[] = [];
  for (const date of dates.sort().reverse()) {
    const run = { kind, wiki, date };
    const found = await readIfComplete(store, run, signal);
    if (typeof found !== 'string') return { ...found, unfinished: open };
    if (found === 'unfinished') open.push(run);
  }
  const [newest] = open;
  if (newest !== undefined) throw unfinished(newest, 'the newest run');
  throw new UsageError(
    'RUN_UNKNOWN',
    `no run of ${wiki} of kind ${kind} in the bucket ${store.bucket}; \`seed\` begins one`,
  );
}

async function readIfComplete(
  store: Store,
  run: Run,
  signal: AbortSignal,
): Promise<CompleteRun | 'unknown' | 'unfinished'> {
  const plan = await loadPlan(store, run, signal);
  if (plan === null) return 'unknown';
  const manifest = await readRunManifest(store, plan, signal);
  return manifest === null ? 'unfinished' : { plan, manifest };
}

function unfinished(run: Run, which: string): FleetError {
  const { kind, wiki, date } = run;
  return new FleetError(
    'RUN_UNFINISHED',
    `${runName(run)}: ${which} is not complete: it has no manifest; ` +
      `\`${asTyped('fleet', `status --wiki ${wiki} --date ${date} --kind ${kind}`)}\` says what is missing`,
  );
}
