import assert from 'node:assert/strict';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { findMagics } from './find-magic.js';
import { CompressedWindow } from './compressed-window.js';
import { bz2Stream } from '@wikifleet/testing/bz2-stream';

const BLOCKS = Array.from({ length: 20 }, (_, i) => Buffer.from(`block ${i} `.repeat(1 + i)));
const FILE = bz2Stream(BLOCKS);

describe('CompressedWindow', function () {
  for (const chunkBytes of [1, 2, 5, 6, 7, 100, 1_000_000]) {
    it(`finds every magic once, wherever it begins, in chunks of ${chunkBytes}`, async () => {
      for (const start of [0, 3, 4, 5, 200]) {
        const window = new CompressedWindow(new MemorySource(FILE, chunkBytes).read(start), start);
        await window.growTo(Number.POSITIVE_INFINITY);
        assert.deepEqual(window.magics, [...findMagics(FILE, start * 8)]);
        assert.equal(window.end, FILE.length);
        await window.close();
      }
    });
  }

  it('forgets what it is told to, and keeps the positions of the file', async () => {
    const window = new CompressedWindow(new MemorySource(FILE, 50).read(0), 0);
    const all = [...findMagics(FILE)];
    for (const { bit } of all) {
      await window.growTo(Math.floor(bit / 8) + 20);
      window.dropTo(bit);
      const byte = Math.floor(bit / 8);
      assert.equal(window.base, byte);
      assert.ok(FILE.subarray(byte, window.end).equals(window.bytes));
      assert.deepEqual(Buffer.from(window.view(byte + 2, byte + 9)), FILE.subarray(byte + 2, byte + 9));
      assert.equal(window.magics[0]?.bit, bit);
    }
    window.dropTo(Number.MAX_SAFE_INTEGER);
    assert.deepEqual([window.base, window.bytes.length, window.magics.length], [window.end, 0, 0]);
    await window.growTo(FILE.length);
    assert.ok(FILE.subarray(window.base).equals(window.bytes), 'what comes later stands where it belongs');
    await window.close();
  });

  it('grows by single bytes in linear time', async () => {
    const noise = Buffer.alloc(1_000_000, 7);
    const window = new CompressedWindow(new MemorySource(noise, 1).read(0), 0);
    const before = process.cpuUsage();
    await window.growTo(noise.length);
    // copying it all each time would be 500 GB; processor time, since a busy machine adds any time to it
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 20e6, `${user + system} µs`);
    assert.ok(noise.equals(window.bytes));
  });
});
