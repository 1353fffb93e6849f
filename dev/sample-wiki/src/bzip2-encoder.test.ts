import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { bzip2, Bzip2Encoder } from './bzip2-encoder.js';
import { Random } from './random.js';

const MEGABYTE = 1_000_000;
const hasBzip2 = spawnSync('bzip2', ['--help']).error === undefined;

describe('Bzip2Encoder', () => {
  for (const level of [0, 10, 1.5, Number.NaN]) {
    it(`refuses the level ${level}`, () => {
      assert.throws(() => bzip2(new Uint8Array(), level), /level is an integer from 1 to 9, received/);
    });
  }

  it('writes an empty stream of 14 bytes', () => {
    assert.equal(bzip2(new Uint8Array()).toString('hex'), '425a683917724538509000000000');
  });

  it('writes the same however the data is cut', () => {
    const data = prose(300_000);
    const encoder = new Bzip2Encoder(1);
    const parts: Buffer[] = [];
    for (let at = 0; at < data.length; at += 997) parts.push(encoder.push(data.subarray(at, at + 997)));
    parts.push(encoder.finish());
    assert.deepEqual(Buffer.concat(parts), bzip2(data, 1));
  });

  describe('is read back by bzip2', () => {
    before(function () {
      if (!hasBzip2) this.skip('bzip2');
    });

    for (const length of [1, 2, 3, 4, 5, 254, 255, 256, 259, 260, 510, MEGABYTE]) {
      it(`a run of ${length}`, () => assertReadBack(Buffer.alloc(length)));
    }

    it('a run of 256, which it codes with the same bytes', () => {
      const data = Buffer.alloc(256, 'a');
      assert.deepEqual(bzip2(data), spawnSync('bzip2', ['-9', '-c'], { input: data }).stdout);
    });

    const cases: readonly (readonly [string, () => Buffer])[] = [
      ['runs that end a block', () => Buffer.concat(Array.from({ length: 60_000 }, (_, i) => Buffer.alloc(5, i)))],
      ['two bytes in turn', () => Buffer.from('ab'.repeat(500_000))],
      ['a power of a word', () => Buffer.from('abcabd'.repeat(150_000))],
      ['a Fibonacci word', () => Buffer.from(fibonacciWord(MEGABYTE))],
      ['every byte', () => Buffer.from(Array.from({ length: 256 }, (_, i) => 255 - i))],
      ['noise', () => noise(MEGABYTE)],
      ['prose of several blocks', () => prose(2 * MEGABYTE)],
    ];
    for (const [name, data] of cases) it(name, () => assertReadBack(data()));

    it('prose at level 1', () => assertReadBack(prose(350_000), 1));

    it('whatever comes', () => {
      const letters = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 600 });
      const property = fc.property(letters, fc.integer({ min: 1, max: 9 }), (bytes, repeat) => {
        assertReadBack(Buffer.concat(Array.from({ length: repeat }, () => Buffer.from(bytes))));
      });
      fc.assert(property, { numRuns: 60 });
    });
  });
});

function assertReadBack(data: Buffer, level = 9): void {
  const { status, stdout, stderr } = spawnSync('bzip2', ['-dc'], { input: bzip2(data, level), maxBuffer: 1 << 28 });
  assert.equal(stderr.toString(), '');
  assert.equal(status, 0);
  assert.equal(
    Buffer.compare(stdout, data),
    0,
    `expected the ${data.length} bytes back, received ${stdout.length} others`,
  );
}

function noise(length: number): Buffer {
  const random = new Random(1);
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

function prose(length: number): Buffer {
  const random = new Random(2);
  const words = Array.from({ length: 2000 }, () => 'x'.repeat(random.below(3)) + random.below(1e6).toString(36));
  return Buffer.from(Array.from({ length: length / 4 }, () => words[random.skewed(2000)]).join(' ')).subarray(
    0,
    length,
  );
}

function fibonacciWord(length: number): string {
  let [shorter, longer] = ['a', 'ab'];
  while (longer.length < length) [shorter, longer] = [longer, longer + shorter];
  return longer;
}
