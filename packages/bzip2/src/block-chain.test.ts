import assert from 'node:assert/strict';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { Random } from '@wikifleet/testing/random';
import { MAX_BLOCK_BYTES } from './block-decoder.js';
import { findMagics } from './find-magic.js';
import { BlockChain } from './block-chain.js';
import { InlineBlockDecoders } from './block-decoders.js';
import type { BlockDecoders, DecodedBlock } from './block-decoders.js';
import { PLANTED_BLOCK, bz2Stream } from '@wikifleet/testing/bz2-stream';

const random = new Random(11);
const BLOCKS = Array.from({ length: 40 }, () => Buffer.from(Array.from({ length: 3000 }, () => random.below(256))));
const FILE = bz2Stream(BLOCKS);
const MAGICS = [...findMagics(FILE)].map(({ bit }) => bit);
const CHUNK = 1000;

/** Decoders that record what they are requested, and answer late and out of order. */
class WatchedDecoders implements BlockDecoders {
  readonly ahead: number;
  readonly asked: number[] = [];
  /** Blocks that were asked for and not read yet, at most. */
  most = 0;
  #open = 0;

  constructor(ahead: number) {
    this.ahead = ahead;
  }

  async decode(input: Uint8Array, base: number, bit: number, level: number): Promise<DecodedBlock> {
    this.asked.push(bit);
    this.#open += 1;
    this.most = Math.max(this.most, this.#open);
    const block = await new InlineBlockDecoders().decode(Buffer.from(input), base, bit, level);
    await new Promise((resolve) => {
      setTimeout(resolve, (bit % 7) * 2);
    });
    return {
      ...block,
      read: () => {
        const bytes = block.read();
        if (bytes === null) this.#open -= 1;
        return bytes;
      },
    };
  }
}

interface Walked {
  readonly bits: number[];
  readonly owned: number;
  readonly bytes: Buffer;
}

/** Takes blocks until so many were not owned. */
async function walk(chain: BlockChain, beyond: number): Promise<Walked> {
  const bits: number[] = [];
  const parts: Uint8Array[] = [];
  let owned = 0;
  for await (const block of chain) {
    bits.push(block.bit);
    for (let bytes = block.read(); bytes !== null; bytes = block.read()) parts.push(Uint8Array.from(bytes));
    if (block.owned) owned += 1;
    else if ((beyond -= 1) === 0) break;
  }
  return { bits, owned, bytes: Buffer.concat(parts) };
}

describe('BlockChain', function () {
  const size = FILE.length;

  for (const ahead of [0, 1, 4, 10]) {
    describe(`with ${ahead} blocks asked for ahead`, () => {
      let decoders: WatchedDecoders;
      beforeEach(() => {
        decoders = new WatchedDecoders(ahead);
      });

      it('decodes each block of a file once, in order', async () => {
        const source = new MemorySource(FILE, CHUNK);
        const chain = new BlockChain({ source: source.read(0), start: 0, end: size, size, decoders });
        const { bits, owned, bytes } = await walk(chain, 1);
        assert.deepEqual(bits, MAGICS.slice(0, -1));
        assert.equal(owned, 40);
        assert.ok(bytes.equals(Buffer.concat(BLOCKS)));
        assert.deepEqual(decoders.asked, bits);
        assert.ok(decoders.most <= ahead + 1, `${decoders.most} at once`);
        assert.deepEqual([chain.firstBlock, chain.nextBlock, source.open], [MAGICS[0], size * 8, 0]);
      });

      it('takes little of the file behind its split, and asks for no block there before it is needed', async () => {
        const [start, end] = [Math.floor((MAGICS[9] ?? 0) / 8) + 1, Math.floor((MAGICS[20] ?? 0) / 8) + 1];
        const source = new MemorySource(FILE, CHUNK);
        const chain = new BlockChain({ source: source.read(start), start, end, size, decoders });
        const { bits, owned } = await walk(chain, 1);
        assert.deepEqual([owned, bits.length], [11, 12]);
        assert.deepEqual(decoders.asked, MAGICS.slice(10, 22));
        assert.deepEqual([chain.firstBlock, chain.nextBlock], [MAGICS[10], MAGICS[21]]);
        // the block behind the split, the magic behind that, and a chunk
        const needed = Math.ceil(((MAGICS[22] ?? 0) + 48) / 8) - start;
        assert.ok(source.taken <= needed + 2 * CHUNK, `${source.taken} bytes for ${needed}`);
        assert.equal(source.open, 0);
      });

      it('asks for more and more blocks behind its split, where it is read on', async () => {
        const end = Math.floor((MAGICS[2] ?? 0) / 8);
        const chain = new BlockChain({ source: new MemorySource(FILE, CHUNK).read(0), start: 0, end, size, decoders });
        const { bits } = await walk(chain, 38);
        assert.equal(bits.length, 40);
        assert.deepEqual(decoders.asked, bits);
        assert.ok(decoders.most <= ahead + 1);
        if (ahead > 1) assert.ok(decoders.most > ahead / 2, `${decoders.most} at once`);
      });

      it('leaves off in mid-file, with blocks under way', async () => {
        const source = new MemorySource(FILE, CHUNK);
        const chain = new BlockChain({ source: source.read(0), start: 0, end: size, size, decoders });
        for await (const _ of chain) break;
        assert.equal(source.open, 0);
      });

      it('fails at a broken block, after the blocks before it', async () => {
        const broken = Buffer.from(FILE);
        const at = Math.floor((MAGICS[5] ?? 0) / 8) + 1000;
        broken[at] = (broken[at] ?? 0) ^ 4;
        const chain = new BlockChain({
          source: new MemorySource(broken, 10).read(0),
          start: 0,
          end: size,
          size,
          decoders,
        });
        const bits: number[] = [];
        await assert.rejects(async () => {
          for await (const { bit } of chain) bits.push(bit);
        }, /bit \d+/);
        assert.deepEqual(bits, MAGICS.slice(0, 5));
      });

      it('goes on asking ahead after any number of magics by chance', async () => {
        const planted = Array.from({ length: 3 }, () => PLANTED_BLOCK);
        const file = bz2Stream(
          BLOCKS,
          BLOCKS.map((_, i) => (i < 30 ? { planted } : {})),
        );
        const chain = new BlockChain({
          source: new MemorySource(file, CHUNK).read(0),
          start: 0,
          end: file.length,
          size: file.length,
          decoders,
        });
        let before = 0;
        let n = 0;
        for await (const block of chain) {
          while (block.read() !== null);
          n += 1;
          // the last ten have none: what is asked for ahead of them is what the decoders takes
          if (n === 30) before = decoders.asked.length;
        }
        assert.equal(n, 40);
        assert.ok(decoders.asked.length - before <= 11, `${decoders.asked.length - before} for the last ten`);
      });
    });
  }

  it('looks through a range without a block in bounded memory', async () => {
    const noise = Buffer.alloc(4 * MAX_BLOCK_BYTES, 0x55);
    const source = new MemorySource(noise, 64 * 1024);
    const decoders = new InlineBlockDecoders();
    const options = { start: 1, end: 3 * MAX_BLOCK_BYTES, size: noise.length, decoders };
    const chain = new BlockChain({ ...options, source: source.read(1) });
    assert.deepEqual((await walk(chain, 1)).bits, []);
    assert.deepEqual([chain.firstBlock, chain.nextBlock], [null, null]);
    assert.ok(source.taken <= options.end + 2 * 64 * 1024, `${source.taken}`);
  });

  it('fails in time where everything is a magic', async () => {
    const magics = Buffer.from('314159265359'.repeat(1_000_000), 'hex');
    const decoders = new WatchedDecoders(4);
    const source = new MemorySource(magics, 1024 * 1024).read(2);
    const chain = new BlockChain({ source, start: 2, end: magics.length, size: magics.length, decoders });
    await assert.rejects(walk(chain, 1), { code: 'NO_FIRST_BLOCK' });
  });
});
