import assert from 'node:assert/strict';
import { createHasher, isChecksumValue, joinChecksums } from './checksums.js';
import type { ChecksumAlgorithm } from './checksums.js';

/** The check values of the CRC catalogue, of the bytes `123456789`. */
const CHECKS: readonly [algorithm: ChecksumAlgorithm, hex: string][] = [
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
  ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
];

function hash(algorithm: ChecksumAlgorithm, ...pieces: Uint8Array[]): string {
  const hasher = createHasher(algorithm);
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest().toString('base64');
}

describe('checksums', () => {
  for (const value of ['', 'abc', 'AAAAAA=', 'AAAAAA==\n', 'AAAAAAA=', '????????'])
    it(`${JSON.stringify(value)} is no CRC32`, () => assert.equal(isChecksumValue('CRC32', value), false));

  it('only CRCs can be joined to a full object', () => {
    assert.throws(() => joinChecksums('SHA256', 'FULL_OBJECT', []), TypeError);
  });

  for (const [algorithm, hex] of CHECKS)
    it(`${algorithm} has the catalogue's check value, however the bytes come`, () => {
      const bytes = Buffer.from('123456789');
      const expected = Buffer.from(hex, 'hex').toString('base64');
      assert.equal(hash(algorithm, bytes), expected);
      for (let cut = 0; cut <= 9; cut++)
        assert.equal(hash(algorithm, bytes.subarray(0, cut), bytes.subarray(cut)), expected);
      assert.ok(isChecksumValue(algorithm, expected));
    });

  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const)
    it(`${algorithm} of pieces joins to that of the whole`, () => {
      const whole = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31 + (i >> 5)) & 255));
      for (const cuts of [[0], [5000], [1, 2, 3], [1000, 2000, 3000], [4999]]) {
        const pieces = [...cuts, whole.length].map((end, i) => whole.subarray(cuts[i - 1] ?? 0, end));
        const parts = pieces.map((piece) => ({ value: hash(algorithm, piece), size: piece.length }));
        assert.equal(joinChecksums(algorithm, 'FULL_OBJECT', parts), hash(algorithm, whole));
      }
    });
});
