import type { UnreadableUnit } from '@wikifleet/conversion/quarantine-writer';
import { describeDescents } from '@wikifleet/domain/page-order';
import { count, duration, megabytes, plural } from '../figures.js';
import type { ConvertedFile } from './convert-file.js';
import { templateLines } from '../template-lines.js';

/** What became of a file, a line each. */
export function summarize(path: string, converted: ConvertedFile, hasQuarantine: boolean): string[] {
  const { counts, pageOrder, comparedWith, xmlBytes, seconds, problems, warnings, firstUnreadable } = converted;
  // nothing of it was read
  if (xmlBytes === 0 && problems.length > 0)
    return problems.map((problem) => `wikifleet: ${path} cannot be converted: ${problem}`);
  const pace = `${megabytes(xmlBytes)} of XML in ${duration(seconds)} (${megabytes(xmlBytes / seconds)}/s)`;
  const lines = [`${path}: ${plural(counts.pages, 'page')}, ${plural(counts.rows, 'row')}, ${pace}`];
  const notes: [number, one: string, several: string][] = [
    [
      counts.pagesWithoutRevision,
      'page without a revision, which has no row',
      'pages without a revision, which have no row',
    ],
    [
      counts.filteredPages,
      `page filtered out, with ${plural(counts.filteredRevisions, 'revision')}`,
      `pages filtered out, with ${plural(counts.filteredRevisions, 'revision')}`,
    ],
    [
      counts.pagesWithoutNamespace,
      'page kept although the dump does not state its namespace',
      'pages kept although the dump does not state their namespace',
    ],
    [
      counts.quarantined,
      `piece that could not be read${hasQuarantine ? '' : ' (--quarantine FILE keeps it, with the reason)'}`,
      `pieces that could not be read${hasQuarantine ? '' : ' (--quarantine FILE keeps them, with the reason)'}`,
    ],
    [counts.partialPages, 'page of which something could not be read', 'pages of which something could not be read'],
  ];
  for (const [n, one, several] of notes) if (n > 0) lines.push(`  ${count(n)} ${n === 1 ? one : several}`);
  for (const unit of firstUnreadable) lines.push(`    ${unreadableLine(unit)}`);
  const dropped = Object.entries(counts.quarantineDropped).map(([code, n]) => `${code} ${count(n)}`);
  if (dropped.length > 0) lines.push(`  only counted, the quarantine is full: ${dropped.join(', ')}`);
  const descents = describeDescents(pageOrder);
  if (descents !== null) lines.push(`  ${descents}`);
  if (comparedWith !== null) lines.push(`  pages compared with the multistream index ${comparedWith}`);
  const refused = Object.entries(counts.textsRefused).map(([why, n]) => `${why} ${count(n)}`);
  if (refused.length > 0) lines.push(`  wikitexts refused, whose columns are null: ${refused.join(', ')}`);
  for (const line of templateLines(counts)) lines.push(`  ${line}`);
  const unmapped = Object.entries(counts.unmapped).map(([name, n]) => `${name} ${count(n)}`);
  if (unmapped.length > 0) lines.push(`  without a column, left out of the rows: ${unmapped.join(', ')}`);
  for (const warning of warnings) lines.push(`wikifleet: warning: ${path}: ${warning}`);
  return [...lines, ...problems.map((problem) => `wikifleet: ${path} is not complete: ${problem}`)];
}

function unreadableLine({ code, reason, pageTitle, revisionId }: UnreadableUnit): string {
  const page = pageTitle === null ? [] : [`page ${JSON.stringify(pageTitle)}`];
  const revision = revisionId === null ? [] : [`revision ${revisionId}`];
  return `${[...page, ...revision, code].join(', ')}: ${reason}`;
}
