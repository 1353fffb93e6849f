import assert from 'node:assert/strict';
import { codeRuns, crc32, sortRotations, spell } from './testing/bzip2-writer.js';

describe('the writer of crafted blocks', () => {
  it('writes the runs as the format has them', () => {
    assert.deepEqual([...codeRuns(Buffer.from('aaaabbb'))], [97, 97, 97, 97, 0, 98, 98, 98]);
    assert.deepEqual([...codeRuns(Buffer.alloc(260, 1))], [1, 1, 1, 1, 255, 1]);
  });

  it('sorts the rotations of banana', () => {
    const { column, origin } = sortRotations(Buffer.from('banana'));
    assert.equal(Buffer.from(column).toString(), 'nnbaaa');
    assert.equal(origin, 3);
    assert.equal(spell(column, origin).toString(), 'banana');
  });

  it('has the CRC of the check string', () => {
    assert.equal(crc32(Buffer.from('123456789')), 0xfc891918);
  });
});
