import { isDeepStrictEqual } from 'node:util';
import { factsOf } from '@wikifleet/domain/formats';
import { indexKey, partKey, quarantineKey } from '@wikifleet/domain/keys';
import { isEveryPage } from '@wikifleet/domain/page-filter';
import { suspectsOfStreams } from '@wikifleet/domain/join';
import type { Plan } from '@wikifleet/domain/plan';
import { quarantineRecords } from '@wikifleet/domain/receipts';
import type { SplitResult } from '@wikifleet/domain/receipts';

/**
 * Where a receipt contradicts its plan or itself: it names other keys than those of its split, its members do not cover
 * its part (of Parquet, all between its magic and its footer), or its counts do not add up. One sentence, or null.
 */
export function contradictionOf(plan: Plan, result: SplitResult): string | null {
  const { part, index, quarantine, members, counts, file, split } = result;
  if (!isDeepStrictEqual(result.run, plan.run))
    return `expected a receipt of its run, received ${JSON.stringify(result.run)}`;
  const keys: [what: string, received: string | undefined, expected: string][] = [
    ['part', part?.key, partKey(plan.run, file, split, plan.planId, plan.settings)],
    ['index', index?.key, indexKey(plan.run, plan.planId, file, split.index)],
    ['quarantine', quarantine?.key, quarantineKey(plan.run, file, split, plan.planId)],
  ];
  for (const [what, received, expected] of keys) {
    if (received !== undefined && received !== expected) return `${what}: expected ${expected}, received ${received}`;
  }
  if ((part === null) !== (counts.rows === 0)) return `${counts.rows} rows, and ${part === null ? 'no' : 'a'} part`;
  const { firstPage } = result;
  if (firstPage === null && counts.pages > 0) return `${counts.pages} pages, and no first page`;
  if (firstPage !== null && counts.pages + counts.quarantined === 0) return 'a first page, and no page';
  if (part === null && index !== null) return 'an index, and no part';
  const records = quarantineRecords(counts);
  if (records < 0) return `${counts.quarantined} units that could not be read, and ${-records} more dropped ones`;
  if ((quarantine === null) !== (records === 0)) {
    return `${records} records in quarantine, and ${quarantine === null ? 'no' : 'a'} quarantine file`;
  }
  const { pages, pagesWithoutRevision, filteredPages, filteredRevisions, pagesWithoutNamespace } = counts;
  if (isEveryPage(plan.settings) && filteredPages + filteredRevisions + pagesWithoutNamespace > 0)
    return `${filteredPages} pages filtered out, and no filter in the plan`;
  if (filteredPages + pagesWithoutRevision > pages)
    return `${filteredPages} pages filtered out and ${pagesWithoutRevision} without a revision, of ${pages}`;
  const ordered = result.sequence.pageOrder?.pages ?? 0;
  if (ordered > pages) return `the order of ${ordered} pages, of ${pages}`;
  const { textsRefused, textsFlattened, templates, otherTemplates } = counts;
  const found = Object.keys(textsRefused).length + textsFlattened + Object.keys(templates).length;
  if (plan.settings.extract.length === 0 && found + otherTemplates.rendered + otherTemplates.dropped > 0)
    return 'counts of texts, and no columns made of texts in the plan';
  const header = part === null ? 0 : factsOf(plan.settings.format).headerBytes;
  let [offset, rows] = [header, 0];
  for (const member of members) {
    if (member.offset !== offset) return `a member at byte ${member.offset}: expected it at byte ${offset}`;
    offset += member.length;
    rows += member.rows;
  }
  const size = part?.size ?? 0;
  const hasFooter = header > 0;
  if (hasFooter ? offset >= size : offset !== size)
    return `members to byte ${offset}: expected ${hasFooter ? 'a footer behind them, before' : 'them to'} byte ${size}`;
  return rows === counts.rows ? null : `members of ${rows} rows: expected ${counts.rows}`;
}

/**
 * The splits to be made anew where a file's receipts do not join: both neighbours of each place where one's end is not
 * the next one's beginning, the first and the last where the file lacks an end, all that have blocks of a stream whose checksum is wrong, and all
 * splits where it is none of these.
 */
export function suspectsOfJoin(size: number, results: readonly SplitResult[]): number[] {
  const suspects = new Set<number>();
  const [first] = results;
  const compare = (
    begin: unknown,
    ends: (result: SplitResult) => readonly [first: unknown, next: unknown],
    isEnd: (end: unknown) => boolean,
  ): void => {
    let expected = begin;
    let before = first?.split.index ?? 0;
    for (const result of results) {
      const [from, to] = ends(result);
      if (from === null && to === null) continue;
      if (!isDeepStrictEqual(from, expected)) suspects.add(before).add(result.split.index);
      expected = to;
      before = result.split.index;
    }
    if (!isEnd(expected)) suspects.add(before);
  };
  compare(
    first?.head.firstBlock,
    ({ firstBlock, nextBlock }) => [firstBlock, nextBlock],
    (end) => end === 8 * size,
  );
  const begin = first === undefined ? null : { ...first.head.end, is: first.head.followedBy };
  compare(
    begin,
    ({ firstPage, nextPage }) => [firstPage === null ? null : { ...firstPage, is: 'page' }, nextPage],
    (end) => (end as SplitResult['nextPage'])?.is === 'end-tag',
  );
  for (const index of suspectsOfStreams(size, results)) suspects.add(index);
  if (first?.head.hasRoot === false) suspects.add(first.split.index);
  if (suspects.size === 0) for (const { split } of results) suspects.add(split.index);
  return [...suspects].sort((a, b) => a - b);
}
