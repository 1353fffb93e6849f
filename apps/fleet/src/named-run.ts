import { UsageError } from '@wikifleet/domain/errors';
import { isWikiName } from '@wikifleet/domain/names';
import { parseDate, parseKind } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { printable } from './printable.js';

/** The run that --wiki, --date and --kind name; null where none of them is given. */
export function namedRun(wiki: string | undefined, date: string | undefined, kind: string | undefined): Run | null {
  if (wiki === undefined && date === undefined && kind === undefined) return null;
  if (wiki === undefined || date === undefined) {
    throw new UsageError('COMMAND_LINE_REFUSED', 'a run is named by --wiki and --date, and by --kind if it is another');
  }
  if (!isWikiName(wiki)) {
    const received = printable(JSON.stringify(wiki));
    throw new UsageError('FLAG_REFUSED', `--wiki: expected a database name, received ${received}`);
  }
  return { kind: parseKind(kind ?? 'articles-multistream'), wiki, date: parseDate(date) };
}
