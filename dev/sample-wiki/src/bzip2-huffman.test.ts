import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codeLengths } from './bzip2-huffman.js';

describe('codeLengths', () => {
  it('keeps to 17 bits where the tree would be deeper', () => {
    const fibonacci = [1, 1];
    while (fibonacci.length < 40) fibonacci.push((fibonacci.at(-1) ?? 0) + (fibonacci.at(-2) ?? 0));
    assertComplete(codeLengths(Int32Array.from(fibonacci)));
  });

  it('makes a complete code of any counts', () => {
    const counts = fc.array(fc.oneof(fc.constant(0), fc.nat(900_000)), { minLength: 3, maxLength: 258 });
    fc.assert(fc.property(counts, (list) => assertComplete(codeLengths(Int32Array.from(list)))));
  });

  it('gives the commoner symbol the shorter code', () => {
    // A tree deeper than 17 takes counts above 1000, and is then flattened at the cost of this order.
    const counts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 3, maxLength: 258 });
    fc.assert(
      fc.property(counts, (list) => {
        const lengths = codeLengths(Int32Array.from(list));
        const byCount = list
          .map((count, i) => ({ count, length: lengths[i] ?? 0 }))
          .toSorted((a, b) => a.count - b.count);
        for (const [i, { count, length }] of byCount.entries()) {
          const next = byCount[i + 1];
          assert.ok(next === undefined || next.count === count || next.length <= length);
        }
      }),
    );
  });
});

/** Kraft's sum is 1 where every bit string begins with just one code. */
function assertComplete(lengths: Uint8Array): void {
  assert.ok(
    lengths.every((length) => length >= 1 && length <= 17),
    `received lengths up to ${Math.max(...lengths)}`,
  );
  assert.equal(
    lengths.reduce((sum, length) => sum + 2 ** -length, 0),
    1,
  );
}
