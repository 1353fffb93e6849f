import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { PageColumns } from './row.js';
import type { PageHead } from './row-engine.js';

/** `unknown`: kept, for the dump does not say its namespace, and a filter that guessed would lose pages in silence. */
export type PageVerdict = 'kept' | 'unknown' | 'filtered';

/** What a filter makes of a page, by what its rows would say: so engines that make the same rows filter the same pages. */
export function judgePage({ namespaces, redirects }: PageFilter, { rowStart }: PageHead): PageVerdict {
  const columns = JSON.parse(`${rowStart.toString('utf8', 0, rowStart.length - 1)}}`) as PageColumns;
  if (!redirects && columns.page_redirect_target !== null) return 'filtered';
  if (namespaces === null) return 'kept';
  const namespace = columns.page_namespace_id;
  if (namespace === null) return 'unknown';
  return namespaces.includes(namespace) ? 'kept' : 'filtered';
}
