import assert from 'node:assert/strict';
import { PermanentError } from './errors.js';
import { ENTRY_BYTES, SEGMENT_ENTRIES, parseEntries, segmentsOf, titleHash, windowOf } from './page-index.js';

const LAST = 2n ** 64n - 1n;

describe('the index of a part', () => {
  for (const bytes of [1, ENTRY_BYTES + 1, -ENTRY_BYTES, Number.NaN]) {
    it(`of ${bytes} bytes is malformed`, () => {
      assert.throws(
        () => segmentsOf(bytes),
        (error) => error instanceof PermanentError && error.code === 'INDEX_MALFORMED',
      );
    });
  }

  for (const [entries, expected] of [
    [0, []],
    [1, [[0, 1]]],
    [SEGMENT_ENTRIES, [[0, SEGMENT_ENTRIES]]],
    [
      SEGMENT_ENTRIES + 1,
      [
        [0, SEGMENT_ENTRIES],
        [SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1],
      ],
    ],
  ] as const) {
    it(`of ${entries} entries has ${expected.length} segments`, () => {
      assert.deepEqual(
        segmentsOf(entries * ENTRY_BYTES).map(({ from, to }) => [from, to]),
        expected,
      );
    });
  }

  it('refuses entries that are not sorted', () => {
    const entries = Buffer.alloc(2 * ENTRY_BYTES);
    entries.writeBigUInt64BE(5n);
    entries.writeBigUInt64BE(4n, ENTRY_BYTES);
    assert.throws(() => parseEntries(entries), /entry 1: not sorted/);
  });

  for (const [wanted, from, to, expected] of [
    [0n, 0, 10_000, [0, 202]],
    [LAST, 0, 10_000, [9798, 10_000]],
    [2n ** 63n, 0, 10_000, [4798, 5202]],
    [2n ** 63n, 50_000, 60_000, [54_798, 55_202]],
    [0n, 3, 4, [3, 4]],
    [LAST, 3, 4, [3, 4]],
  ] as const) {
    it(`has hash ${wanted} within [${expected.join(', ')}) of the segment [${from}, ${to})`, () => {
      const window = windowOf(wanted, { from, to });
      assert.deepEqual([window.from, window.to], expected);
    });
  }

  it('has the hash of every title in its window, but for some in ten thousand', () => {
    const hashes = Array.from({ length: 20_000 }, (_, i) => titleHash(`Title ${i}`)).sort((a, b) => (a < b ? -1 : 1));
    const segment = { from: 0, to: hashes.length };
    const missed = hashes.filter((hash, at) => {
      const { from, to } = windowOf(hash, segment);
      return at < from || at >= to;
    });
    assert.ok(missed.length < 5, `${missed.length} of ${hashes.length} stand elsewhere`);
  });
});
