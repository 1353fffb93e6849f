import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { snappyUncompress } from 'hyparquet';
import { compressOf } from './compress.js';
import { GrowingBytes } from './growing-bytes.js';
import { unsnappy } from './unsnappy.js';

function compressed(compression: 'gzip' | 'snappy', bytes: Uint8Array): Buffer {
  const to = new GrowingBytes();
  // what stands before is left alone
  to.append(Buffer.from('before'));
  compressOf(compression, 'page')(bytes, to);
  return Buffer.from(to.bytes.subarray('before'.length));
}

/** Bytes of a linear congruential generator: nothing in them repeats. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const PIECE = 256 * 1024;
const text = Buffer.from(Array.from({ length: 90_000 }, (_, i) => `${i % 977} words, '''${i * i}''', `).join(''));
const INPUTS: readonly [what: string, bytes: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from('a')],
  ['two bytes', Buffer.from('ab')],
  ['a run of one byte', Buffer.alloc(1_000_003, 'a')],
  ['every byte once', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ['text of several pieces', text],
  ['text in Bengali', Buffer.from('উইকিপিডিয়া একটি মুক্ত বিশ্বকোষ। '.repeat(9000))],
  ['noise', noise(700_001)],
  ['noise that repeats at the longest distance', Buffer.concat([noise(32_768), noise(32_768), noise(32_768)])],
  ['noise that repeats beyond it', Buffer.concat([noise(32_769), noise(32_769), noise(32_769)])],
  ['matches across pieces', Buffer.concat([noise(PIECE - 100), noise(200), noise(200), noise(PIECE)])],
  ['frequencies of Fibonacci, whose code would be too long', fibonacci()],
  ...[PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 65_535, 65_536, 65_537].map((length): [string, Buffer] => [
    `${length} bytes`,
    text.subarray(0, length),
  ]),
];

function fibonacci(): Buffer {
  const parts: Buffer[] = [];
  let [one, two] = [1, 1];
  for (let symbol = 0; symbol < 24; symbol += 1) {
    parts.push(Buffer.alloc(one, symbol));
    [one, two] = [two, one + two];
  }
  const sorted = Buffer.concat(parts);
  // shuffled, so that they are no runs
  const shuffled = Buffer.alloc(sorted.length);
  for (let at = 0; at < sorted.length; at += 1) shuffled[(at * 48_271) % sorted.length] = sorted[at]!;
  return shuffled;
}

describe('gzip', () => {
  for (const [what, bytes] of INPUTS)
    it(`of ${what} is read by zlib`, () => assert.ok(zlib.gunzipSync(compressed('gzip', bytes)).equals(bytes)));

  it('is 5 % larger than level 1 of zlib at most', () => {
    for (const bytes of [text, noise(700_001)]) {
      const [ours, theirs] = [compressed('gzip', bytes), zlib.gzipSync(bytes, { level: 1 })];
      assert.ok(ours.length < 1.05 * theirs.length, `${ours.length} and ${theirs.length} bytes`);
    }
  });

  it('of the same bytes is the same, whatever was compressed before', () => {
    const first = compressed('gzip', text);
    compressed('snappy', noise(70_000));
    compressed('gzip', noise(300_000));
    assert.ok(compressed('gzip', text).equals(first));
  });

  it('of anything is read by zlib', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.nat(9000)).map(([of, times]) => Buffer.alloc(of.length * times, of)),
      fc.integer({ min: 1, max: 70_000 }).map((length) => text.subarray(length, 2 * length)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const bytes = Buffer.concat(pieces);
        assert.ok(zlib.gunzipSync(compressed('gzip', bytes)).equals(bytes));
        assert.ok(Buffer.from(unsnappy(compressed('snappy', bytes), bytes.length)).equals(bytes));
      }),
      { numRuns: 200 },
    );
  });

  for (const program of ['gzip', 'pigz'])
    it(`is read by ${program}, several members in one file too`, function () {
      const input = Buffer.concat([
        compressed('gzip', text),
        compressed('gzip', Buffer.alloc(0)),
        compressed('gzip', text),
      ]);
      const { error, status, stdout } = spawnSync(program, ['-dc'], { input, maxBuffer: 1 << 28 });
      if (error !== undefined) this.skip(program);
      assert.equal(status, 0);
      assert.ok(stdout.equals(Buffer.concat([text, text])));
    });
});

describe('snappy', () => {
  for (const [what, bytes] of INPUTS)
    it(`of ${what} is read by our decoder and by hyparquet's`, () => {
      const block = compressed('snappy', bytes);
      assert.ok(Buffer.from(unsnappy(block, bytes.length)).equals(bytes));
      const output = new Uint8Array(bytes.length);
      if (bytes.length > 0) snappyUncompress(block, output);
      assert.ok(Buffer.from(output).equals(bytes));
      assert.ok(block.length <= 32 + bytes.length + bytes.length / 6);
    });
});
