import { linesContent } from '@wikifleet/conversion/json-lines-check';
import { partContent } from '@wikifleet/conversion/output-formats';
import type { Split } from '@wikifleet/domain/jobs';
import { receiptKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { quarantineRecords, receiptFits, receiptSchema } from '@wikifleet/domain/receipts';
import type { RawRecord, Receipt, SplitResult } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { anyContent, flawOfObject } from './object-flaw.js';
import type { Flaw } from './object-flaw.js';
import { readStored } from './read-stored.js';
import { contradictionOf } from './receipt-problems.js';

/** What reading everything of one split again came to. */
export interface SplitVerdict {
  readonly split: Split;
  /** Null where there is no receipt that fits. */
  readonly receipt: Receipt | null;
  /** Empty where the split is proved. */
  readonly flaws: readonly Flaw[];
  /** Nothing is there to be wrong: the split is still to be converted. */
  readonly missing: boolean;
}

/** Reads receipt, part, index and quarantine of one split again. */
export async function verifySplit(
  store: Store,
  plan: Plan,
  record: RawRecord,
  split: Split,
  signal: AbortSignal,
): Promise<SplitVerdict> {
  const key = receiptKey(plan.run, plan.planId, record.result.file, split.index);
  const receipt = await readStored(store, key, receiptSchema, signal);
  const refuted = (code: string, message: string): SplitVerdict => {
    return { split, receipt: null, flaws: [{ code, message }], missing: false };
  };
  if (receipt.state === 'malformed') return refuted('RECEIPT_MALFORMED', receipt.message);
  if (receipt.state === 'absent') {
    const flaws = [{ code: 'RECEIPT_MISSING', message: `${key}: it is not there` }];
    return { split, receipt: null, flaws, missing: true };
  }
  const { result } = receipt.value;
  if (!receiptFits(result, plan, record.result, split)) {
    return refuted('RECEIPT_UNFIT', `${key}: it is of another range, other bytes, another plan or other rows`);
  }
  const contradiction = contradictionOf(plan, result);
  if (contradiction !== null) return refuted('RECEIPT_CONTRADICTS', `${key}: ${contradiction}`);
  return { split, receipt: receipt.value, flaws: await flawsOf(store, plan, result, signal), missing: false };
}

async function flawsOf(store: Store, plan: Plan, result: SplitResult, signal: AbortSignal): Promise<Flaw[]> {
  const { part, index, quarantine, members, counts } = result;
  const rows = partContent(plan.settings, members);
  const objects = [
    ['PART', part, rows],
    ['INDEX', index, anyContent],
    ['QUARANTINE', quarantine, linesContent(quarantineRecords(counts))],
  ] as const;
  const flaws: Flaw[] = [];
  for (const [word, stored, check] of objects) {
    const flaw = stored === null ? null : await flawOfObject(store, word, stored, check, signal);
    if (flaw !== null) flaws.push(flaw);
  }
  return flaws;
}
