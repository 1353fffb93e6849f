import assert from 'node:assert/strict';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { createHash } from 'node:crypto';
import { FleetError } from '@wikifleet/domain/errors';
import fc from 'fast-check';
import { BlockChain } from './block-chain.js';
import { SLICE_BYTES } from './block-decoder.js';
import { InlineBlockDecoders } from './block-decoders.js';
import { binary, blockBits, codeRuns, fieldsOf, spell, writeStream } from './testing/bzip2-writer.js';
import type { BlockFields } from './testing/bzip2-writer.js';
import { libbz2, WITHOUT_LIBBZ2 } from './testing/libbz2.js';
import { findMagics } from './find-magic.js';
import { BOMB, EMPTY, FIXTURES, THREE_BLOCKS } from './testing/fixtures.js';

interface Outcome {
  bytes: Buffer;
  /** Bit positions of the blocks, in order. */
  blocks: number[];
  /** By block: decoded bytes. */
  sizes: number[];
  /** The error's code, or null. */
  code: string | null;
  error: unknown;
  chain: BlockChain;
}

async function* arriving(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

/** Decodes a file of `size` bytes that arrives in `chunks`. */
async function decode(chunks: Iterable<Uint8Array>, size: number): Promise<Outcome> {
  const chain = new BlockChain({
    source: arriving(chunks),
    start: 0,
    end: size,
    size,
    decoders: new InlineBlockDecoders(),
  });
  const parts: Buffer[] = [];
  const blocks: number[] = [];
  const sizes: number[] = [];
  const outcome = (error: unknown): Outcome => {
    const code = error instanceof FleetError ? error.code : null;
    return { bytes: Buffer.concat(parts), blocks, sizes, code, error, chain };
  };
  try {
    for await (const block of chain) {
      blocks.push(block.bit);
      let decoded = 0;
      for (let bytes = block.read(); bytes !== null; bytes = block.read()) {
        assert.ok(bytes.length > 0 && bytes.length <= SLICE_BYTES);
        decoded += bytes.length;
        parts.push(Buffer.from(bytes));
      }
      sizes.push(decoded);
    }
    return outcome(null);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return outcome(error);
  }
}

function* cut(input: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const TEXT = FIXTURES.find(({ name }) => name === 'text')!;
const MANY = FIXTURES.find(({ name }) => name === THREE_BLOCKS)!;

function small(change: Partial<BlockFields> = {}): BlockFields {
  const decoded = Buffer.from('abc');
  return { ...fieldsOf({ coded: codeRuns(decoded), decoded }), ...change };
}

const afterSmall = 32 + blockBits(small()).length;
const AFTER_SMALL = `bit ${afterSmall} (byte ${Math.floor(afterSmall / 8)})`;

const failures: { name: string; input: Buffer; code: string; place: string; decoded?: number }[] = [
  { name: 'no input', input: Buffer.alloc(0), code: 'BZIP2_TRUNCATED', place: 'bit 0 (byte 0)' },
  { name: 'part of a header', input: Buffer.from('BZh'), code: 'BZIP2_TRUNCATED', place: 'bit 24 (byte 3)' },
  { name: 'level 0', input: Buffer.from('BZh0'), code: 'BZIP2_BAD_HEADER', place: 'bit 0 (byte 0)' },
  { name: 'gzip', input: Buffer.from('1f8b0800', 'hex'), code: 'BZIP2_BAD_HEADER', place: 'bit 0 (byte 0)' },
  { name: 'one byte of plain text', input: Buffer.from('<'), code: 'BZIP2_BAD_HEADER', place: 'bit 0 (byte 0)' },
  { name: 'no magic', input: Buffer.from('BZh9 and text'), code: 'BZIP2_BAD_MAGIC', place: 'bit 32 (byte 4)' },
  {
    name: 'a zero after the last stream',
    input: Buffer.concat([EMPTY, Buffer.alloc(1)]),
    code: 'BZIP2_TRAILING_GARBAGE',
    place: 'bit 112 (byte 14)',
  },
  {
    name: 'text after the last stream',
    input: Buffer.concat([TEXT.bz2, Buffer.from('BZ2')]),
    code: 'BZIP2_TRAILING_GARBAGE',
    place: 'bit 544 (byte 68)',
    decoded: 25,
  },
  {
    name: 'half a header after the last stream',
    input: Buffer.concat([TEXT.bz2, Buffer.from('BZ')]),
    code: 'BZIP2_TRUNCATED',
    place: 'bit 560 (byte 70)',
    decoded: 25,
  },
  {
    name: "a stream's wrong CRC",
    input: writeStream(9, [small()], 7),
    code: 'BZIP2_STREAM_CRC',
    place: AFTER_SMALL,
    decoded: 3,
  },
  {
    name: 'a wrong CRC of an empty stream',
    input: writeStream(9, [], 1),
    code: 'BZIP2_STREAM_CRC',
    place: 'bit 32 (byte 4)',
  },
  {
    name: 'a second block that is wrong',
    input: writeStream(9, [small(), small({ crc: 5 })]),
    code: 'BZIP2_BLOCK_CRC',
    place: AFTER_SMALL,
    decoded: 3,
  },
];

describe('streams of bzip2', () => {
  for (const { name, input, code, place, decoded = 0 } of failures) {
    it(`refuses ${name}, after what was complete before it`, async () => {
      for (const size of [1, 7, 2 ** 20]) {
        const outcome = await decode(cut(input, size), input.length);
        assert.equal(outcome.code, code);
        assert.equal((outcome.error as FleetError).place, place);
        assert.equal(outcome.bytes.length, decoded);
      }
    });
  }

  it('says so wherever the input is cut, and hands out the complete blocks before', async function () {
    const input = Buffer.concat([EMPTY, TEXT.bz2, MANY.bz2]);
    const whole = await decode([input], input.length);
    const magics = [...findMagics(input)];
    // By block: where the magic after it begins, and how many bytes are decoded by then.
    const ends = whole.blocks.map((block) => magics[magics.findIndex(({ bit }) => bit === block) + 1]!.bit);
    assert.equal(ends.length, 4);
    const sizes = [0, TEXT.size, TEXT.size + whole.sizes[1]!, whole.bytes.length - whole.sizes[3]!, whole.bytes.length];
    const streamEnds = [EMPTY.length, EMPTY.length + TEXT.bz2.length];
    for (let length = 0; length < input.length; length++) {
      if (!LONG_TESTS && length % 3 > 0 && !streamEnds.includes(length)) continue;
      const { code, bytes } = await decode([input.subarray(0, length)], length);
      // A cut between streams is an end: nothing in the format tells.
      const isEnd = streamEnds.includes(length);
      assert.equal(code, isEnd ? null : 'BZIP2_TRUNCATED', `cut at ${length}`);
      assert.equal(bytes.length, sizes[ends.filter((end) => end <= length * 8).length]);
    }
  });

  it('never gives other bytes for a flipped bit, and agrees with libbz2 about each', async function () {
    const million = [...flips(FIXTURES.find(({ name }) => name === 'a million equal bytes')!.bz2)];
    const flipped = [...flips(TEXT.bz2), ...million.filter((_, bit) => LONG_TESTS || bit % 5 === 0)];
    const outcomes: Outcome[] = [];
    for (const input of flipped) outcomes.push(await decode([input], input.length));
    for (const [i, { code, bytes }] of outcomes.entries()) {
      const expected = i < TEXT.bz2.length * 8 ? TEXT.sha256 : FIXTURES[3]!.sha256;
      if (code === null) assert.equal(sha256(bytes), expected, `bit ${i}`);
      else assert.ok(bytes.length === 0 || sha256(bytes) === expected, `bit ${i}`);
    }
    if (WITHOUT_LIBBZ2 !== null) {
      console.log(`in part: ${WITHOUT_LIBBZ2}`);
      return;
    }
    for (const [i, answer] of libbz2(flipped).entries()) {
      const { code, bytes } = outcomes[i]!;
      assert.equal(code === null, answer !== null, `bit ${i}: ${code}`);
      if (answer !== null) assert.ok(answer.equals(bytes));
    }
  });

  for (const { name, bz2, size, sha256: expected } of FIXTURES) {
    it(`decodes ${name}, in chunks of any size`, async () => {
      const chunks = [1, 2, 13, 1000, 2 ** 20];
      for (const chunk of chunks) {
        const { code, bytes, chain } = await decode(cut(bz2, chunk), bz2.length);
        assert.equal(code, null);
        assert.equal(bytes.length, size);
        assert.equal(sha256(bytes), expected);
        assert.equal(chain.nextBlock, size === 0 ? null : bz2.length * 8);
        assert.equal(chain.firstBlock, size === 0 ? null : 32);
      }
    });
  }

  it('reads stream after stream, of several levels, and says where the blocks are', async function () {
    const level3 = writeStream(3, [small(), small()]);
    const input = Buffer.concat([EMPTY, EMPTY, TEXT.bz2, EMPTY, level3, MANY.bz2, EMPTY]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 30 }), async (sizes) => {
        const { code, bytes, blocks, chain } = await decode(cutRandomly(input, sizes), input.length);
        assert.equal(code, null);
        assert.equal(sha256(bytes.subarray(0, 25)), TEXT.sha256);
        assert.equal(bytes.subarray(25, 31).toString(), 'abcabc');
        assert.equal(sha256(bytes.subarray(31)), MANY.sha256);
        const at = 28 + TEXT.bz2.length + 14;
        assert.deepEqual(blocks.slice(0, 4), [
          28 * 8 + 32,
          at * 8 + 32,
          at * 8 + 32 + blockBits(small()).length,
          (at + level3.length) * 8 + 32,
        ]);
        assert.equal(chain.firstBlock, 28 * 8 + 32);
        assert.equal(chain.nextBlock, input.length * 8);
      }),
      { numRuns: 50 },
    );
  });

  it('is not taken in by magics within a block, however the input arrives', async () => {
    const magic = `${binary(0x314159, 24)}${binary(0x265359, 24)}0`;
    const fields = small();
    const planted = magic.repeat(200);
    const count = planted.replaceAll('1', '').length;
    const tables = { tables: 6, lengths: Array.from({ length: 6 }, () => fields.lengths[0]!) };
    const block = { ...fields, ...tables, selectors: `0${planted}`, selectorCount: 1 + count };
    const input = writeStream(9, [block, small(), block]);
    for (const size of [1, 3, 100, input.length]) {
      const { code, bytes, blocks } = await decode(cut(input, size), input.length);
      assert.equal(code, null);
      assert.equal(bytes.toString(), 'abcabcabc');
      assert.equal(blocks.length, 3);
    }
  });

  it('decodes more input than it can hold, given at once or piece by piece', async function () {
    const copies = 12_000;
    const { bz2, size } = FIXTURES.find(({ name }) => name === 'all bytes')!;
    const input = Buffer.concat(Array.from({ length: copies }, () => bz2));
    assert.ok(input.length > 5e6);
    for (const chunk of [1000, 70_001, 3_000_000, input.length]) {
      const { code, bytes, blocks, chain } = await decode(cut(input, chunk), input.length);
      assert.equal(code, null);
      assert.deepEqual(blocks.slice(-1), [(copies - 1) * bz2.length * 8 + 32]);
      assert.equal(chain.nextBlock, input.length * 8);
      assert.ok(bytes.equals(Buffer.alloc(copies * size, bytes.subarray(0, size))));
    }
  });

  it('takes a long block with false magics in it, in small chunks', async function () {
    const { fields, decoded } = longBlock(200_000);
    const planted = `${binary(0x314159, 24)}${binary(0x265359, 24)}0`.repeat(300);
    const selectorCount = fields.selectorCount + planted.replaceAll('1', '').length;
    const lengths = Array.from({ length: 6 }, () => fields.lengths[0]!);
    const block = { ...fields, tables: 6, lengths, selectors: fields.selectors + planted, selectorCount };
    const input = writeStream(9, [block, small()]);
    assert.ok(input.length > 200_000);
    for (const size of [16, 4096, input.length]) {
      const { code, bytes } = await decode(cut(input, size), input.length);
      assert.equal(code, null);
      assert.ok(bytes.equals(Buffer.concat([decoded, Buffer.from('abc')])));
    }
  });

  it('holds neither a bomb nor what it expands to', async function () {
    const streams = 3;
    const input = Buffer.concat(Array.from({ length: streams }, () => BOMB.bz2));
    const decoders = new InlineBlockDecoders();
    const chain = new BlockChain({
      source: arriving([input]),
      start: 0,
      end: input.length,
      size: input.length,
      decoders,
    });
    const before = process.memoryUsage();
    let [peak, size] = [0, 0];
    for await (const block of chain) {
      for (let bytes = block.read(); bytes !== null; bytes = block.read()) {
        size += bytes.length;
        assert.ok(bytes.length <= SLICE_BYTES && bytes.every((byte) => byte === 0));
        peak = Math.max(peak, process.memoryUsage().rss - before.rss);
      }
    }
    assert.equal(size, streams * BOMB.size);
    assert.ok(peak < 40e6, `${streams * BOMB.size} bytes took ${peak} of memory`);
  });
});

/** A block whose last column is noise. */
function longBlock(length: number): { fields: BlockFields; decoded: Buffer } {
  const column = Buffer.alloc(length);
  let noise = 1;
  for (let i = 0; i < length; i++) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    column[i] = noise >>> 24;
  }
  const decoded = spell(column, 5);
  return { fields: fieldsOf({ coded: decoded, decoded, sorted: { column, origin: 5 } }), decoded };
}

function flips(input: Buffer): Buffer[] {
  return Array.from({ length: input.length * 8 }, (_, bit) => {
    const copy = Buffer.from(input);
    copy[bit >> 3]! ^= 0x80 >> (bit & 7);
    return copy;
  });
}

function* cutRandomly(input: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < input.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield input.subarray(at, at + size);
    at += size;
  }
}
