import { describeDescents } from '@wikifleet/domain/page-order';
import { count, duration, megabytes, plural } from '../figures.js';
import type { ConvertedFile } from './convert-file.js';

/** What became of a file, a line each. */
export function summarize(
  path: string,
  { counts, pageOrder, comparedWith, xmlBytes, seconds, problems }: ConvertedFile,
): string[] {
  const pace = `${megabytes(xmlBytes)} of XML in ${duration(seconds)} (${megabytes(xmlBytes / seconds)}/s)`;
  const lines = [`${path}: ${plural(counts.pages, 'page')}, ${plural(counts.rows, 'row')}, ${pace}`];
  const notes: [number, string][] = [
    [counts.pagesWithoutRevision, 'pages without a revision, which have no row'],
    [counts.filteredPages, `pages filtered out, with ${plural(counts.filteredRevisions, 'revision')}`],
    [counts.pagesWithoutNamespace, 'pages kept though the dump does not say their namespace'],
    [counts.quarantined, 'pieces that could not be read (--quarantine FILE keeps them, with why)'],
    [counts.partialPages, 'pages of which something could not be read'],
  ];
  for (const [n, what] of notes) if (n > 0) lines.push(`  ${count(n)} ${what}`);
  const descents = describeDescents(pageOrder);
  if (descents !== null) lines.push(`  ${descents}`);
  if (comparedWith !== null) lines.push(`  pages compared with the multistream index ${comparedWith}`);
  const refused = Object.entries(counts.plainTextRefused).map(([why, n]) => `${why} ${count(n)}`);
  if (refused.length > 0) lines.push(`  wikitexts without plain_text, which is null: ${refused.join(', ')}`);
  const unmapped = Object.entries(counts.unmapped).map(([name, n]) => `${name} ${count(n)}`);
  if (unmapped.length > 0) lines.push(`  without a column, left out of the rows: ${unmapped.join(', ')}`);
  return [...lines, ...problems.map((problem) => `wikifleet: ${path} is not whole: ${problem}`)];
}
