import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { openBlockPool } from './block-pool.js';
import { ENGINES } from './engines.js';
import { EMPTY_STREAM, bz2Stream } from '@wikifleet/testing/bz2-stream';
import { EXHAUSTIVE, LONG_TESTS, extent } from '@wikifleet/testing/extent';
import { convertFile, pieces, smallDump, wholeText } from './testing/test-tools.js';
import type { ConvertedFile } from './testing/test-tools.js';

/** What must not depend on where a file is cut, nor on its blocks. */
function facts({ rows, quarantined, counts, problems }: ConvertedFile): unknown {
  const records = quarantined.split('\n').map((line) => line.replace(/"block":\d+,"offset":\d+\}$/, ''));
  return { rows: createHash('sha256').update(rows).digest('hex'), records, counts, problems };
}

/** All sizes of splits, or (but for exhaustive tests) the small ones and then ever fewer. */
function sizesOf(file: Buffer): number[] {
  const sizes: number[] = [];
  for (let size = EXHAUSTIVE || file.length < 1000 ? 1 : 3; size <= file.length;) {
    sizes.push(size);
    size += Math.ceil(extent(1, size / 5, size / 2));
  }
  return sizes;
}

/** With the engine that costs nothing to make: where rows are cut is not the engine's affair. */
async function agreesAtEverySize(file: Buffer, expected: ConvertedFile): Promise<void> {
  for (const size of sizesOf(file)) {
    const cut = await convertFile(file, size, { engine: 'reference' });
    assert.deepEqual(facts(cut), facts(expected), `splits of ${size} bytes`);
  }
}

const DUMP = smallDump(3);
const TEXT = wholeText(DUMP);
const HEAD_BYTES = Buffer.byteLength(DUMP.head);
const END_TAG = Buffer.from(TEXT).indexOf('</mediawiki>');

/** Offsets of all `<page>`. */
function pageOffsets(text: string): number[] {
  const bytes = Buffer.from(text);
  const offsets: number[] = [];
  for (let at = bytes.indexOf('<page>'); at >= 0; at = bytes.indexOf('<page>', at + 1)) offsets.push(at);
  return offsets;
}

/** Offsets `n` bytes into each `<page>`; its indentation has two. */
function intoPages(n: number): number[] {
  return pageOffsets(TEXT).map((at) => at + n);
}

function every(step: number, length: number): number[] {
  return Array.from({ length: Math.ceil(length / step) - 1 }, (_, i) => (i + 1) * step);
}

/** Files with the same rows, each with its blocks laid otherwise. */
const LAYOUTS: readonly [what: string, file: Buffer][] = [
  ['one block', bz2Stream([Buffer.from(TEXT)])],
  ['a block border before the indentation of each page', bz2Stream(pieces(TEXT, intoPages(-2)))],
  ...[0, 1, 2, 3, 4, 5, 6].map((n): [string, Buffer] => [
    `a block border ${n} bytes into each <page>`,
    bz2Stream(pieces(TEXT, intoPages(n))),
  ]),
  ['blocks of 100 bytes', bz2Stream(pieces(TEXT, every(100, Buffer.byteLength(TEXT))))],
  ['blocks of 1 and 2 bytes around the head', bz2Stream(pieces(TEXT, [1, 2, 4, HEAD_BYTES - 1, HEAD_BYTES + 1]))],
  ['the end tag in blocks of its own, cut', bz2Stream(pieces(TEXT, [END_TAG - 3, END_TAG, END_TAG + 5]))],
  [
    'a stream for each page, an empty one at the end',
    Buffer.concat([...pieces(TEXT, [...intoPages(-2), END_TAG]).map((piece) => bz2Stream([piece])), EMPTY_STREAM]),
  ],
  [
    'streams of other levels, with empty ones between, before and behind',
    Buffer.concat([
      EMPTY_STREAM,
      ...pieces(TEXT, intoPages(0)).flatMap((piece, i) => [
        bz2Stream([piece.subarray(0, 50), piece.subarray(50)], [], 1 + (i % 9)),
        EMPTY_STREAM,
        EMPTY_STREAM,
      ]),
    ]),
  ],
];

const EXTENT = EXHAUSTIVE ? 'every size' : 'many sizes (WIKIFLEET_EXHAUSTIVE_TESTS=1: every)';

describe(`splits of ${EXTENT} from 1 byte up`, function () {
  this.timeout(EXHAUSTIVE ? 600_000 : 60_000);
  let plain: ConvertedFile;
  before(async () => {
    plain = await convertFile(Buffer.from(TEXT));
    assert.deepEqual([plain.problems, plain.counts.pages, plain.counts.rows], [[], 3, 6]);
  });

  for (const [what, file] of LAYOUTS) {
    it(what, async () => {
      await agreesAtEverySize(file, plain);
    });
  }

  const broken: readonly [what: string, text: string, problems: string[]][] = [
    ['without its head', wholeText({ ...DUMP, head: '' }), ['NO_BEGINNING']],
    ['without its end tag', wholeText({ ...DUMP, tail: '' }), ['NO_END_TAG']],
    ['that ends in a page', TEXT.slice(0, TEXT.lastIndexOf('</revision>')), ['NO_END_TAG']],
    ['of a header alone', DUMP.head, ['NO_END_TAG']],
    ['of a header and an end tag', DUMP.head + DUMP.tail, []],
    ['of pages alone', DUMP.pages.join(''), ['NO_BEGINNING', 'NO_END_TAG']],
  ];
  for (const [what, text, problems] of broken) {
    it(`a file ${what}`, async () => {
      const expected = await convertFile(Buffer.from(text));
      assert.deepEqual(expected.problems, problems);
      await agreesAtEverySize(bz2Stream(pieces(text, every(150, Buffer.byteLength(text)))), expected);
    });
  }

  const refused: readonly [what: string, text: string, code: string][] = [
    ['no dump', 'only some text, which is neither a head nor a page', 'NOT_A_DUMP'],
    ['another wiki', wholeText(DUMP).replace('testwiki', 'otherwiki'), 'WIKI_DIFFERS'],
    ['garbage behind the end tag', `${TEXT}garbage`, 'BYTES_OUTSIDE_PAGES'],
    ['garbage between pages', DUMP.head + DUMP.pages.join('garbage') + DUMP.tail, 'BYTES_OUTSIDE_PAGES'],
    ['a second dump behind the first', TEXT + TEXT, 'BYTES_OUTSIDE_PAGES'],
    ['a document type', `<!DOCTYPE x []>${TEXT}`, 'DOCTYPE_REFUSED'],
  ];
  for (const [what, text, code] of refused) {
    it(`fails for ${what}, wherever it is cut`, async () => {
      const file = bz2Stream(pieces(text, every(300, Buffer.byteLength(text))));
      for (const size of [null, ...every(LONG_TESTS ? 37 : 101, file.length)]) {
        const { problems } = await convertFile(file, size, { wiki: 'testwiki' });
        assert.ok(
          problems.length > 0 && problems.every((problem) => problem === code),
          `${problems.join()} at ${size}`,
        );
      }
    });
  }

  it('empty streams alone, and an empty file, are no dump', async () => {
    const file = Buffer.concat([EMPTY_STREAM, EMPTY_STREAM, EMPTY_STREAM]);
    for (const size of [null, 1, 5, 14, 20]) {
      const { problems } = await convertFile(file, size);
      assert.ok(problems.length > 0 && problems.every((code) => code === 'NOT_A_DUMP'));
    }
    assert.deepEqual((await convertFile(Buffer.alloc(0))).problems, ['NOT_A_DUMP']);
  });

  for (const encoding of ['utf16le', 'utf16be'] as const) {
    it(`${encoding}: the first split has all of it`, async () => {
      const bytes = Buffer.from(`\ufeff${TEXT}`, 'utf16le');
      if (encoding === 'utf16be') bytes.swap16();
      const file = bz2Stream(
        // odd, so that characters are cut
        every(501, bytes.length)
          .concat(bytes.length)
          .map((to, i) => bytes.subarray(i * 501, to)),
      );
      for (const size of sizesOf(file)) {
        const cut = await convertFile(file, size);
        assert.deepEqual(facts(cut), facts(plain), `splits of ${size} bytes`);
        for (const { rows, firstBlock } of cut.parts.slice(1)) assert.deepEqual([rows.length, firstBlock], [0, null]);
        // positions are those of the transcript, in the block where they stand
        const [first] = cut.parts;
        assert.ok((first?.nextPage?.block ?? 0) > (first?.firstPage?.block ?? Infinity));
      }
    });
  }

  const beginnings: readonly [what: string, hex: string][] = [
    ["UTF-16's mark, little", 'fffe'],
    ["UTF-16's mark, big", 'feff'],
    ['NUL', '00'],
    ["UTF-8's mark", 'efbbbf'],
    ['a part of a character', 'a9'],
  ];
  for (const [what, hex] of beginnings) {
    it(`a block that begins with ${what} in mid-text is no new file`, async () => {
      const place = TEXT.indexOf('text of 1');
      const text = [
        Buffer.from(TEXT.slice(0, place)),
        Buffer.from(hex, 'hex'),
        Buffer.from(TEXT.slice(place)),
      ] as const;
      const expected = await convertFile(Buffer.concat(text));
      assert.deepEqual(expected.problems, []);
      await agreesAtEverySize(bz2Stream([text[0], Buffer.concat(text.slice(1))]), expected);
    });
  }

  it('positions: a <page> that a block border cuts is the place where its < is', async () => {
    const file = bz2Stream(pieces(TEXT, intoPages(3)));
    const { parts } = await convertFile(file, Math.ceil(file.length / 3));
    const [first, second] = parts;
    assert.ok(first?.nextPage && second?.firstPage);
    assert.deepEqual(first.nextPage, { ...second.firstPage, is: 'page' });
    assert.equal(first.nextBlock, second.firstBlock);
    // in the first block that is not the first split's, three bytes before its end
    assert.equal(first.nextPage.block, first.nextBlock);
    assert.ok(first.nextPage.offset > 100);
  });

  it('all is the same from 1, 2 and 5 threads, from chunks of any size and from each engine', async () => {
    const pools = [1, 2, 5].map(openBlockPool);
    try {
      for (const [what, file] of LAYOUTS) {
        for (const size of EXHAUSTIVE ? [null, 64, 400] : [Math.ceil(file.length / 2)]) {
          const expected = await convertFile(file, size);
          for (const pool of pools) {
            for (const chunkBytes of LONG_TESTS ? [1, 7, 1024 * 1024] : [pool.workers === 2 ? 1 : 7]) {
              const settings = { pool, chunkBytes, engine: ENGINES[(chunkBytes + 1) % ENGINES.length] ?? ENGINES[0] };
              assert.deepEqual(await convertFile(file, size, settings), expected, `${what}, splits of ${size}`);
            }
          }
        }
      }
    } finally {
      await Promise.all(pools.map(async (pool) => await pool.close()));
    }
  });
});
