import { codeOf, messageOf } from '@wikifleet/domain/errors';
import type { Split } from '@wikifleet/domain/jobs';
import { receiptKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { ROWS_VERSION } from '@wikifleet/domain/plan';
import { receiptFits, receiptSchema } from '@wikifleet/domain/receipts';
import type { RawNote, SplitResult } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { anyContent, flawOfObject, linesContent, membersContent } from './object-flaw.js';
import type { Flaw } from './object-flaw.js';
import { rowGroupsContent } from './row-groups-content.js';
import { contradictionOf } from './receipt-problems.js';

/** What reading everything of one split again came to. */
export interface SplitVerdict {
  readonly split: Split;
  /** Null where there is no receipt that fits. */
  readonly result: SplitResult | null;
  /** Empty where the split is proved. */
  readonly flaws: readonly Flaw[];
  /** Nothing is there to be wrong: the split is still to be converted. */
  readonly missing: boolean;
}

export interface Reading<T> {
  readonly value: T | null;
  /** Why what is there cannot be read; null where it can, or where nothing is there. */
  readonly malformed: string | null;
}

/** Tells an object that is malformed from one that is not there. */
export async function readOrMalformed<T>(reading: Promise<T | null>): Promise<Reading<T>> {
  try {
    return { value: await reading, malformed: null };
  } catch (error) {
    if (codeOf(error) !== 'OBJECT_MALFORMED' && codeOf(error) !== 'OBJECT_TOO_LARGE') throw error;
    return { value: null, malformed: messageOf(error) };
  }
}

/** Reads receipt, part, index and quarantine of one split again. */
export async function verifySplit(
  store: Store,
  plan: Plan,
  note: RawNote,
  split: Split,
  signal: AbortSignal,
): Promise<SplitVerdict> {
  const key = receiptKey(plan.run, plan.planId, note.file, split.index);
  const receipt = await readOrMalformed(store.getJson(key, receiptSchema, signal));
  const refuted = (code: string, message: string): SplitVerdict => {
    return { split, result: null, flaws: [{ code, message }], missing: false };
  };
  if (receipt.malformed !== null) return refuted('RECEIPT_MALFORMED', receipt.malformed);
  if (receipt.value === null) {
    return {
      split,
      result: null,
      flaws: [{ code: 'RECEIPT_MISSING', message: `${key}: it is not there` }],
      missing: true,
    };
  }
  const { result } = receipt.value.value;
  if (!receiptFits(result, { planId: plan.planId, file: note.file, split, object: note }, ROWS_VERSION)) {
    return refuted('RECEIPT_UNFIT', `${key}: it is of another range, other bytes, another plan or other rows`);
  }
  const contradiction = contradictionOf(plan, result);
  if (contradiction !== null) return refuted('RECEIPT_CONTRADICTS', `${key}: ${contradiction}`);
  return { split, result, flaws: await flawsOf(store, plan, result, signal), missing: false };
}

async function flawsOf(store: Store, plan: Plan, result: SplitResult, signal: AbortSignal): Promise<Flaw[]> {
  const { part, index, quarantine, members, counts } = result;
  const { format, compression } = plan.settings;
  const rows = (format === 'parquet' ? rowGroupsContent : membersContent)(members, compression);
  const objects = [
    ['PART', part, rows],
    ['INDEX', index, anyContent],
    ['QUARANTINE', quarantine, linesContent(counts.quarantined)],
  ] as const;
  const flaws: Flaw[] = [];
  for (const [word, stored, check] of objects) {
    const flaw = stored === null ? null : await flawOfObject(store, word, stored, check, signal);
    if (flaw !== null) flaws.push(flaw);
  }
  return flaws;
}
