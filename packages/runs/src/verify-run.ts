import { digestOf } from '@wikifleet/domain/digest';
import { runManifestKey } from '@wikifleet/domain/keys';
import { runManifestResult } from '@wikifleet/domain/manifests';
import type { Plan } from '@wikifleet/domain/plan';
import type { Descents } from '@wikifleet/domain/page-order';
import { sumCounts } from '@wikifleet/domain/receipts';
import type { Counts } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { storedRunManifest } from './manifests.js';
import { describeStray, strayKeys } from './stray-keys.js';
import type { StrayKey } from './stray-keys.js';
import { judgeManifest, verifyFile } from './verify-file.js';
import type { FileVerdict, ManifestVerdict, Problem } from './verify-file.js';

/** What reading everything of a run again came to. */
export interface RunVerdict {
  readonly plan: Plan;
  /** True only where nothing is wrong and nothing is missing. */
  readonly proved: boolean;
  readonly problems: number;
  /** Files of which something is wrong or missing. */
  readonly unproved: readonly FileVerdict[];
  /** Keys that should not be there. */
  readonly strays: readonly StrayKey[];
  /** `wrong` also where it is there though not every file is complete. */
  readonly manifest: ManifestVerdict;
  /** The digest of the run manifest's result, computed anew; null while a file is not complete. */
  readonly digest: string | null;
  /** Of the files that are whole. */
  readonly counts: Counts;
  /** The files that are whole and whose page ids do not ascend everywhere. */
  readonly unordered: readonly ({ readonly file: string } & Descents)[];
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
 * Reads everything of a run again, and proves or refutes that it is complete: raw object records and raw objects,
 * receipts, parts (size, SHA-256, members, rows), quarantine and indexes, how splits join, both kinds of manifest, computed
 * anew, and that no other key is there. Changes nothing. Throws what S3 refuses: that proves nothing either way.
 * Memory: the receipts of all files.
 */
export async function verifyRun(store: Store, plan: Plan, options: VerifyOptions): Promise<RunVerdict> {
  const { signal } = options;
  const verdicts: FileVerdict[] = [];
  let problems = 0;
  const report = (problem: Problem): void => {
    problems += 1;
    options.onProblem?.(problem);
  };
  for (const file of plan.files) {
    const verdict = await verifyFile(store, plan, file, signal);
    verdict.problems.forEach(report);
    verdicts.push(verdict);
    options.onFile?.(verdict);
  }
  const strays: StrayKey[] = [];
  for await (const stray of strayKeys(store, plan, verdicts, signal)) {
    strays.push(stray);
    const { split } = stray;
    const [code, message] = describeStray(stray);
    report({ code, file: split?.file ?? null, splits: split === null ? [] : [split.index], message });
  }
  const files = verdicts.map((verdict) => withSurplus(verdict, strays));
  const results = files.flatMap(({ result }) => (result === null ? [] : [result]));
  const key = runManifestKey(plan.run, plan.planId);
  const result = results.length === plan.files.length ? runManifestResult(plan, results) : null;
  const manifest = judgeManifest(key, await storedRunManifest(store, plan, signal), result, (code, message) =>
    report({ code: `RUN_${code}`, file: null, splits: [], message }),
  );
  const unproved = files.filter((file) => file.problems.length > 0 || file.wrong.length > 0);
  return {
    plan,
    proved: problems === 0 && manifest === 'right',
    problems,
    unproved,
    strays,
    manifest,
    digest: result === null ? null : digestOf(result),
    counts: sumCounts(results.map(({ counts }) => counts)),
    unordered: results.flatMap(({ file, pageOrder }) => (pageOrder.descents === 0 ? [] : [{ file, ...pageOrder }])),
    files: {
      planned: plan.files.length,
      whole: plan.files.length - unproved.length,
      parts: results.reduce((sum, { parts }) => sum + parts.length, 0),
    },
    rawGone: files.filter(({ raw }) => raw.record !== null && raw.object === 'gone').length,
  };
}

/** A split is wrong, too, where objects are under its keys that its receipt does not name. */
function withSurplus(verdict: FileVerdict, strays: readonly StrayKey[]): FileVerdict {
  const wrong = new Set(verdict.wrong.map(({ index }) => index));
  for (const { split } of strays) if (split?.file === verdict.file.file) wrong.add(split.index);
  return { ...verdict, wrong: verdict.raw.splits.filter(({ index }) => wrong.has(index)) };
}
