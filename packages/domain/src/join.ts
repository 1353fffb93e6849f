import type { Counts, Follower, Position, SplitResult } from './receipts.js';
import { streamProblems } from './stream-checksums.js';

/** Where two things that must meet do not: the file is not whole. */
export interface JoinProblem {
  readonly code: string;
  readonly message: string;
  readonly place: string;
  readonly expected: string;
  readonly received: string;
}

function at(position: Position): string {
  return `block at bit ${position.block}, byte ${position.offset}`;
}

const FOLLOWERS: Record<Follower, string> = { page: '<page>', 'end-tag': '</mediawiki>', nothing: 'nothing' };

/** What of a split's result says where it begins and ends. */
export type SplitBoundaries = Pick<
  SplitResult,
  'head' | 'firstBlock' | 'nextBlock' | 'firstPage' | 'nextPage' | 'sequence'
> & {
  readonly split: { readonly index: number };
};

/**
 * Whether the receipts of a file's splits, in order, make the whole file: it begins where the head ends, each split's
 * end is the next one's beginning, the last ends at `</mediawiki>` and at the object's last byte, and each bzip2 stream
 * has the checksum that its trailer names. Returns what is wrong: first the blocks, then the streams and the pages, each in
 * the order of the file; empty where nothing is.
 */
export function joinProblems(size: number, results: readonly SplitBoundaries[]): JoinProblem[] {
  const problems: JoinProblem[] = [];
  const add = (code: string, what: string, place: string, expected: string, received: string): void => {
    problems.push({ code, message: `${what}: expected ${expected}, received ${received}`, place, expected, received });
  };
  const [first] = results;
  if (first === undefined) throw new RangeError('a file has at least one split');
  const { head } = first;
  if (!head.hasRoot)
    add('NO_BEGINNING', 'the file lacks its beginning', 'byte 0', '<mediawiki before the first <page>', 'none');

  joinBlocks(size, results, add);
  joinStreams(size, results, add);
  joinPages(results, add);
  return problems;
}

/** A file of which every page went to the quarantine is not done, though its receipts join. */
export function unreadableProblems({ pages, rows, quarantined, partialPages }: Counts): JoinProblem[] {
  if (quarantined === 0 || rows > 0 || partialPages < pages) return [];
  const expected = 'at least one page that can be read';
  const received = `none, of ${pages} ${pages === 1 ? 'page' : 'pages'}; the quarantine says why`;
  const message = `nothing of the file can be read: expected ${expected}, received ${received}`;
  return [{ code: 'NOTHING_READABLE', message, place: 'the pages', expected, received }];
}

/** A split owns something, or it owns nothing: one of its two ends alone says neither. */
function contradiction(add: Add, split: number, what: 'Block' | 'Page', first: unknown, next: unknown): void {
  const expected = `first${what} and next${what}, or neither`;
  const received = `${JSON.stringify(first)} and ${JSON.stringify(next)}`;
  add('RECEIPT_CONTRADICTS', `the receipt of split ${split} contradicts itself`, `split ${split}`, expected, received);
}

type Add = (code: string, what: string, place: string, expected: string, received: string) => void;

function joinBlocks(size: number, results: readonly SplitBoundaries[], add: Add): void {
  let expected = results[0]?.head.firstBlock ?? null;
  let before = 'the head';
  for (const { split, firstBlock, nextBlock } of results) {
    if (firstBlock === null && nextBlock === null) continue;
    if (firstBlock === null || nextBlock === null) {
      contradiction(add, split.index, 'Block', firstBlock, nextBlock);
      continue;
    }
    if (firstBlock !== expected) {
      add(
        'BLOCKS_DO_NOT_JOIN',
        `between ${before} and split ${split.index} blocks are missing or doubled`,
        `bit ${firstBlock}`,
        expected === null ? 'no block' : `a block at bit ${expected}`,
        `bit ${firstBlock}`,
      );
    }
    expected = nextBlock;
    before = `split ${split.index}`;
  }
  if (expected !== 8 * size) {
    add(
      'NO_END',
      'the blocks do not reach the end of the object',
      expected === null ? 'bit 0' : `bit ${expected}`,
      `bit ${8 * size}`,
      expected === null ? 'no block' : `bit ${expected}`,
    );
  }
}

/** The splits whose receipts contribute to a stream with a wrong checksum, or contradict themselves; ascending. */
export function suspectsOfStreams(size: number, results: readonly SplitBoundaries[]): number[] {
  const splits = problemsOfStreams(size, results).flatMap((problem) => problem.splits);
  return [...new Set(splits)].sort((a, b) => a - b);
}

function problemsOfStreams(size: number, results: readonly SplitBoundaries[]): ReturnType<typeof streamProblems> {
  const shares = results.map(({ split, firstBlock, nextBlock, sequence: { streams } }) => ({
    split,
    firstBlock,
    nextBlock,
    streams,
  }));
  return streamProblems(size, results[0]?.head.firstBlock ?? null, shares);
}

function joinStreams(size: number, results: readonly SplitBoundaries[], add: Add): void {
  for (const problem of problemsOfStreams(size, results)) {
    if (problem.kind === 'contradiction') {
      const split = problem.splits.join(', ');
      const what = `the receipt of split ${split} contradicts itself`;
      add('RECEIPT_CONTRADICTS', what, `split ${split}`, problem.expected, problem.received);
      continue;
    }
    const { from, to, blocks, expected, received, splits } = problem;
    const place = `bits ${from} to ${to} (bytes ${from / 8} to ${to / 8})`;
    add(
      'BZIP2_STREAM_CRC',
      `bzip2 stream at ${place}, ${rangeOf(splits)}: blocks are missing, duplicated, out of order or damaged`,
      place,
      `the CRC ${hex32(expected)} that its trailer has`,
      `${hex32(received)} of its ${blocks} blocks`,
    );
  }
}

function rangeOf(splits: readonly number[]): string {
  const [first, last] = [splits[0], splits.at(-1)];
  return first === last ? `split ${first}` : `splits ${first} to ${last}`;
}

function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function joinPages(results: readonly SplitBoundaries[], add: Add): void {
  const head = results[0]?.head;
  if (head === undefined) return;
  let expected: Position = head.end;
  let follower: Follower = head.followedBy;
  let before = 'the head';
  for (const { split, firstPage, nextPage } of results) {
    if (firstPage === null && nextPage === null) continue;
    if (firstPage === null || nextPage === null) {
      contradiction(add, split.index, 'Page', firstPage, nextPage);
      continue;
    }
    // the same place, but before it nobody saw a page begin there
    if (follower !== 'page') {
      add(
        'PAGES_DO_NOT_JOIN',
        `between ${before} and split ${split.index} the receipts contradict each other`,
        at(firstPage),
        FOLLOWERS[follower],
        FOLLOWERS.page,
      );
    } else if (firstPage.block !== expected.block || firstPage.offset !== expected.offset) {
      add(
        'PAGES_DO_NOT_JOIN',
        `between ${before} and split ${split.index} pages are missing or doubled`,
        at(firstPage),
        `a <page> at ${at(expected)}`,
        at(firstPage),
      );
    }
    expected = { block: nextPage.block, offset: nextPage.offset };
    follower = nextPage.is;
    before = `split ${split.index}`;
  }
  if (follower !== 'end-tag') {
    add('NO_END_TAG', 'the file lacks its end', at(expected), '</mediawiki> after the last page', FOLLOWERS[follower]);
  }
}
