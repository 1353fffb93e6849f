import assert from 'node:assert/strict';
import { joinProblems, unreadableProblems } from './join.js';
import type { SplitBoundaries } from './join.js';
import { emptyCounts } from './receipts.js';
import type { Head, Position } from './receipts.js';
import { NO_SEQUENCE } from './sequence.js';
import type { Sequence } from './sequence.js';

const HEAD: Head = {
  firstBlock: 32,
  bytes: 500,
  end: { block: 32, offset: 500 },
  followedBy: 'page',
  hasRoot: true,
  dbname: 'aawiki',
  encoding: 'utf-8',
};
const SIZE = 1000;
const END = 8 * SIZE;

function at(block: number, offset: number): Position {
  return { block, offset };
}

/** One block of the file's only stream; `isLast`: the stream ends behind it. */
function blockOf(isLast = false): Sequence {
  const end = isLast ? { bit: END - 80, crc: 0 } : null;
  return { streams: { first: { blocks: 1, fold: 0, end }, last: null }, pageOrder: null };
}

/** Three splits, the second without a page and the third without anything: the file of the happy case. */
function whole(): SplitBoundaries[] {
  return [
    {
      split: { index: 0 },
      head: HEAD,
      firstBlock: 32,
      nextBlock: 3000,
      firstPage: at(32, 500),
      nextPage: { ...at(3000, 7), is: 'page' },
      sequence: blockOf(),
    },
    {
      split: { index: 1 },
      head: HEAD,
      firstBlock: 3000,
      nextBlock: 6000,
      firstPage: null,
      nextPage: null,
      sequence: blockOf(),
    },
    {
      split: { index: 2 },
      head: HEAD,
      firstBlock: null,
      nextBlock: null,
      firstPage: null,
      nextPage: null,
      sequence: NO_SEQUENCE,
    },
    {
      split: { index: 3 },
      head: HEAD,
      firstBlock: 6000,
      nextBlock: END,
      firstPage: at(3000, 7),
      nextPage: { ...at(6000, 90), is: 'end-tag' },
      sequence: blockOf(true),
    },
  ];
}

function changed(index: number, change: Partial<SplitBoundaries>): SplitBoundaries[] {
  return whole().map((result, i) => (i === index ? { ...result, ...change } : result));
}

describe('joinProblems', () => {
  const head = (change: Partial<Head>): SplitBoundaries[] => changed(0, { head: { ...HEAD, ...change } });
  const broken: [what: string, results: SplitBoundaries[], codes: string[]][] = [
    ['the beginning is missing', head({ hasRoot: false }), ['NO_BEGINNING']],
    ['the end tag is missing', changed(3, { nextPage: { ...at(6000, 90), is: 'nothing' } }), ['NO_END_TAG']],
    ['the last page is followed by another', changed(3, { nextPage: { ...at(6000, 90), is: 'page' } }), ['NO_END_TAG']],
    ['a block is missing after the head', head({ firstBlock: 16 }), ['BLOCKS_DO_NOT_JOIN']],
    ['a block is missing between splits', changed(1, { firstBlock: 3500 }), ['BLOCKS_DO_NOT_JOIN']],
    ['a block is doubled', changed(1, { firstBlock: 2500 }), ['BLOCKS_DO_NOT_JOIN']],
    ['a block is there that nobody expected', head({ firstBlock: null }), ['BLOCKS_DO_NOT_JOIN']],
    ['the blocks do not reach the end', changed(3, { nextBlock: END - 80 }), ['NO_END', 'RECEIPT_CONTRADICTS']],
    ['the blocks reach past the end', changed(3, { nextBlock: END + 8 }), ['NO_END', 'RECEIPT_CONTRADICTS']],
    ['a page is missing after the head', head({ end: at(32, 400) }), ['PAGES_DO_NOT_JOIN']],
    ['a page is missing between splits', changed(3, { firstPage: at(3000, 8) }), ['PAGES_DO_NOT_JOIN']],
    ['a page is in another block', changed(3, { firstPage: at(6000, 7) }), ['PAGES_DO_NOT_JOIN']],
    ['a page is doubled', changed(3, { firstPage: at(32, 500) }), ['PAGES_DO_NOT_JOIN']],
    [
      'the file ended before its last page',
      changed(0, { nextPage: { ...at(3000, 7), is: 'end-tag' } }),
      ['PAGES_DO_NOT_JOIN'],
    ],
    ['a page follows a head without pages', head({ followedBy: 'end-tag' }), ['PAGES_DO_NOT_JOIN']],
    ['a receipt has a block without a next one', changed(3, { nextBlock: null }), ['RECEIPT_CONTRADICTS', 'NO_END']],
    ['a receipt has a page without a next one', changed(3, { nextPage: null }), ['RECEIPT_CONTRADICTS', 'NO_END_TAG']],
    [
      'a receipt has a next page without one',
      changed(1, { nextPage: { ...at(1, 1), is: 'end-tag' } }),
      ['RECEIPT_CONTRADICTS'],
    ],
    ['a split is missing', whole().filter(({ split }) => split.index !== 1), ['BLOCKS_DO_NOT_JOIN']],
    [
      'the splits are out of order',
      [0, 3, 1, 2].map((i) => whole()[i]).filter((r) => r !== undefined),
      ['BLOCKS_DO_NOT_JOIN', 'BLOCKS_DO_NOT_JOIN', 'NO_END'],
    ],
    [
      'everything is off',
      [{ ...(whole()[0] as SplitBoundaries), head: { ...HEAD, hasRoot: false, firstBlock: 0, end: at(0, 0) } }],
      ['NO_BEGINNING', 'BLOCKS_DO_NOT_JOIN', 'NO_END', 'PAGES_DO_NOT_JOIN', 'NO_END_TAG'],
    ],
  ];
  for (const [what, results, codes] of broken) {
    it(`sees that ${what}`, () => {
      const problems = joinProblems(SIZE, results);
      assert.deepEqual(
        problems.map(({ code }) => code),
        codes,
      );
      for (const { message, expected, received, place } of problems) {
        assert.ok(message.includes(expected) && message.includes(received), message);
        assert.ok(place.length > 0);
        assert.doesNotMatch(message, /bit null|undefined|\[object/);
      }
    });
  }

  it('names both places of a gap', () => {
    const [problem] = joinProblems(SIZE, changed(1, { firstBlock: 3500 }));
    assert.match(problem?.message ?? '', /between split 0 and split 1 .*bit 3000.*bit 3500/);
    const [page] = joinProblems(SIZE, changed(3, { firstPage: at(3000, 8) }));
    assert.match(page?.message ?? '', /between split 0 and split 3 .*bit 3000, byte 7.*bit 3000, byte 8/);
  });

  it('has no problem with a whole file, null splits in between', () => {
    assert.deepEqual(joinProblems(SIZE, whole()), []);
  });

  describe('a file that is a header only', () => {
    const only = (followedBy: Head['followedBy']): SplitBoundaries[] => [
      {
        split: { index: 0 },
        head: { ...HEAD, followedBy },
        firstBlock: 32,
        nextBlock: END,
        firstPage: null,
        nextPage: null,
        sequence: blockOf(true),
      },
    ];
    it('is whole with its end tag', () => {
      assert.deepEqual(joinProblems(SIZE, only('end-tag')), []);
    });
    it('is not whole without', () => {
      assert.deepEqual(
        joinProblems(SIZE, only('nothing')).map(({ code }) => code),
        ['NO_END_TAG'],
      );
    });
    it('is not whole where a page should follow', () => {
      assert.deepEqual(
        joinProblems(SIZE, only('page')).map(({ code }) => code),
        ['NO_END_TAG'],
      );
    });
  });

  it('joins an object without blocks (gzip, plain XML), and sees that one was cut', () => {
    const plain: SplitBoundaries = {
      split: { index: 0 },
      head: { ...HEAD, firstBlock: 0, end: at(0, 500) },
      firstBlock: 0,
      nextBlock: END,
      firstPage: at(0, 500),
      nextPage: { ...at(0, 9000), is: 'end-tag' },
      sequence: NO_SEQUENCE,
    };
    assert.deepEqual(joinProblems(SIZE, [plain]), []);
    assert.deepEqual(
      joinProblems(SIZE + 1, [plain]).map(({ code }) => code),
      ['NO_END'],
    );
  });

  it('says of an object in which nothing was found that it has no block', () => {
    const empty: SplitBoundaries = {
      split: { index: 0 },
      head: { ...HEAD, firstBlock: null, hasRoot: false, followedBy: 'nothing' },
      firstBlock: null,
      nextBlock: null,
      firstPage: null,
      nextPage: null,
      sequence: NO_SEQUENCE,
    };
    const codes = joinProblems(SIZE, [empty]).map(({ code, message }) => [code, message]);
    assert.deepEqual(
      codes.map(([code]) => code),
      ['NO_BEGINNING', 'NO_END', 'NO_END_TAG'],
    );
    assert.match(codes[1]?.[1] ?? '', /received no block/);
  });

  it('of no split at all is an error', () => {
    assert.throws(() => joinProblems(SIZE, []), RangeError);
  });
});

describe('unreadableProblems', () => {
  const of = (counts: object): string[] => unreadableProblems({ ...emptyCounts(), ...counts }).map(({ code }) => code);

  it('is one for a file of which every page went to the quarantine', () => {
    assert.deepEqual(of({ pages: 2, partialPages: 2, quarantined: 3 }), ['NOTHING_READABLE']);
  });

  it('is none where a page was read, and where there is none', () => {
    assert.deepEqual(of({}), []);
    assert.deepEqual(of({ pages: 2, pagesWithoutRevision: 2 }), []);
    assert.deepEqual(of({ pages: 2, rows: 1, partialPages: 2, quarantined: 3 }), []);
    assert.deepEqual(of({ pages: 2, partialPages: 1, quarantined: 1, pagesWithoutRevision: 1 }), []);
    assert.deepEqual(of({ pages: 2, partialPages: 1, quarantined: 1, filteredPages: 1 }), []);
  });
});
