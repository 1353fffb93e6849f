import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bzip2, WITHOUT_BZIP2 } from './testing/libbz2.js';
import { BlockChain } from './block-chain.js';
import { InlineBlockDecoders } from './block-decoders.js';

/** Real dump excerpts, beside the checkout. */
const SAMPLES = fileURLToPath(new URL('../../../../shared/samples/', import.meta.url));

async function* arriving(input: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < input.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield await Promise.resolve(input.subarray(at, at + size));
    at += size;
  }
}

/** The SHA-256 of what a file decodes to that arrives in chunks of these sizes, one after the other. */
async function decodedDigest(input: Uint8Array, sizes: readonly number[]): Promise<string> {
  const hash = createHash('sha256');
  const { length } = input;
  const decoders = new InlineBlockDecoders();
  const chain = new BlockChain({ source: arriving(input, sizes), start: 0, end: length, size: length, decoders });
  for await (const block of chain)
    for (let bytes = block.read(); bytes !== null; bytes = block.read()) hash.update(bytes);
  assert.equal(chain.nextBlock, length * 8);
  return hash.digest('hex');
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
    it(`${name} decodes as bzip2 decodes it`, async function () {
      if (WITHOUT_BZIP2 !== null) {
        return this.skip(WITHOUT_BZIP2);
      }
      const input = readFileSync(SAMPLES + name);
      const expected = createHash('sha256').update(bzip2(input)).digest('hex');
      assert.equal(await decodedDigest(input, [input.length]), expected, 'in one chunk');
      assert.equal(await decodedDigest(input, [65_536, 1, 7919, 131, 300_007]), expected, 'in uneven chunks');
      if (input.length < 20_000) assert.equal(await decodedDigest(input, [1]), expected, 'byte by byte');
    });
  }
});
