import { isDeepStrictEqual } from 'node:util';
import type { Split } from '@wikifleet/domain/jobs';
import { joinProblems, unreadableProblems } from '@wikifleet/domain/join';
import { fileManifestKey, splitNumber } from '@wikifleet/domain/keys';
import { fileManifestResult } from '@wikifleet/domain/manifests';
import type { FileManifest, FileManifestResult, RunManifest, RunManifestResult } from '@wikifleet/domain/manifests';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { sumCounts } from '@wikifleet/domain/receipts';
import type { Failure, Receipt } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { readFailures } from './failures.js';
import { pendingRepairs, storedFileManifest } from './manifests.js';
import { mapParallel } from './map-parallel.js';
import { unlessUnreadable } from './read-stored.js';
import type { Stored } from './read-stored.js';
import { suspectsOfJoin } from './receipt-problems.js';
import { verifyRaw } from './verify-raw.js';
import type { RawVerdict } from './verify-raw.js';
import { verifySplit } from './verify-split.js';
import type { SplitVerdict } from './verify-split.js';

/** One thing that is wrong or missing: `code` is stable, `message` names the key, what was expected and what came. */
export interface Problem {
  readonly code: string;
  /** Null where it is the run's. */
  readonly file: string | null;
  readonly splits: readonly number[];
  readonly message: string;
}

/**
 * What is there under a manifest's key, against what was computed anew. `open`: nothing could be computed, none is there;
 * `revoked`: a repair is not finished.
 */
export type ManifestVerdict = 'right' | 'missing' | 'wrong' | 'open' | 'revoked';

/** What reading everything of one file again came to. */
export interface FileVerdict {
  readonly file: PlanFile;
  readonly problems: readonly Problem[];
  readonly raw: RawVerdict;
  /** Splits of which something is there that is wrong: to be converted again. */
  readonly wrong: readonly Split[];
  /** Splits of which no receipt is there: to be converted. */
  readonly missing: readonly Split[];
  /** The receipts that fit, by the index of their split. */
  readonly receipts: ReadonlyMap<number, Receipt>;
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
  const { record } = raw;
  const splits =
    record === null
      ? []
      : await mapParallel(raw.splits, PARALLEL, async (split) => await verifySplit(store, plan, record, split, signal));
  addFlaws(splits, failures, add);

  const manifest = await storedFileManifest(store, plan, file.file, signal);
  const suspects = new Set(splits.filter(({ flaws, missing }) => flaws.length > 0 && !missing).map(indexOf));
  const receipts = new Map(
    splits.flatMap(({ split, receipt }) => (receipt === null ? [] : [[split.index, receipt] as const])),
  );
  for (const index of unansweredRepairs(manifest, receipts)) suspects.add(index);
  const results = [...receipts.values()].map(({ result }) => result);
  const complete = record !== null && results.length === splits.length;
  const joins = complete ? joinProblems(record.result.size, results) : [];
  if (complete && joins.length > 0) {
    const neighbours = suspectsOfJoin(record.result.size, results);
    for (const { code, message } of joins) add(code, message, neighbours);
    for (const index of neighbours) suspects.add(index);
  }
  const unreadable = complete ? unreadableProblems(sumCounts(results.map(({ counts }) => counts))) : [];
  // converting it again gives the same: only another dump file helps
  for (const { code, message } of unreadable) add(code, message);
  const isComplete = complete && joins.length + unreadable.length === 0;
  const result = isComplete ? fileManifestResult(plan, file, record.result, results) : null;
  const key = fileManifestKey(plan.run, plan.planId, file.file);
  const verdict = judgeManifest(key, manifest, result, add);
  for (const index of splitsThatDiffer(manifest, result)) suspects.add(index);
  const wrong = splits.filter((split) => suspects.has(indexOf(split))).map(({ split }) => split);
  const missing = splits.filter((split) => split.missing && !suspects.has(indexOf(split))).map(({ split }) => split);
  if (raw.object === 'gone' && record !== null && wrong.length + missing.length > 0) {
    const what = 'the raw object is not there: the file is to be downloaded again before its splits are converted';
    add('RAW_GONE', `${what}${reasonOf(failures, 'download')}`);
  }
  return { file, problems, raw, wrong, missing, receipts, manifest: verdict, result };
}

/** The splits that a repair wants converted again, and whose receipt does not name it. */
function unansweredRepairs(manifest: Stored<FileManifest>, receipts: ReadonlyMap<number, Receipt>): number[] {
  return pendingRepairs(manifest).flatMap(({ id, splits }) =>
    splits.filter((index) => receipts.get(index)?.repairs.includes(id) !== true),
  );
}

/** The splits whose receipts are not those that a manifest names, which is itself sound: somebody edited one of the two. */
function splitsThatDiffer(manifest: Stored<FileManifest>, result: FileManifestResult | null): number[] {
  if (result === null || manifest.state !== 'valid' || manifest.value.state !== 'closed') return [];
  const there = manifest.value.result.receipts;
  return result.receipts.flatMap((digest, index) => (digest === there[index] ? [] : [index]));
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

/** The records of permanent failures, to be shown where something is missing. They are informative: one may be unreadable. */
async function failuresOf(store: Store, plan: Plan, file: PlanFile, signal: AbortSignal): Promise<readonly Failure[]> {
  return (await unlessUnreadable(readFailures(store, plan, file.file, signal))) ?? [];
}

function reasonOf(failures: readonly Failure[], stage: string): string {
  const failure = failures.find((candidate) => candidate.stage === stage);
  return failure === undefined ? '' : `; given up: ${failure.code}: ${failure.message}`;
}

/** A manifest against what was computed anew; what is wrong with it is added to the problems. */
export function judgeManifest(
  key: string,
  manifest: Stored<FileManifest | RunManifest>,
  result: FileManifestResult | RunManifestResult | null,
  add: (code: string, message: string) => void,
): ManifestVerdict {
  if (manifest.state === 'malformed') {
    add('MANIFEST_MALFORMED', manifest.message);
    return 'wrong';
  }
  if (manifest.state === 'absent') {
    if (result === null) return 'open';
    add('MANIFEST_MISSING', `${key}: it is not there, though everything that it needs is`);
    return 'missing';
  }
  if (manifest.value.state === 'revoked') {
    add('MANIFEST_REVOKED', `${key}: a repair revoked it and is not finished`);
    return 'revoked';
  }
  if (isDeepStrictEqual(manifest.value.result, result)) return 'right';
  // one that is there though not everything that it needs is right was refuted with that
  if (result !== null) add('MANIFEST_DIFFERS', `${key}: it differs from what the receipts come to`);
  return 'wrong';
}
