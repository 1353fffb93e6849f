import assert from 'node:assert/strict';
import { ROWS_PART_BYTES, rawPartBytes, uploadRequests } from './upload-parts.js';

const MIB = 1024 * 1024;

describe('rawPartBytes', () => {
  for (const size of [0, 1, 12 * MIB, 120_000 * MIB, 120_001 * MIB, 300_000_000_000]) {
    it(`cuts ${size} bytes into at most 10,000 parts of at least 12 MiB`, () => {
      const bytes = rawPartBytes(size);
      assert.ok(bytes >= 12 * MIB && Math.ceil(size / bytes) <= 10_000 && bytes % MIB === 0);
    });
  }
});

describe('uploadRequests', () => {
  it('one for a small object; a beginning, its parts and an end for a large one', () => {
    assert.equal(uploadRequests(ROWS_PART_BYTES - 1, ROWS_PART_BYTES), 1);
    assert.equal(uploadRequests(ROWS_PART_BYTES, ROWS_PART_BYTES), 3);
    assert.equal(uploadRequests(ROWS_PART_BYTES + 1, ROWS_PART_BYTES), 4);
  });
});
