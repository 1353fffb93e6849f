import assert from 'node:assert/strict';
import { MAX_BLOCK_BYTES } from '@wikifleet/bzip2/block-decoder';
import { findMagics } from '@wikifleet/bzip2/find-magic';
import { BlockChain } from './block-chain.js';
import { openBlockPool } from './block-pool.js';
import type { BlockDecoders, PooledBlock } from './block-pool.js';
import { PLANTED_BLOCK, bz2Stream } from './testing/test-bzip2.js';
import { MemorySource, Random } from './testing/test-tools.js';

const random = new Random(11);
const BLOCKS = Array.from({ length: 40 }, () => Buffer.from(Array.from({ length: 3000 }, () => random.below(256))));
const FILE = bz2Stream(BLOCKS);
const MAGICS = [...findMagics(FILE)].map(({ bit }) => bit);
const CHUNK = 1000;

/** A pool that remembers what it was asked for, and answers late and out of order. */
class WatchedPool implements BlockDecoders {
  readonly ahead: number;
  readonly asked: number[] = [];
  /** Blocks that were asked for and not read yet, at most. */
  most = 0;
  #open = 0;
  readonly #pool = openBlockPool(2);

  constructor(ahead: number) {
    this.ahead = ahead;
  }

  async decode(input: Uint8Array, base: number, bit: number, level: number): Promise<PooledBlock> {
    this.asked.push(bit);
    this.#open += 1;
    this.most = Math.max(this.most, this.#open);
    const block = await this.#pool.decode(input, base, bit, level);
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

  async close(): Promise<void> {
    await this.#pool.close();
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
  this.timeout(20_000);
  const size = FILE.length;

  for (const ahead of [0, 1, 4, 10]) {
    describe(`with ${ahead} blocks asked for ahead`, () => {
      let pool: WatchedPool;
      beforeEach(() => {
        pool = new WatchedPool(ahead);
      });
      afterEach(async () => await pool.close());

      it('decodes each block of a file once, in order', async () => {
        const source = new MemorySource(FILE, CHUNK);
        const chain = new BlockChain({ source: source.read(0), start: 0, end: size, size, pool });
        const { bits, owned, bytes } = await walk(chain, 1);
        assert.deepEqual(bits, MAGICS.slice(0, -1));
        assert.equal(owned, 40);
        assert.ok(bytes.equals(Buffer.concat(BLOCKS)));
        assert.deepEqual(pool.asked, bits);
        assert.ok(pool.most <= ahead + 1, `${pool.most} at once`);
        assert.deepEqual([chain.firstBlock, chain.nextBlock, source.open], [MAGICS[0], size * 8, 0]);
      });

      it('takes little of the file behind its split, and asks for no block there before it is needed', async () => {
        const [start, end] = [Math.floor((MAGICS[9] ?? 0) / 8) + 1, Math.floor((MAGICS[20] ?? 0) / 8) + 1];
        const source = new MemorySource(FILE, CHUNK);
        const chain = new BlockChain({ source: source.read(start), start, end, size, pool });
        const { bits, owned } = await walk(chain, 1);
        assert.deepEqual([owned, bits.length], [11, 12]);
        assert.deepEqual(pool.asked, MAGICS.slice(10, 22));
        assert.deepEqual([chain.firstBlock, chain.nextBlock], [MAGICS[10], MAGICS[21]]);
        // the block behind the split, the magic behind that, and a chunk
        const needed = Math.ceil(((MAGICS[22] ?? 0) + 48) / 8) - start;
        assert.ok(source.taken <= needed + 2 * CHUNK, `${source.taken} bytes for ${needed}`);
        assert.equal(source.open, 0);
      });

      it('asks for more and more blocks behind its split, where it is read on', async () => {
        const end = Math.floor((MAGICS[2] ?? 0) / 8);
        const chain = new BlockChain({ source: new MemorySource(FILE, CHUNK).read(0), start: 0, end, size, pool });
        const { bits } = await walk(chain, 38);
        assert.equal(bits.length, 40);
        assert.deepEqual(pool.asked, bits);
        assert.ok(pool.most <= ahead + 1);
        if (ahead > 1) assert.ok(pool.most > ahead / 2, `${pool.most} at once`);
      });

      it('leaves off in mid-file, with blocks under way', async () => {
        const source = new MemorySource(FILE, CHUNK);
        const chain = new BlockChain({ source: source.read(0), start: 0, end: size, size, pool });
        for await (const _ of chain) break;
        assert.equal(source.open, 0);
      });

      it('fails at a broken block, after the blocks before it', async () => {
        const broken = Buffer.from(FILE);
        const at = Math.floor((MAGICS[5] ?? 0) / 8) + 1000;
        broken[at] = (broken[at] ?? 0) ^ 4;
        const chain = new BlockChain({ source: new MemorySource(broken, 10).read(0), start: 0, end: size, size, pool });
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
          pool,
        });
        let before = 0;
        let n = 0;
        for await (const block of chain) {
          while (block.read() !== null);
          n += 1;
          // the last ten have none: what is asked for ahead of them is what the pool takes
          if (n === 30) before = pool.asked.length;
        }
        assert.equal(n, 40);
        assert.ok(pool.asked.length - before <= 11, `${pool.asked.length - before} for the last ten`);
      });
    });
  }

  it('looks through a range without a block in bounded memory', async () => {
    const noise = Buffer.alloc(4 * MAX_BLOCK_BYTES, 0x55);
    const source = new MemorySource(noise, 64 * 1024);
    const pool = openBlockPool(1);
    const options = { start: 1, end: 3 * MAX_BLOCK_BYTES, size: noise.length, pool };
    const chain = new BlockChain({ ...options, source: source.read(1) });
    assert.deepEqual((await walk(chain, 1)).bits, []);
    assert.deepEqual([chain.firstBlock, chain.nextBlock], [null, null]);
    assert.ok(source.taken <= options.end + 2 * 64 * 1024, `${source.taken}`);
  });

  it('fails in time where everything is a magic', async () => {
    const magics = Buffer.from('314159265359'.repeat(1_000_000), 'hex');
    const pool = new WatchedPool(4);
    try {
      const source = new MemorySource(magics, 1024 * 1024).read(2);
      const chain = new BlockChain({ source, start: 2, end: magics.length, size: magics.length, pool });
      await assert.rejects(walk(chain, 1), { code: 'NO_FIRST_BLOCK' });
    } finally {
      await pool.close();
    }
  });
});
