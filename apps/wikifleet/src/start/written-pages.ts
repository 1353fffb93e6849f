import { receiptKey, receiptsPrefix, splitNumber } from '@wikifleet/domain/keys';
import { receiptSchema } from '@wikifleet/domain/receipts';
import { readStored } from '@wikifleet/runs/read-stored';
import type { Store } from '@wikifleet/store/store';
import type { RunState } from './run-state.js';

/** What was written of a file that failed: the splits that were converted, and the pages before the place in those that were not. */
export interface WrittenPages {
  readonly state: RunState;
  readonly file: string;
  /** Complete ones. */
  readonly pages: number;
}

/** What was written of each file that failed, in all its splits. One request a file, and one a split that was converted. */
export async function writtenPages(store: Store, states: readonly RunState[]): Promise<WrittenPages[]> {
  const written: WrittenPages[] = [];
  for (const state of states) {
    for (const file of new Set(state.failures.map((failure) => failure.file))) {
      written.push({ state, file, pages: await pagesOf(store, state, file) });
    }
  }
  return written;
}

async function pagesOf(store: Store, { plan, failures }: RunState, file: string): Promise<number> {
  let pages = 0;
  const converted = new Set<string>();
  for await (const { key } of store.list(receiptsPrefix(plan.run, plan.planId, file))) {
    const receipt = await readStored(store, key, receiptSchema);
    // one that cannot be read says nothing of what was written
    if (receipt.state !== 'valid') continue;
    const { split, counts } = receipt.value.result;
    if (key !== receiptKey(plan.run, plan.planId, file, split.index)) continue;
    converted.add(splitNumber(split.index));
    pages += counts.pages - counts.partialPages;
  }
  for (const { file: of, stage, written } of failures) {
    // what failed of the whole file is the sum of its receipts
    if (of === file && stage !== 'file' && !converted.has(stage)) pages += written?.pages ?? 0;
  }
  return pages;
}
