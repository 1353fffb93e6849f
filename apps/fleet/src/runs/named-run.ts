import { wikiName } from '@wikifleet/config/command-line';
import { UsageError } from '@wikifleet/domain/errors';
import { parseDate, parseKind } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';

/** The run that --wiki, --date and --kind name; null where none of them is given. */
export function namedRun(wiki: string | undefined, date: string | undefined, kind: string | undefined): Run | null {
  if (wiki === undefined && date === undefined && kind === undefined) return null;
  if (wiki === undefined || date === undefined) {
    throw new UsageError('COMMAND_LINE_REFUSED', 'a run is named by --wiki and --date, and by --kind if it is another');
  }
  return { kind: parseKind(kind ?? 'articles-multistream'), wiki: wikiName('wiki', wiki), date: parseDate(date) };
}
