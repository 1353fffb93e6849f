import type { PageFilter } from '@wikifleet/domain/page-filter';
import { PAGE_COLUMNS } from '@wikifleet/domain/row-columns';
import { ValueReader } from '@wikifleet/domain/row-values';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import type { PageColumns } from './row.js';
import type { PageHead } from './row-engine.js';

/** `unknown`: kept, for the dump does not say its namespace, and a filter that guessed would lose pages in silence. */
export type PageVerdict = 'kept' | 'unknown' | 'filtered';

/** What a filter makes of a page, by what its rows would say: so engines that make the same rows filter the same pages. */
export function judgePage(
  { namespaces, redirects }: PageFilter,
  { rowStart }: PageHead,
  encoding: RowEncoding,
): PageVerdict {
  const columns = columnsOf(rowStart, encoding);
  if (!redirects && columns.page_redirect_target !== null) return 'filtered';
  if (namespaces === null) return 'kept';
  const namespace = columns.page_namespace_id;
  if (namespace === null) return 'unknown';
  return namespaces.includes(namespace) ? 'kept' : 'filtered';
}

function columnsOf(rowStart: Buffer, encoding: RowEncoding): PageColumns {
  if (encoding === 'values') return new ValueReader(rowStart).read(PAGE_COLUMNS) as unknown as PageColumns;
  return JSON.parse(`${rowStart.toString('utf8', 0, rowStart.length - 1)}}`) as PageColumns;
}
