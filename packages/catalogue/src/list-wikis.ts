import { isName } from '@wikifleet/domain/names';
import type { Kind } from '@wikifleet/domain/run';
import type { CatalogueEntry } from './catalogue-source.js';
import { jobOfKind } from './run-layout.js';

/** What the database names of Wikimedia's wikis end in: a mirror's root holds other folders too. */
const WIKI = /^[a-z][a-z0-9_]{0,63}(?<=wiki(?:books|data|media|news|quote|source|versity|voyage)?|wiktionary)$/;

/** The folder that holds the folders of all wikis, below the dumps' root; `''` is the root. */
export function folderOfWikis(kind: Kind): string {
  return jobOfKind(kind) === null ? `other/mediawiki_${kind.replace('-', '_')}` : '';
}

/** The wikis among the entries of `folderOfWikis`, sorted, each once. */
export function wikisOf(entries: readonly CatalogueEntry[]): string[] {
  const names = entries.filter(({ directory }) => directory).map(({ name }) => name);
  return [...new Set(names.filter((name) => isName(name) && WIKI.test(name)))].toSorted();
}
