import { isDeepStrictEqual } from 'node:util';
import type { Split } from '@wikifleet/domain/jobs';
import { joinProblems } from '@wikifleet/domain/join';
import { PART_NAME, fileManifestKey, partKey, partsPrefix, planIdOfKey, splitNumber } from '@wikifleet/domain/keys';
import { fileManifestResult } from '@wikifleet/domain/manifests';
import type { FileManifestResult } from '@wikifleet/domain/manifests';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import type { Failure } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { readFileManifest } from './closing.js';
import { readFailures } from './failures.js';
import { mapParallel } from './map-parallel.js';
import { suspectsOfJoin } from './receipt-problems.js';
import { verifyRaw } from './verify-raw.js';
import type { RawVerdict } from './verify-raw.js';
import { readOrMalformed, verifySplit } from './verify-split.js';
import type { SplitVerdict } from './verify-split.js';

/** One thing that is wrong or missing: `code` is stable, `message` names the key, what was expected and what came. */
export interface Problem {
  readonly code: string;
  /** Null where it is the run's. */
  readonly file: string | null;
  readonly splits: readonly number[];
  readonly message: string;
}

/** What is there under a manifest's key, against what was computed anew; `open`: nothing could be computed, none is there. */
export type ManifestVerdict = 'right' | 'missing' | 'wrong' | 'open';

/** What reading everything of one file again came to. */
export interface FileVerdict {
  readonly file: PlanFile;
  readonly problems: readonly Problem[];
  readonly raw: RawVerdict;
  /** Splits of which something is there that is wrong: to be deleted and made anew. */
  readonly wrong: readonly Split[];
  /** Splits of which no receipt is there: to be made. */
  readonly missing: readonly Split[];
  /** Keys below `rows/` that a reader would take for rows of this file, and are not. */
  readonly strays: readonly string[];
  readonly manifest: ManifestVerdict;
  /** The manifest's result, computed anew; null while a receipt is missing, or they do not join. */
  readonly result: FileManifestResult | null;
}

/** Splits under verification at once: reading waits for S3, decoding for a processor. */
const PARALLEL = 4;

/** Reads everything of one file again. Throws what S3 refuses: it proves nothing either way. */
export async function verifyFile(store: Store, plan: Plan, file: PlanFile, signal: AbortSignal): Promise<FileVerdict> {
  const problems: Problem[] = [];
  const add = (code: string, message: string, splits: readonly number[] = []): void => {
    problems.push({ code, file: file.file, splits, message });
  };
  const raw = await verifyRaw(store, plan, file, signal);
  const failures = await failuresOf(store, plan, file, signal);
  if (raw.flaw !== null) add(raw.flaw.code, `${raw.flaw.message}${reasonOf(failures, 'download')}`);
  const { note } = raw;
  const splits =
    note === null
      ? []
      : await mapParallel(raw.splits, PARALLEL, async (split) => await verifySplit(store, plan, note, split, signal));
  addFlaws(splits, failures, add);

  const suspects = new Set(splits.filter(({ flaws, missing }) => flaws.length > 0 && !missing).map(indexOf));
  const results = splits.flatMap(({ result }) => (result === null ? [] : [result]));
  const complete = note !== null && results.length === splits.length;
  const joins = complete ? joinProblems(note.size, results) : [];
  if (complete && joins.length > 0) {
    const neighbours = suspectsOfJoin(note.size, results);
    for (const { code, message } of joins) add(code, message, neighbours);
    for (const index of neighbours) suspects.add(index);
  }
  const wrong = splits.filter((verdict) => suspects.has(indexOf(verdict))).map(({ split }) => split);
  const missing = splits.filter((verdict) => verdict.missing).map(({ split }) => split);
  if (raw.object === 'gone' && note !== null && wrong.length + missing.length > 0) {
    const what = 'the raw object is not there: the file is to be downloaded again before its splits are converted';
    add('RAW_GONE', `${what}${reasonOf(failures, 'download')}`);
  }

  const strays = await straysOf(store, plan, file, splits, signal);
  for (const key of strays) add(...describeStray(plan, key));
  const result = complete && joins.length === 0 ? fileManifestResult(plan, file, results) : null;
  const manifest = await manifestOf(store, plan, file, result, add, signal);
  return { file, problems, raw, wrong, missing, strays, manifest, result };
}

function indexOf({ split }: SplitVerdict): number {
  return split.index;
}

type Add = (code: string, message: string, splits?: readonly number[]) => void;

/** A line a flaw; of splits that merely have no receipt yet, a line for all. */
function addFlaws(splits: readonly SplitVerdict[], failures: readonly Failure[], add: Add): void {
  const waiting: number[] = [];
  for (const { split, flaws, missing } of splits) {
    const reason = missing ? reasonOf(failures, splitNumber(split.index)) : '';
    if (missing && reason === '') waiting.push(split.index);
    else for (const { code, message } of flaws) add(code, `${message}${reason}`, [split.index]);
  }
  if (waiting.length > 0) {
    const what = waiting.length === 1 ? 'a split has' : `${waiting.length} splits have`;
    add('RECEIPT_MISSING', `${what} no receipt, of ${splits.length}: not converted yet`, waiting);
  }
}

/** What was written down when a thing failed for good, to be said where it is missing. */
async function failuresOf(store: Store, plan: Plan, file: PlanFile, signal: AbortSignal): Promise<readonly Failure[]> {
  return (await readOrMalformed(readFailures(store, plan, file.file, signal))).value ?? [];
}

function reasonOf(failures: readonly Failure[], stage: string): string {
  const failure = failures.find((candidate) => candidate.stage === stage);
  return failure === undefined ? '' : `; given up: ${failure.code}: ${failure.message}`;
}

/** What lies below the file's folder in `rows/` and is no part that a receipt names or that is still to come. */
async function straysOf(
  store: Store,
  plan: Plan,
  file: PlanFile,
  splits: readonly SplitVerdict[],
  signal: AbortSignal,
): Promise<string[]> {
  const expected = new Set<string>();
  for (const { split, result } of splits) {
    if (result !== null && result.part === null) continue;
    expected.add(partKey(plan.run, file.file, split, plan.planId, plan.settings));
  }
  const strays: string[] = [];
  for await (const { key } of store.list(partsPrefix(plan.run, file.file), signal)) {
    // without a note nobody knows the file's splits
    const unknown = splits.length === 0 && planIdOfKey(key) === plan.planId;
    if (isRows(key) && !unknown && !expected.has(key)) strays.push(key);
  }
  return strays;
}

/** Whether a reader of `rows/` would read it. */
export function isRows(key: string): boolean {
  return PART_NAME.test(key);
}

/** Code and message for a key below `rows/` that is not the plan's. */
export function describeStray(plan: Plan, key: string): [code: string, message: string] {
  const id = planIdOfKey(key);
  if (id !== null && id !== plan.planId) return ['FOREIGN_ROWS', `${key}: rows of another plan`];
  return ['STRAY_ROWS', `${key}: rows that no receipt names`];
}

async function manifestOf(
  store: Store,
  plan: Plan,
  file: PlanFile,
  result: FileManifestResult | null,
  add: Add,
  signal: AbortSignal,
): Promise<ManifestVerdict> {
  const key = fileManifestKey(plan.run, plan.planId, file.file);
  const reading = await readOrMalformed(readFileManifest(store, plan, file.file, signal));
  const verdict = verdictOfManifest(reading, result);
  if (verdict === 'missing') add('MANIFEST_MISSING', `${key}: it is not there, though all receipts are`);
  // one that is there though not every split is was refuted with them
  if (reading.malformed !== null) add('MANIFEST_MALFORMED', reading.malformed);
  else if (verdict === 'wrong' && result !== null) {
    add('MANIFEST_DIFFERS', `${key}: it differs from what the receipts come to`);
  }
  return verdict;
}

/** A manifest against what was computed anew. */
export function verdictOfManifest(
  { value, malformed }: { readonly value: unknown; readonly malformed: string | null },
  result: unknown,
): ManifestVerdict {
  if (malformed !== null) return 'wrong';
  if (value === null) return result === null ? 'open' : 'missing';
  return isDeepStrictEqual(value, result) ? 'right' : 'wrong';
}
