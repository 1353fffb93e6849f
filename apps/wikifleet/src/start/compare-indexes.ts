import { compareOrders } from '@wikifleet/conversion/multistream-index';
import { asTyped } from '@wikifleet/config/as-typed';
import { receiptKey } from '@wikifleet/domain/keys';
import type { PageOrder } from '@wikifleet/domain/page-order';
import type { Plan } from '@wikifleet/domain/plan';
import { receiptSchema } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { ReleaseStack } from '@wikifleet/worker/release-stack';
import { openIndexBeside } from '../convert/compare-index.js';
import { shownName } from '../figures.js';
import type { RunState } from './run-state.js';
import type { FoundDump } from './scan-folder.js';

/** What comparing the indexes of a folder came to, a line each. */
export interface ComparedIndexes {
  readonly compared: readonly string[];
  readonly problems: readonly string[];
}

/** Compares the files that are complete with the multistream indexes that lie beside them, by their receipts alone. */
export async function compareIndexes(
  store: Store,
  dumps: readonly FoundDump[],
  states: readonly RunState[],
): Promise<ComparedIndexes> {
  const [compared, problems]: [string[], string[]] = [[], []];
  for (const { plan, done } of states) {
    const { wiki, date, kind } = plan.run;
    for (const { file, path, run } of dumps) {
      const result = run.wiki === wiki && run.date === date && run.kind === kind ? done.get(file) : undefined;
      if (result === undefined) continue;
      const releases = new ReleaseStack();
      try {
        const index = await openIndexBeside(path, releases);
        if (index === null) continue;
        const found = await compareOrders(index.entries, ordersOf(store, plan, file));
        if (found.length === 0)
          compared.push(`${shownName(file)}: all pages are those of the multistream index ${shownName(index.path)}`);
        for (const problem of found)
          problems.push(`${shownName(file)} is not complete, by ${shownName(index.path)}: ${problem}`);
        if (found.length > 0) problems.push(`next: ${asTyped('convert', shownName(path))} names the pages`);
      } finally {
        await releases.close();
      }
    }
  }
  return { compared, problems };
}

/** The receipts of a file that is complete, in the order of its splits. */
async function* ordersOf(store: Store, plan: Plan, file: string): AsyncGenerator<PageOrder | null> {
  let count = 1;
  for (let index = 0; index < count; index += 1) {
    const receipt = await store.getJson(receiptKey(plan.run, plan.planId, file, index), receiptSchema);
    // a file that has a manifest has all its receipts
    if (receipt === null) throw new Error(`${file}: the receipt of split ${index} is missing`);
    count = receipt.value.result.split.count;
    yield receipt.value.result.sequence.pageOrder;
  }
}
