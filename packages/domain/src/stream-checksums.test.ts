import assert from 'node:assert/strict';
import { continueFold } from './crc-fold.js';
import { StreamRecorder, streamProblems } from './stream-checksums.js';
import type { StreamProblem, StreamShare } from './stream-checksums.js';

/** A file as a list of streams, each of blocks' CRCs; a block, a header and a trailer of 100, 32 and 80 bits. */
type Streams = readonly { readonly blocks: readonly number[]; readonly crc: number }[];

const SEED = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);
const BLOCK_BITS = 104;

function foldOf(blocks: readonly number[]): number {
  let fold = 0;
  for (const crc of blocks) fold = (((fold << 1) | (fold >>> 31)) ^ crc) >>> 0;
  return fold;
}

function randomNumbers(seed: number): (below: number) => number {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** The shares of splits that own `lengths` blocks each, in turn; 0 owns none. */
function sharesOf(
  streams: Streams,
  lengths: readonly number[],
): { size: number; first: number | null; shares: StreamShare[] } {
  const places: { kind: 'header' | 'block' | 'end'; bit: number; crc: number }[] = [];
  let bit = 0;
  for (const { blocks, crc } of streams) {
    places.push({ kind: 'header', bit, crc: 0 });
    bit += 32;
    for (const block of blocks) {
      places.push({ kind: 'block', bit, crc: block });
      bit += BLOCK_BITS;
    }
    places.push({ kind: 'end', bit, crc });
    bit += 80;
  }
  const blocks = places.flatMap(({ kind }, at) => (kind === 'block' ? [at] : []));
  let taken = 0;
  const shares = lengths.map((length, index): StreamShare => {
    const own = blocks.slice(taken, taken + length);
    taken += own.length;
    const [from, next] = [own[0], blocks[taken]];
    if (from === undefined) return { split: { index }, firstBlock: null, nextBlock: null, streams: null };
    const recorder = new StreamRecorder();
    for (const place of places.slice(from, next)) {
      if (place.kind === 'header') recorder.addHeader(place.bit);
      else if (place.kind === 'block') recorder.addBlock(place.crc);
      else recorder.addEnd(place.bit, place.crc);
    }
    const nextBlock = next === undefined ? bit : places[next]!.bit;
    return { split: { index }, firstBlock: places[from]!.bit, nextBlock, streams: recorder.checksums };
  });
  const [first] = blocks;
  return { size: bit / 8, first: first === undefined ? null : places[first]!.bit, shares };
}

describe('streamProblems', () => {
  it('a fold over n blocks is linear in its start value, for any n', () => {
    const random = randomNumbers(SEED);
    for (let n = 0; n < 100; n += 1) {
      const blocks = Array.from({ length: n }, () => random(2 ** 31 - 1) * 2);
      const before = Array.from({ length: 1 + random(5) }, () => random(2 ** 31 - 1));
      assert.equal(continueFold(foldOf(before), n, foldOf(blocks)), foldOf([...before, ...blocks]), `${n} blocks`);
    }
  });

  it(`random files, cut in any way, have a problem for each cut stream whose CRC is wrong, and none else, seed ${SEED}`, () => {
    const random = randomNumbers(SEED);
    let found = 0;
    for (let round = 0; round < 3000; round += 1) {
      const streams = Array.from({ length: 1 + random(6) }, () => {
        const blocks = Array.from({ length: random(3) === 0 ? 0 : random(70) }, () => random(2 ** 31 - 1));
        const isWrong = blocks.length > 0 && random(4) === 0;
        return { blocks, crc: (foldOf(blocks) ^ (isWrong ? 1 + random(1000) : 0)) >>> 0 };
      });
      const total = streams.reduce((sum, { blocks }) => sum + blocks.length, 0);
      const lengths: number[] = [];
      for (let left = total; left > 0;) {
        const length = random(4) === 0 ? 0 : Math.min(left, random(40));
        lengths.push(length);
        left -= length;
      }
      const { size, first, shares } = sharesOf(streams, [...lengths, 0]);
      const problems = streamProblems(size, first, shares);
      const expected: unknown[] = [];
      let [bit, block] = [0, 0];
      for (const { blocks, crc } of streams) {
        const to = bit + 32 + blocks.length * BLOCK_BITS + 80;
        const splits = ownersOf(lengths, block, block + blocks.length);
        // a split that has all of a stream between its first and last one compares it by itself
        if (foldOf(blocks) !== crc && !isInside(lengths, block, block + blocks.length, splits)) {
          const received = foldOf(blocks);
          expected.push({
            kind: 'crc',
            from: bit,
            to: Math.ceil(to / 8) * 8,
            blocks: blocks.length,
            expected: crc,
            received,
            splits,
          });
        }
        bit = to;
        block += blocks.length;
      }
      assert.deepEqual(problems, expected, `seed ${SEED}, round ${round}`);
      found += problems.length;
    }
    assert.ok(found > 500, `${found} problems`);
  });

  it('a receipt that contradicts itself is a problem', () => {
    const streams = [{ blocks: [1, 2, 3], crc: foldOf([1, 2, 3]) }];
    const { size, first, shares } = sharesOf(streams, [1, 2]);
    const problemsWith = (index: number, change: Partial<StreamShare>): StreamProblem['kind'][] =>
      streamProblems(
        size,
        first,
        shares.map((share, i) => (i === index ? { ...share, ...change } : share)),
      ).map(({ kind }) => kind);
    assert.deepEqual(problemsWith(0, {}), []);
    const [open, ended] = shares.map((share) => share.streams!) as [
      NonNullable<StreamShare['streams']>,
      NonNullable<StreamShare['streams']>,
    ];
    const changes: [number, Partial<StreamShare>][] = [
      [0, { streams: null }],
      [0, { firstBlock: null, nextBlock: null }],
      [0, { streams: { first: open.first, last: { header: 40, blocks: 0, fold: 0 } } }],
      [1, { streams: { first: { ...ended.first, end: null }, last: null } }],
      [1, { streams: { first: ended.first, last: { header: 400, blocks: 0, fold: 0 } } }],
      [1, { streams: { first: { ...ended.first, end: { bit: 1, crc: 0 } }, last: null } }],
      [0, { streams: { first: { ...open.first, end: { bit: 100, crc: open.first.fold } }, last: null } }],
    ];
    for (const [index, change] of changes) {
      assert.ok(problemsWith(index, change).includes('contradiction'), JSON.stringify(change));
    }
  });
});

/** The splits that own blocks in `[from, to)`. */
function ownersOf(lengths: readonly number[], from: number, to: number): number[] {
  let at = 0;
  return lengths.flatMap((length, split) => {
    const isOwner = at < to && at + length > from && length > 0;
    at += length;
    return isOwner ? [split] : [];
  });
}

/** Whether one split owns the stream's blocks and a block before them: its own reading saw the header and compared. */
function isInside(lengths: readonly number[], from: number, to: number, owners: readonly number[]): boolean {
  const [owner] = owners;
  if (owner === undefined || owners.length > 1) return false;
  const start = lengths.slice(0, owner).reduce((sum, length) => sum + length, 0);
  return start < from && start + lengths[owner]! >= to;
}
