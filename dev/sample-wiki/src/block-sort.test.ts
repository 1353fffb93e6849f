import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sortBlock } from './block-sort.js';
import { suffixArray } from './suffix-array.js';

const letters = (count: number, most: number): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: most })
    .map((bytes) => Uint8Array.from(bytes));
const text = fc.oneof(letters(2, 60), letters(3, 300), letters(256, 300));

describe('suffixArray', () => {
  it('sorts suffixes as comparing them does', () => {
    fc.assert(
      fc.property(text, (bytes) => {
        const suffixes = Array.from(bytes.keys()).toSorted((a, b) =>
          Buffer.compare(bytes.subarray(a), bytes.subarray(b)),
        );
        assert.deepEqual(Array.from(suffixArray(bytes, 255)), suffixes);
      }),
      { numRuns: 500 },
    );
  });
});

describe('sortBlock', () => {
  it('gives the last column of the sorted rotations, powers of words included', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 4 }), (word, times) => {
        const block = Buffer.concat(Array.from({ length: times }, () => word));
        const rotation = (at: number): Buffer => Buffer.concat([block.subarray(at), block.subarray(0, at)]);
        const rows = Array.from(block.keys(), rotation).toSorted((a, b) => Buffer.compare(a, b));
        const { lastColumn, origin } = sortBlock(block);
        assert.deepEqual(
          Array.from(lastColumn),
          rows.map((row) => row.at(-1)),
        );
        assert.deepEqual(rows[origin], block);
      }),
      { numRuns: 300 },
    );
  });
});
