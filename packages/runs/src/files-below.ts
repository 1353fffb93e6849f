import type { Store } from '@wikifleet/store/store';

/** The names of the files that have an object `<prefix><file>.json`: one request for each 1,000. */
export async function filesBelow(store: Store, prefix: string, signal?: AbortSignal): Promise<Set<string>> {
  const files = new Set<string>();
  for await (const { key } of store.list(prefix, signal)) files.add(key.slice(prefix.length, -'.json'.length));
  return files;
}
