import assert from 'node:assert/strict';
import { Random } from '@wikifleet/testing/random';
import { findMagics } from '@wikifleet/bzip2/find-magic';
import { MAX_REJECTED_CANDIDATES } from '@wikifleet/bzip2/block-chain';
import { openBlockPool } from './block-pool.js';
import { EMPTY_STREAM, PLANTED_BLOCK, PLANTED_END, bz2Stream } from '@wikifleet/testing/bz2-stream';
import { EXHAUSTIVE, extent } from '@wikifleet/testing/extent';
import { expectedSamples } from '@wikifleet/testing/samples';
import { convertFile, convertPart, pieces, readSample, smallDump, wholeText } from './testing/test-tools.js';
import type { ConvertedFile } from './testing/test-tools.js';

const DUMP = smallDump(6, (page) => `text of ${page} `.repeat(12));
const TEXT = wholeText(DUMP);
const BLOCKS = pieces(TEXT, new Random(5).cuts(7, Buffer.byteLength(TEXT)));
const PAGES = pieces(
  TEXT,
  [...DUMP.pages.keys()].map((i) => Buffer.byteLength(DUMP.head + DUMP.pages.slice(0, i).join(''))),
);
const ONE_STREAM = bz2Stream(BLOCKS);
const MANY_STREAMS = Buffer.concat([...BLOCKS.map((block) => bz2Stream([block])), EMPTY_STREAM]);

function flipped(file: Buffer, bit: number): Buffer {
  const broken = Buffer.from(file);
  broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (128 >> (bit & 7));
  return broken;
}

/** Rows right, or something is said, with its place. */
function checkSaid(found: ConvertedFile, whole: ConvertedFile, what: string): void {
  if (found.problems.length === 0) assert.ok(found.rows.equals(whole.rows), `${what}: nothing was said`);
  for (const { failure } of found.parts) {
    if (failure !== null) assert.match(`${failure.place} ${failure.message}`, /(bit|byte) \d+/, what);
  }
}

describe('damage', function () {
  this.timeout(EXHAUSTIVE ? 3_600_000 : 120_000);
  const pool = openBlockPool(3);
  after(async () => await pool.close());
  let whole: ConvertedFile;
  before(async () => {
    whole = await convertFile(Buffer.from(TEXT));
    assert.deepEqual([whole.problems, whole.counts.pages], [[], 6]);
  });

  describe('a magic that stands in a block by chance', () => {
    for (const [what, planted] of [
      ['of a block', [PLANTED_BLOCK]],
      ["of a stream's end", [PLANTED_END]],
      ['of both, several times', [PLANTED_BLOCK, PLANTED_END, PLANTED_BLOCK, PLANTED_END, PLANTED_BLOCK]],
    ] as const) {
      it(`${what} changes nothing, wherever a split begins, and is noted where it was tried`, async () => {
        const plain = bz2Stream(BLOCKS);
        const file = bz2Stream(
          BLOCKS,
          BLOCKS.map(() => ({ planted })),
        );
        const magics = [...findMagics(file)];
        assert.equal(magics.length, BLOCKS.length * (1 + planted.length) + 1);
        const real = new Set(magics.filter((_, i) => i % (1 + planted.length) === 0).map(({ bit }) => bit));
        assert.ok(file.length > plain.length);
        for (let cut = 1; cut < file.length; cut += extent(1, 41, 97)) {
          const found = await convertFile(file, [cut], { pool, engine: 'reference' });
          assert.deepEqual(found.problems, []);
          assert.ok(found.rows.equals(whole.rows), `cut at ${cut}`);
          const before = magics.filter(({ kind, bit }) => {
            const first = found.parts[1]?.firstBlock ?? Number.POSITIVE_INFINITY;
            return kind === 'block' && bit >= cut * 8 && bit < first && !real.has(bit);
          });
          const noted = found.parts.map(({ rejectedCandidates }) => rejectedCandidates);
          assert.deepEqual(noted, [[], before.map(({ bit }) => bit)], `cut at ${cut}`);
        }
      });
    }

    it(`more than ${MAX_REJECTED_CANDIDATES} of them fail the split`, async () => {
      const planted = Array.from({ length: MAX_REJECTED_CANDIDATES + 1 }, () => PLANTED_BLOCK);
      const file = bz2Stream(BLOCKS, [{ planted }, {}, { planted: planted.slice(1) }]);
      const magics = [...findMagics(file)];
      const [first, third] = [magics[0], magics[MAX_REJECTED_CANDIDATES + 3]].map((magic) =>
        Math.ceil(((magic?.bit ?? 0) + 1) / 8),
      );
      assert.ok(first !== undefined && third !== undefined);
      for (const one of [undefined, pool]) {
        const settings = one === undefined ? {} : { pool: one };
        const { failure } = await convertPart(file, { start: first, end: file.length }, settings);
        assert.equal(failure?.code, 'NO_FIRST_BLOCK');
        assert.match(failure.message, /bit \d+/);
        const part = await convertPart(file, { start: third, end: file.length }, settings);
        assert.deepEqual([part.failure, part.rejectedCandidates.length], [null, MAX_REJECTED_CANDIDATES]);
        // from the file's beginning they are nothing special
        assert.ok((await convertFile(file, null, settings)).rows.equals(whole.rows));
      }
    });
  });

  for (const [what, file] of [
    ['one stream', ONE_STREAM],
    ['many streams', MANY_STREAMS],
  ] as const) {
    it(`a flipped bit at every magic, checksum, header and trailer of ${what}`, async () => {
      const places = new Set<number>(Array.from({ length: 32 }, (_, bit) => bit));
      for (const { bit } of findMagics(file)) {
        // magic and checksum; behind a stream's end the next header, too
        for (let i = -8; i < 48 + 32 + 40; i += extent(1, 5, 5)) places.add(bit + i);
      }
      const cuts: (number | null)[] = [null, 150, Math.ceil(file.length / 2)];
      for (const bit of places) {
        if (bit < 0 || bit >= file.length * 8) continue;
        for (const cut of cuts) {
          const found = await convertFile(flipped(file, bit), cut, { engine: 'reference' });
          checkSaid(found, whole, `bit ${bit}, splits of ${cut}`);
        }
      }
    });

    it(`a flipped bit anywhere in ${what}, in threads`, async () => {
      for (let bit = 3; bit < file.length * 8; bit += extent(1, 149, 307)) {
        for (const cut of [null, 150]) {
          const found = await convertFile(flipped(file, bit), cut, { pool, engine: 'reference' });
          checkSaid(found, whole, `bit ${bit}, splits of ${cut}`);
        }
      }
    });

    it(`${what} cut short anywhere`, async () => {
      for (let end = 0; end < file.length; end += extent(1, 11, 23)) {
        for (const cut of [null, 150]) {
          const found = await convertFile(file.subarray(0, end), cut, { engine: 'reference' });
          // the empty stream at the end may be missing: all that is lost is nothing
          const isComplete = what === 'many streams' && end === file.length - EMPTY_STREAM.length;
          assert.equal(found.problems.length > 0, !isComplete, `${end} bytes, splits of ${cut}`);
          checkSaid(found, whole, `${end} bytes, splits of ${cut}`);
        }
      }
    });
  }

  it('a block that is lost at any border of splits is seen', async () => {
    const magics = [...findMagics(ONE_STREAM)].map(({ bit }) => bit);
    for (const [i, bit] of magics.entries()) {
      if (i === 0 || i === magics.length - 1) continue;
      // its magic is destroyed: whoever begins there does not find it
      const broken = flipped(ONE_STREAM, bit + 7);
      for (const cut of [Math.floor(bit / 8), Math.ceil((bit + 1) / 8), Math.floor((bit - 300) / 8)]) {
        const { problems } = await convertFile(broken, [cut]);
        assert.ok(problems.length > 0, `the block at bit ${bit}, cut at byte ${cut}`);
      }
    }
  });

  it('streams that are missing, doubled or swapped inside of pages are seen', async () => {
    const streams = BLOCKS.map((block) => bz2Stream([block]));
    const changes: readonly [what: string, streams: Buffer[]][] = [
      ...streams.map((_, i): [string, Buffer[]] => [`without stream ${i}`, streams.filter((__, j) => j !== i)]),
      ...streams
        .slice(1)
        .map((stream, i): [string, Buffer[]] => [
          `streams ${i} and ${i + 1} swapped`,
          [...streams.slice(0, i), stream, streams[i] ?? stream, ...streams.slice(i + 2)],
        ]),
    ];
    for (const [what, changed] of changes) {
      const file = Buffer.concat(changed);
      for (const cut of [null, 150]) {
        const { rows, problems, counts } = await convertFile(file, cut);
        const isSaid = problems.length > 0 || counts.quarantined > 0 || counts.partialPages > 0;
        assert.ok(isSaid || rows.equals(whole.rows), `${what}, splits of ${cut}`);
      }
    }
  });

  it('whole pages in whole streams that are missing or swapped cannot be seen here: the checksum of the file is for that', async () => {
    const streams = PAGES.map((page) => bz2Stream([page]));
    const without = Buffer.concat(streams.filter((_, i) => i !== 3));
    const swapped = Buffer.concat([...streams.slice(0, 2), ...streams.slice(2, 4).toReversed(), ...streams.slice(4)]);
    for (const cut of [null, 150]) {
      const lost = await convertFile(without, cut);
      assert.deepEqual([lost.problems, lost.counts.pages], [[], 5]);
      const mixed = await convertFile(swapped, cut);
      assert.deepEqual([mixed.problems, mixed.counts.pages], [[], 6]);
    }
    // but not at the beginning or the end
    assert.notDeepEqual((await convertFile(Buffer.concat(streams.slice(1)))).problems, []);
    assert.notDeepEqual((await convertFile(Buffer.concat(streams.slice(0, -1)))).problems, []);
  });

  it('a flipped bit in every block of a real dump in turn, with threads', async function () {
    if (expectedSamples() === null) {
      return this.skip('the real dump samples beside the checkout (../shared/samples)');
    }
    const file = readSample('multistream/elwikivoyage-sample-multistream.xml.bz2');
    const magics = [...findMagics(file)];
    const sound = await convertFile(file, null, { pool });
    const random = new Random(9);
    for (const [i, { kind, bit }] of magics.entries()) {
      if (kind === 'end' || i % extent(1, 10, 30) !== 0) continue;
      const end = magics[i + 1]?.bit ?? file.length * 8;
      const broken = flipped(file, bit + 80 + random.below(end - bit - 80));
      for (const cut of [[Math.floor(bit / 8)], [Math.floor(bit / 8) + 1, Math.floor(end / 8)]]) {
        const found = await convertFile(broken, cut, { pool });
        assert.ok(found.problems.length > 0, `the block at bit ${bit}, cut at ${cut.join()}`);
        checkSaid(found, sound, `the block at bit ${bit}`);
      }
    }
  });
});
