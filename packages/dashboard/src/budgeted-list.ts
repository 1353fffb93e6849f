import type { ListedObject, Store } from '@wikifleet/store/store';
import type { CallBudget } from './call-budget.js';

/** S3 gives so many keys a call. */
const PAGE = 1000;

/** The objects below a prefix; each page of the listing is a call of the budget. */
export async function* listObjects(
  store: Store,
  prefix: string,
  budget: CallBudget,
  signal: AbortSignal,
): AsyncGenerator<ListedObject> {
  yield* counted(store.list(prefix, signal), budget, signal);
}

/** The folders below a prefix; each page of the listing is a call of the budget. */
export async function* listFolders(
  store: Store,
  prefix: string,
  budget: CallBudget,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield* counted(store.folders(prefix, signal), budget, signal);
}

async function* counted<T>(items: AsyncIterable<T>, budget: CallBudget, signal: AbortSignal): AsyncGenerator<T> {
  await budget.take(signal);
  let onPage = 0;
  for await (const item of items) {
    yield item;
    onPage += 1;
    // what comes next may be on the next page, which the store asks for by itself
    if (onPage < PAGE) continue;
    await budget.take(signal);
    onPage = 0;
  }
}
