import { counted } from '@wikifleet/domain/counted';
import { manifestsPrefix, runManifestKey, runPrefix } from '@wikifleet/domain/keys';
import { isWikiName } from '@wikifleet/domain/names';
import { describeFilter } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { Failure } from '@wikifleet/domain/receipts';
import { KINDS, dateSchema, runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { UsageError } from '@wikifleet/domain/errors';
import { readFailures } from '@wikifleet/runs/failures';
import { loadPlan } from '@wikifleet/runs/load-plan';
import type { Store } from '@wikifleet/store/store';

/** How far a run is, as the bucket has it. */
export interface RunStatus {
  readonly run: Run;
  readonly planId: string;
  /** Which pages become rows. */
  readonly filter: PageFilter;
  /** `open`: something is neither done nor failed; `failed`: only failures are left. */
  readonly state: 'done' | 'open' | 'failed';
  readonly files: number;
  readonly done: number;
  /** Files that are neither done nor failed, by name. */
  readonly open: readonly string[];
  readonly failures: readonly Failure[];
}

/** A listing of many wikis is a call for each: so many are looked at. */
const MOST_WIKIS = 200;

export async function readRunStatus(store: Store, run: Run, signal?: AbortSignal): Promise<RunStatus> {
  const plan = await loadPlan(store, run, signal);
  if (plan === null) {
    throw new UsageError('RUN_UNKNOWN', `${runName(run)}: no plan in the bucket ${store.bucket}; \`seed\` writes one`);
  }
  const done = new Set<string>();
  const prefix = manifestsPrefix(run, plan.planId);
  for await (const { key } of store.list(prefix, signal)) {
    done.add(key.slice(prefix.length).replace(/\.json$/, ''));
  }
  const failures = (await readFailures(store, plan, undefined, signal)).filter(({ file }) => !done.has(file));
  const failed = new Set(failures.map(({ file }) => file));
  const closed = (await store.head(runManifestKey(run, plan.planId), signal)) !== null;
  const open = plan.files.map(({ file }) => file).filter((file) => !done.has(file) && !failed.has(file));
  return {
    run,
    planId: plan.planId,
    filter: { namespaces: plan.settings.namespaces, redirects: plan.settings.redirects },
    state: closed ? 'done' : open.length === 0 && failed.size > 0 ? 'failed' : 'open',
    files: plan.files.length,
    done: plan.files.filter(({ file }) => done.has(file)).length,
    open,
    failures,
  };
}

/** The newest runs in the bucket by their date; `leftOut` is how many wikis were not looked at. */
export async function recentRuns(
  store: Store,
  most: number,
  signal?: AbortSignal,
): Promise<{ readonly runs: readonly Run[]; readonly leftOut: number }> {
  const runs: Run[] = [];
  const wikis: { kind: Run['kind']; wiki: string }[] = [];
  for (const kind of KINDS) {
    for await (const folder of store.folders(`runs/${kind}/`, signal)) {
      const wiki = lastName(folder);
      if (isWikiName(wiki)) wikis.push({ kind, wiki });
    }
  }
  for (const { kind, wiki } of wikis.slice(0, MOST_WIKIS)) {
    for await (const folder of store.folders(`runs/${kind}/${wiki}/`, signal)) {
      const date = lastName(folder);
      if (dateSchema.safeParse(date).success) runs.push({ kind, wiki, date });
    }
  }
  runs.sort((a, b) => b.date.localeCompare(a.date) || runPrefix(a).localeCompare(runPrefix(b)));
  return { runs: runs.slice(0, most), leftOut: Math.max(0, wikis.length - MOST_WIKIS) };
}

function lastName(folder: string): string {
  return folder.split('/').at(-2) ?? '';
}

const SHOWN = 5;

/** How far a run is, in words. */
export function describeRun({ run, planId, filter, state, files, done, open, failures }: RunStatus): string[] {
  const words = describeFilter(filter);
  const rows = words === null ? '' : `, ${words}`;
  const head = `${runName(run)} (plan ${planId}${rows}): ${state}, ${done} of ${counted(files, 'file')} done`;
  const failed = failures.slice(0, SHOWN).map(({ file, stage, code, message, attempts }) => {
    return `  failed ${file} (${stage}, tried ${counted(attempts, 'time')}): ${code}: ${message}`;
  });
  return [
    head,
    ...failed,
    ...more('failure', 'failures', failures.length),
    ...(open.length === 0 ? [] : [`  not done: ${open.slice(0, SHOWN).join(', ')}`]),
    ...more('file that is not done', 'files that are not done', open.length),
  ];
}

function more(one: string, several: string, count: number): string[] {
  if (count <= SHOWN) return [];
  return [`  and ${counted(count - SHOWN, `more ${one}`, `more ${several}`)}; --json has them all`];
}
