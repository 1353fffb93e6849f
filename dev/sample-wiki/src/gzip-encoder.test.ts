import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { gzip, GzipEncoder } from './gzip-encoder.js';
import { Random } from './random.js';

describe('gzip', () => {
  const cases: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from([255])],
    ['zeros', Buffer.alloc(100_000)],
    ['every byte', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    [
      'a match at the far end of the window',
      Buffer.concat([Buffer.from('abcdefgh'), noise(32_760), Buffer.from('abcdefgh')]),
    ],
    ['a match beyond the window', Buffer.concat([Buffer.from('abcdefgh'), noise(32_761), Buffer.from('abcdefgh')])],
  ];
  for (const [name, data] of cases) {
    it(`is read back: ${name}`, () => assert.deepEqual(gunzipSync(gzip(data)), data));
  }

  it('is read back with matches of every length', () => {
    const unit = noise(300);
    const parts = Array.from({ length: 260 }, (_, length) => [unit.subarray(0, length), Buffer.from([length & 255])]);
    const data = Buffer.concat([unit, ...parts.flat()]);
    assert.deepEqual(gunzipSync(gzip(data)), data);
  });

  it('is read back whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2000 }), (bytes) => {
        const data = Buffer.from(bytes);
        assert.deepEqual(gunzipSync(gzip(data)), data);
      }),
    );
  });
});

describe('GzipEncoder', () => {
  it('writes a member for each mebibyte, and reads back whole', () => {
    const data = Buffer.from('<page>\n    <title>Κύρια</title>\n'.repeat(70_000));
    const encoder = new GzipEncoder();
    const parts: Buffer[] = [];
    for (let at = 0; at < data.length; at += 65_537) parts.push(encoder.push(data.subarray(at, at + 65_537)));
    parts.push(encoder.finish());
    assert.equal(parts.filter((part) => part.length > 0).length, Math.ceil(data.length / (1 << 20)));
    assert.deepEqual(gunzipSync(Buffer.concat(parts)), data);
    assert.equal(encoder.finish().length, 0);
  });
});

function noise(length: number): Buffer {
  const random = new Random(3);
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}
