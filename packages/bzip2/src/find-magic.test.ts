import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binary, packBits } from './testing/bzip2-writer.js';
import { findMagics, magicAt } from './find-magic.js';
import type { Magic } from './find-magic.js';

const BLOCK = binary(0x314159, 24) + binary(0x265359, 24);
const END = binary(0x177245, 24) + binary(0x385090, 24);

/** By the definition: every 48 bits of the input as a string. */
function slowly(bits: string, from: number, to: number): Magic[] {
  const found: Magic[] = [];
  for (let bit = from; bit < to && bit + 48 <= bits.length; bit++) {
    if (bits.startsWith(BLOCK, bit)) found.push({ kind: 'block', bit });
    if (bits.startsWith(END, bit)) found.push({ kind: 'end', bit });
  }
  return found;
}

describe('findMagics', () => {
  it('finds nothing in nothing', () => {
    assert.deepEqual([...findMagics(new Uint8Array(0))], []);
    assert.deepEqual([...findMagics(Buffer.alloc(5))], []);
    assert.deepEqual([...findMagics(packBits(BLOCK.slice(0, 40)))], []);
  });

  it('takes no 48 bits with one of them wrong', () => {
    for (const [kind, magic] of [['block', BLOCK] as const, ['end', END] as const]) {
      for (let flip = 0; flip < 48; flip++) {
        const bits = magic.slice(0, flip) + (magic[flip] === '0' ? '1' : '0') + magic.slice(flip + 1);
        for (let offset = 0; offset < 8; offset++) {
          const input = packBits('0'.repeat(offset) + bits);
          assert.equal(magicAt(input, offset), null);
          assert.deepEqual([...findMagics(input)], [], `${kind}, bit ${flip}, offset ${offset}`);
        }
      }
    }
  });

  it('finds both at every bit of 9 bytes, and keeps to its range', () => {
    for (let offset = 0; offset < 72; offset++) {
      for (const [kind, magic] of [['block', BLOCK] as const, ['end', END] as const]) {
        const input = packBits('1'.repeat(offset) + magic);
        assert.deepEqual([...findMagics(input)], [{ kind, bit: offset }], `at ${offset}`);
        assert.equal(magicAt(input, offset), kind);
        assert.deepEqual([...findMagics(input, offset, offset + 1)], [{ kind, bit: offset }]);
        assert.deepEqual([...findMagics(input, 0, offset)], []);
        assert.deepEqual([...findMagics(input, offset + 1)], []);
        assert.deepEqual([...findMagics(input.subarray(0, Math.ceil((offset + 48) / 8) - 1))], []);
      }
    }
  });

  it('finds what the definition finds, in any mix of magics, parts of them and other bits', () => {
    const piece = fc.oneof(
      fc.constantFrom(BLOCK, END),
      fc.tuple(fc.constantFrom(BLOCK, END), fc.nat(47)).map(([magic, length]) => magic.slice(0, length)),
      fc.tuple(fc.nat(2 ** 20 - 1), fc.integer({ min: 1, max: 20 })).map(([n, width]) => binary(n, 20).slice(-width)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(400), fc.nat(1500), (pieces, from, to) => {
        const bits = pieces.join('');
        const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
        assert.deepEqual([...findMagics(packBits(bits), from, to)], slowly(padded, from, to));
      }),
      { numRuns: 500 },
    );
  });
});
