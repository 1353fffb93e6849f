import { stateOfFile, stateOfRun } from '@wikifleet/dashboard/run-states';
import type { FileFacts, ManifestState, Missing } from '@wikifleet/dashboard/run-states';
import { counted } from '@wikifleet/domain/counted';
import { splitsOf } from '@wikifleet/domain/jobs';
import { rawPrefix, rawRecordKey, receiptsPrefix, runPrefix } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { isWikiName } from '@wikifleet/domain/names';
import { describeFilter } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { rawRecordSchema } from '@wikifleet/domain/receipts';
import type { Failure } from '@wikifleet/domain/receipts';
import { KINDS, dateSchema, runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { UsageError } from '@wikifleet/domain/errors';
import { readFailures } from '@wikifleet/runs/failures';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { filesWithManifest, pendingRepairs, storedFileManifest, storedRunManifest } from '@wikifleet/runs/manifests';
import { mapParallel } from '@wikifleet/runs/map-parallel';
import { headOfRawObject } from '@wikifleet/runs/raw-records';
import { readStored } from '@wikifleet/runs/read-stored';
import type { Stored } from '@wikifleet/runs/read-stored';
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
  /** What keeps the run from being complete, and what completes it; null where it is done. */
  readonly missing: Missing | null;
  /** The same of files that are not done: of the first `MAX_UNFINISHED` of them. */
  readonly unfinished: readonly UnfinishedFile[];
}

export interface UnfinishedFile extends Missing {
  readonly file: string;
}

/** A file that is not done costs up to four requests. */
const MAX_UNFINISHED = 50;
const AT_ONCE = 8;

/** A listing of many wikis is a call for each: so many are looked at. */
const MOST_WIKIS = 200;

export async function readRunStatus(store: Store, run: Run, signal?: AbortSignal): Promise<RunStatus> {
  const plan = await loadPlan(store, run, signal);
  if (plan === null) {
    throw new UsageError('RUN_UNKNOWN', `${runName(run)}: no plan in the bucket ${store.bucket}; \`seed\` writes one`);
  }
  const closing = await storedRunManifest(store, plan, signal);
  const manifest = manifestState(closing);
  const written = await filesWithManifest(store, plan, signal);
  const notClosed = new Map<string, Pick<FileFacts, 'manifest' | 'repairs'>>();
  // a repair revokes the run's manifest first: where none is there, those of the files are closed
  if (manifest !== 'closed' && manifest !== 'absent') {
    await mapParallel([...written], AT_ONCE, async (file) => {
      const stored = await storedFileManifest(store, plan, file, signal);
      const state = manifestState(stored);
      if (state !== 'closed') notClosed.set(file, { manifest: state, repairs: pendingRepairs(stored) });
    });
  }
  const isDone = (file: string): boolean => manifest === 'closed' || (written.has(file) && !notClosed.has(file));
  const failures = (await readFailures(store, plan, undefined, signal)).filter(({ file }) => !isDone(file));
  const failed = new Set(failures.map(({ file }) => file));
  const left = plan.files.map(({ file }) => file).filter((file) => !isDone(file));
  const done = plan.files.length - left.length;
  const missing = stateOfRun({
    manifest,
    files: plan.files.length,
    done,
    failed: left.filter((file) => failed.has(file)).length,
  });
  // failures are described by their own messages
  const open = left.filter((file) => !failed.has(file));
  const unfinished = await mapParallel(open.slice(0, MAX_UNFINISHED), AT_ONCE, async (file) => {
    const known = notClosed.get(file) ?? { manifest: 'absent', repairs: [] };
    return { file, ...stateOfFile({ ...known, failures: 0, ...(await readFileFacts(store, plan, file, signal)) }) };
  });
  return {
    run,
    planId: plan.planId,
    filter: { namespaces: plan.settings.namespaces, redirects: plan.settings.redirects },
    state: missing.state,
    files: plan.files.length,
    done,
    open,
    failures,
    missing: missing.state === 'done' ? null : missing,
    unfinished,
  };
}

function manifestState(stored: Stored<{ readonly state: 'closed' | 'revoked' }>): ManifestState {
  if (stored.state === 'absent') return 'absent';
  return stored.state === 'malformed' ? 'unreadable' : stored.value.state;
}

async function readFileFacts(
  store: Store,
  plan: Plan,
  file: string,
  signal: AbortSignal | undefined,
): Promise<Pick<FileFacts, 'record' | 'rawObject' | 'splits' | 'missingSplits'>> {
  const { run, planId } = plan;
  const record = await readStored(store, rawRecordKey(run, planId, file), rawRecordSchema, signal);
  if (record.state !== 'valid') {
    let rawObject = false;
    for await (const { key } of store.list(`${rawPrefix(run, file)}${planId}-`, signal)) rawObject ||= key !== '';
    return { record: record.state === 'absent' ? 'absent' : 'unreadable', rawObject, splits: 0, missingSplits: [] };
  }
  const { size, splitBytes } = record.value.result;
  const splits = splitsOf(size, splitBytes);
  const missing = new Set(splits.map(({ index }) => index));
  const prefix = receiptsPrefix(run, planId, file);
  for await (const { key } of store.list(prefix, signal))
    missing.delete(Number(key.slice(prefix.length, -'.json'.length)));
  const rawObject = missing.size === 0 || (await headOfRawObject(store, record.value, signal)) !== null;
  return { record: 'there', rawObject, splits: splits.length, missingSplits: [...missing] };
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
export function describeRun({ run, planId, filter, state, files, done, open, failures, ...rest }: RunStatus): string[] {
  const words = describeFilter(filter);
  const rows = words === null ? '' : `, ${words}`;
  const { missing, unfinished } = rest;
  const head = `${runName(run)} (plan ${planId}${rows}): ${state}, ${done} of ${counted(files, 'file')} done`;
  const failed = failures.slice(0, SHOWN).map(({ file, stage, code, message, attempts }) => {
    return `  failed ${file} (${stage}, tried ${counted(attempts, 'time')}): ${code}: ${message}`;
  });
  return [
    head,
    ...(missing === null ? [] : [`  ${missing.missing}: ${missing.next}`]),
    ...failed,
    ...more('failure', 'failures', failures.length),
    ...unfinished.slice(0, SHOWN).map(({ file, missing: what, next }) => `  not done: ${file}: ${what}; ${next}`),
    ...more('file that is not done', 'files that are not done', open.length),
  ];
}

function more(one: string, several: string, count: number): string[] {
  if (count <= SHOWN) return [];
  return [`  and ${counted(count - SHOWN, `more ${one}`, `more ${several}`)}; --json has them`];
}
