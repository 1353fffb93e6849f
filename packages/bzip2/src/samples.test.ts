import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bzip2, WITHOUT_BZIP2 } from './testing/libbz2.js';
import { Bzip2Decoder } from './stream-decoder.js';

/** Real dump excerpts, beside the checkout. */
const SAMPLES = fileURLToPath(new URL('../../../../shared/samples/', import.meta.url));

function sha256(bytes: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of bytes) hash.update(part);
  return hash.digest('hex');
}

function* decode(input: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  const decoder = new Bzip2Decoder();
  for (let at = 0, i = 0; at < input.length; i++) {
    const size = sizes[i % sizes.length]!;
    decoder.push(input.subarray(at, at + size));
    at += size;
    for (const { bytes } of decoder.read()) yield bytes;
  }
  decoder.end();
  for (const { bytes } of decoder.read()) yield bytes;
  assert.equal(decoder.nextBlock, input.length * 8);
}

describe('real dumps', () => {
  const names = existsSync(SAMPLES) ? readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' }) : [];
  const files = names.filter((name) => name.endsWith('.bz2')).sort();
  if (files.length === 0) {
    it('decode as bzip2 decodes them', function () {
      this.skip('the real dump samples beside the checkout (../shared/samples)');
    });
  }
  for (const name of files) {
    it(`${name} decodes as bzip2 decodes it`, function () {
      this.timeout(60_000);
      if (WITHOUT_BZIP2 !== null) {
        return this.skip(WITHOUT_BZIP2);
      }
      const input = readFileSync(SAMPLES + name);
      const expected = sha256([bzip2(input)]);
      assert.equal(sha256(decode(input, [input.length])), expected, 'as a whole');
      assert.equal(sha256(decode(input, [65_536, 1, 7919, 131, 300_007])), expected, 'in uneven chunks');
      if (input.length < 20_000) assert.equal(sha256(decode(input, [1])), expected, 'byte by byte');
    });
  }
});
