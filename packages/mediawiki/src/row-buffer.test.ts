import assert from 'node:assert/strict';
import { RowBuffer } from './row-buffer.js';

describe('RowBuffer', () => {
  const CASES: readonly [what: string, lengths: readonly number[]][] = [
    ['nothing', []],
    ['one row', [7]],
    ['rows that make it grow', Array.from({ length: 3000 }, (_, i) => i % 100)],
    ['a row that is longer than twice the buffer', [10, 1_000_000, 3]],
  ];
  const rows = new RowBuffer();
  for (const [what, lengths] of CASES) {
    it(`hands over ${what}, and keeps nothing`, () => {
      const lines = lengths.map((length, i) => Buffer.alloc(length, 0x61 + (i % 26)));
      for (const line of lines) {
        const reused = Buffer.from(line);
        rows.append(reused, false);
        reused.fill(0x21);
      }
      const { bytes, ends } = rows.take();
      assert.ok(bytes.equals(Buffer.concat(lines)));
      let end = 0;
      assert.deepEqual(
        ends,
        lengths.map((length) => (end += length)),
      );
      assert.equal(rows.take().bytes.length, 0);
    });
  }

  it('leaves alone what it handed over until the next row, and uses the memory again', () => {
    rows.append(Buffer.from('first\n'), true);
    const { bytes } = rows.take();
    assert.equal(rows.take().bytes.length, 0);
    assert.equal(bytes.toString(), 'first\n');
    rows.append(Buffer.from('other\n'), true);
    const { bytes: other } = rows.take();
    assert.equal(other.toString(), 'other\n');
    assert.ok(other.buffer === bytes.buffer && other.byteOffset === bytes.byteOffset);
  });

  it('leaves alone what it handed over where it was given other memory', () => {
    rows.append(Buffer.from('first\n'), true);
    const { bytes } = rows.take();
    const memory = new ArrayBuffer(100);
    rows.use(memory, 0);
    rows.append(Buffer.from('other\n'), true);
    assert.ok(rows.take().bytes.buffer === memory);
    assert.equal(bytes.toString(), 'first\n');
  });

  it('takes a long row that is its own without a copy, and goes on after it', () => {
    const long = Buffer.alloc(20 * 1024 * 1024, 0x61);
    rows.take();
    rows.append(long, true);
    // not assert.equal, which would print both
    assert.ok(rows.take().bytes.buffer === long.buffer);
    rows.append(long, true);
    rows.append(Buffer.from('b'), true);
    const { bytes, ends } = rows.take();
    assert.deepEqual(ends, [long.length, long.length + 1]);
    assert.ok(bytes.equals(Buffer.concat([long, Buffer.from('b')])));
  });
});
