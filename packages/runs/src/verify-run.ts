import { partsPrefix, rowsPrefix, runManifestKey } from '@wikifleet/domain/keys';
import { runManifestResult } from '@wikifleet/domain/manifests';
import type { FileManifestResult } from '@wikifleet/domain/manifests';
import type { Plan } from '@wikifleet/domain/plan';
import { sumCounts } from '@wikifleet/domain/receipts';
import type { Counts } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { readRunManifest } from './closing.js';
import { describeStray, isRows, verdictOfManifest, verifyFile } from './verify-file.js';
import type { FileVerdict, ManifestVerdict, Problem } from './verify-file.js';
import { readOrMalformed } from './verify-split.js';

/** What reading everything of a run again came to. */
export interface RunVerdict {
  readonly plan: Plan;
  /** True only where nothing is wrong and nothing is missing. */
  readonly proved: boolean;
  readonly problems: number;
  /** Files of which something is wrong or missing. */
  readonly unproved: readonly FileVerdict[];
  /** Keys below `rows/` that a reader would take for rows of a file that the plan does not have. */
  readonly strays: readonly string[];
  /** `wrong` also where it is there though not every file is whole. */
  readonly manifest: ManifestVerdict;
  /** Of the files that are whole. */
  readonly counts: Counts;
  readonly files: { readonly planned: number; readonly whole: number; readonly parts: number };
  /** Files whose raw objects are gone: no problem while nothing is to be converted. */
  readonly rawGone: number;
}

export interface VerifyOptions {
  readonly signal: AbortSignal;
  /** Told as they are found. */
  readonly onProblem?: (problem: Problem) => void;
  /** Told when a file was read. */
  readonly onFile?: (verdict: FileVerdict) => void;
}

/**
 * Reads everything of a run again, and proves or refutes that it is whole: raw notes and objects, receipts, parts
 * (size, SHA-256, members, rows), quarantine and indexes, how splits join, and both kinds of manifest, computed anew.
 * Changes nothing. Throws what S3 refuses: that proves nothing either way. Memory: as closing, all receipts of a file.
 */
export async function verifyRun(store: Store, plan: Plan, options: VerifyOptions): Promise<RunVerdict> {
  const { signal } = options;
  const unproved: FileVerdict[] = [];
  const results: FileManifestResult[] = [];
  let [problems, rawGone] = [0, 0];
  const report = (problem: Problem): void => {
    problems += 1;
    options.onProblem?.(problem);
  };
  for (const file of plan.files) {
    const verdict = await verifyFile(store, plan, file, signal);
    verdict.problems.forEach(report);
    if (verdict.problems.length > 0) unproved.push(verdict);
    if (verdict.result !== null) results.push(verdict.result);
    if (verdict.raw.note !== null && verdict.raw.object === 'gone') rawGone += 1;
    options.onFile?.(verdict);
  }
  const add = (code: string, message: string): void => report({ code, file: null, splits: [], message });
  const strays = await straysOfRun(store, plan, signal);
  for (const key of strays) add(...describeStray(plan, key));
  const manifest = await manifestOfRun(store, plan, results, add, signal);
  const parts = results.reduce((sum, result) => sum + result.parts.length, 0);
  return {
    plan,
    proved: problems === 0 && manifest === 'right',
    problems,
    unproved,
    strays,
    manifest,
    counts: sumCounts(results.map(({ counts }) => counts)),
    files: { planned: plan.files.length, whole: plan.files.length - unproved.length, parts },
    rawGone,
  };
}

async function straysOfRun(store: Store, plan: Plan, signal: AbortSignal): Promise<string[]> {
  const known = new Set(plan.files.map(({ file }) => partsPrefix(plan.run, file)));
  const strays: string[] = [];
  for await (const { key } of store.list(rowsPrefix(plan.run), signal)) {
    const folder = key.slice(0, key.indexOf('/', rowsPrefix(plan.run).length) + 1);
    if (isRows(key) && !known.has(folder)) strays.push(key);
  }
  return strays;
}

async function manifestOfRun(
  store: Store,
  plan: Plan,
  results: readonly FileManifestResult[],
  add: (code: string, message: string) => void,
  signal: AbortSignal,
): Promise<ManifestVerdict> {
  const key = runManifestKey(plan.run, plan.planId);
  const reading = await readOrMalformed(readRunManifest(store, plan, signal));
  const result = results.length === plan.files.length ? runManifestResult(plan, results) : null;
  const verdict = verdictOfManifest(reading, result);
  if (verdict === 'missing') add('RUN_MANIFEST_MISSING', `${key}: it is not there, though every file is whole`);
  // one that is there though not every file is whole was refuted with them
  if (reading.malformed !== null) add('RUN_MANIFEST_MALFORMED', reading.malformed);
  else if (verdict === 'wrong' && result !== null) {
    add('RUN_MANIFEST_DIFFERS', `${key}: it differs from what the files come to`);
  }
  return verdict;
}
