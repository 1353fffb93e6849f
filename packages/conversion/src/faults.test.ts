import assert from 'node:assert/strict';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { Random } from '@wikifleet/testing/random';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { openBlockPool } from './block-pool.js';
import type { BlockPool } from './block-pool.js';
import type { ConversionProgress } from './convert-split.js';
import type { FileSource } from './file-source.js';
import { MEMBER_BYTES } from './json-lines-format.js';
import { bz2Stream } from '@wikifleet/testing/bz2-stream';
import { MemorySink, convertPart, pieces, smallDump, wholeText } from './testing/test-tools.js';
import type { Part } from './testing/test-tools.js';

const TEXT = wholeText(smallDump(60, (page) => `text of ${page} `.repeat(20)));
const FILE = bz2Stream(pieces(TEXT, new Random(2).cuts(30, Buffer.byteLength(TEXT))));
const WHOLE = { start: 0, end: FILE.length };
const CHUNK = 100;

/** A source that does something before its `n`th chunk. */
function disturbed(n: number, disturb: () => Promise<void> | void, source = new MemorySource(FILE, CHUNK)): FileSource {
  return {
    size: source.size,
    first: async (count) => await source.first(count),
    async *read(start) {
      let chunks = 0;
      for await (const chunk of source.read(start)) {
        chunks += 1;
        if (chunks === n) await disturb();
        yield chunk;
      }
    },
  };
}

/** Who starts a thread is not asked for it: Node itself says which ones there are. */
async function withThreads(
  count: number,
  work: (pool: BlockPool, threads: readonly Worker[]) => Promise<void>,
): Promise<void> {
  const threads: Worker[] = [];
  const note = (message: unknown): void => {
    threads.push((message as { worker: Worker }).worker);
  };
  subscribe('worker_threads', note);
  // this thread is one of them
  const pool = openBlockPool(count + 1);
  try {
    await work(pool, threads);
  } finally {
    await pool.close();
    unsubscribe('worker_threads', note);
  }
}

describe('faults', function () {
  let sound: Part;
  before(async () => {
    sound = await convertPart(FILE, WHOLE);
    assert.deepEqual([sound.failure, sound.counts.pages], [null, 60]);
  });

  describe('of threads', () => {
    it('that die in mid-work reject with THREAD_DIED, and the next conversion has new ones', async () => {
      await withThreads(3, async (pool, threads) => {
        assert.equal(threads.length, 3);
        for (const n of [1, 4, 9]) {
          const dying = threads.slice(-3);
          let dead: Promise<unknown> | undefined;
          const die = (): void => {
            dead = Promise.all(dying.map(async (thread) => await thread.terminate()));
          };
          await assert.rejects(convertPart(disturbed(n, die), WHOLE, { pool }), (error) => {
            assert.ok(error instanceof FleetError && !(error instanceof PermanentError));
            assert.equal(error.code, 'THREAD_DIED');
            return true;
          });
          await dead;
          assert.deepEqual(await convertPart(FILE, WHOLE, { pool }), sound);
        }
      });
    });

    it('one that dies idle is replaced', async () => {
      await withThreads(2, async (pool, threads) => {
        assert.deepEqual(await convertPart(FILE, WHOLE, { pool }), sound);
        await threads[0]?.terminate();
        assert.deepEqual(await convertPart(FILE, WHOLE, { pool }), sound);
        assert.equal(threads.length, 3);
      });
    });

    it('one of many that dies fails the conversion, or nobody waited for it', async () => {
      await withThreads(2, async (pool, threads) => {
        for (let n = 1; n < 12; n += 1) {
          const [thread] = threads.slice(-1);
          const die = async (): Promise<void> => {
            await thread?.terminate();
          };
          const outcome = await Promise.allSettled([convertPart(disturbed(n, die), WHOLE, { pool })]);
          const [result] = outcome;
          if (result?.status === 'fulfilled') assert.deepEqual(result.value, sound);
          else assert.equal((result?.reason as FleetError | undefined)?.code, 'THREAD_DIED');
        }
      });
    });

    it('that die with batches of pages under way reject, and the next conversion has new ones', async () => {
      const bytes = Buffer.from(wholeText(smallDump(3000, (page) => `text of ${page} `.repeat(300))));
      const split = { start: 0, end: bytes.length };
      const whole = await convertPart(bytes, split);
      await withThreads(2, async (pool, threads) => {
        for (const n of [9, 60, 150]) {
          let dead: Promise<unknown> | undefined;
          const die = (): void => {
            dead = Promise.all(threads.slice(-2).map(async (thread) => await thread.terminate()));
          };
          const source = new MemorySource(bytes);
          const dying = disturbed(n, die, source);
          await assert.rejects(convertPart(dying, split, { pool }), { code: 'THREAD_DIED' });
          await dead;
          assert.equal(source.open, 0);
          assert.deepEqual(await convertPart(bytes, split, { pool }), whole);
        }
        const close = async (): Promise<void> => await pool.close();
        const closing = disturbed(100, close, new MemorySource(bytes));
        await assert.rejects(convertPart(closing, split, { pool }), { code: 'POOL_CLOSED' });
      });
    });

    for (const n of [1, 5, 12]) {
      it(`a pool that is closed at chunk ${n} rejects what is under way`, async () => {
        await withThreads(2, async (pool) => {
          const close = (): void => void pool.close();
          await assert.rejects(convertPart(disturbed(n, close), WHOLE, { pool }), { code: 'POOL_CLOSED' });
        });
      });
    }

    it('a pool may be closed twice, and starts nothing afterwards', async () => {
      await withThreads(2, async (pool, threads) => {
        await pool.close();
        await pool.close();
        await assert.rejects(convertPart(FILE, WHOLE, { pool }), { code: 'POOL_CLOSED' });
        assert.equal(threads.length, 2);
      });
    });

    it('a block that is not read leaves nothing behind for the next conversion', async () => {
      await withThreads(2, async (pool) => {
        for (let n = 1; n < 20; n += 1) {
          const source = new MemorySource(FILE, CHUNK);
          const stop = (): never => {
            throw new Error('enough');
          };
          await assert.rejects(convertPart(disturbed(n, stop, source), WHOLE, { pool }), /enough/);
          assert.equal(source.open, 0);
        }
        assert.deepEqual(await convertPart(FILE, WHOLE, { pool }), sound);
      });
    });
  });

  describe('from outside go through as they are, even where they are permanent', () => {
    const errors: readonly Error[] = [new Error('gone'), new PermanentError('NOT_ALLOWED', 'not allowed')];
    for (const error of errors) {
      const fail = (): never => {
        throw error;
      };
      const sink = { write: async () => await Promise.resolve().then(fail) };
      it(`a source that throws ${error.name}, anywhere`, async () => {
        for (const split of [WHOLE, { start: 500, end: 1500 }]) {
          for (const n of [1, 3, 8]) {
            const source = new MemorySource(FILE, CHUNK);
            await assert.rejects(convertPart(disturbed(n, fail, source), split), (thrown) => thrown === error);
            assert.equal(source.open, 0);
          }
        }
        const source = new MemorySource(FILE);
        const read: MemorySource['read'] = (...args) => source.read(...args);
        await assert.rejects(
          convertPart({ size: source.size, read, first: sink.write }, WHOLE),
          (thrown) => thrown === error,
        );
      });

      it(`a sink that throws ${error.name}`, async () => {
        for (const compression of ['none', 'gzip'] as const) {
          const source = new MemorySource(FILE, CHUNK);
          await assert.rejects(convertPart(source, WHOLE, { rows: sink, compression }), (thrown) => thrown === error);
          assert.equal(source.open, 0);
        }
      });

      it(`a quarantine that throws ${error.name}`, async () => {
        const broken = bz2Stream([Buffer.from(TEXT.replaceAll('<origin>1<', '<origin>x<'))]);
        const conversion = convertPart(broken, { start: 0, end: broken.length }, { quarantine: sink });
        await assert.rejects(conversion, (thrown) => thrown === error);
      });
    }
  });

  describe('an abort', () => {
    for (const threads of [1, 2]) {
      for (const n of [1, 5, 12]) {
        it(`at chunk ${n} ends the conversion, and leaves nothing open (${threads} threads)`, async () => {
          await withThreads(threads, async (pool) => {
            const controller = new AbortController();
            const source = new MemorySource(FILE, CHUNK);
            const abort = (): void => controller.abort(new Error('stop'));
            const settings = { pool, signal: controller.signal };
            await assert.rejects(convertPart(disturbed(n, abort, source), WHOLE, settings), /stop/);
            assert.equal(source.open, 0);
            assert.ok(source.taken <= n * CHUNK, 'it takes no chunk more');
            assert.deepEqual(await convertPart(FILE, WHOLE, { pool }), sound);
          });
        });
      }
    }

    it('with batches of pages under way ends the conversion, and leaves nothing for the next', async () => {
      const bytes = Buffer.from(wholeText(smallDump(2000, (page) => `text of ${page} `.repeat(300))));
      const split = { start: 0, end: bytes.length };
      const whole = await convertPart(bytes, split);
      await withThreads(2, async (pool) => {
        for (const n of [20, 77]) {
          const controller = new AbortController();
          const source = new MemorySource(bytes);
          const abort = (): void => controller.abort(new Error('stop'));
          const settings = { pool, signal: controller.signal };
          await assert.rejects(convertPart(disturbed(n, abort, source), split, settings), /stop/);
          assert.equal(source.open, 0);
          assert.deepEqual(await convertPart(bytes, split, { pool }), whole);
        }
      });
    });

    it('before it begins takes nothing of the file', async () => {
      const source = new MemorySource(FILE);
      await assert.rejects(convertPart(source, WHOLE, { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
      assert.equal(source.taken, 0);
    });
  });

  it('a slow sink holds the source back: rows do not pile up', async () => {
    const dump = wholeText(smallDump(400, (page) => `${page} of many `.repeat(6000)));
    const bytes = Buffer.from(dump);
    assert.ok(bytes.length > 8 * MEMBER_BYTES);
    const source = new MemorySource(bytes);
    const rows = new MemorySink();
    let written = 0;
    let furthest = 0;
    const slow = {
      write: async (packed: Uint8Array) => {
        await new Promise((resolve) => {
          setTimeout(resolve, 20);
        });
        await rows.write(packed);
        written += packed.length;
        furthest = Math.max(furthest, source.taken - written);
      },
    };
    const part = await convertPart(source, { start: 0, end: bytes.length }, { rows: slow });
    assert.deepEqual([part.failure, part.counts.pages], [null, 400]);
    assert.ok(furthest < 7 * MEMBER_BYTES, `${furthest} bytes ahead of the sink`);
  });

  it('progress goes forward, and never beyond the end', async () => {
    const seen: ConversionProgress[] = [];
    const slowly = disturbed(0, () => {});
    const source: FileSource = {
      ...slowly,
      async *read(start) {
        for await (const chunk of slowly.read(start)) {
          await new Promise((resolve) => {
            setTimeout(resolve, 15);
          });
          yield chunk;
        }
      },
    };
    const split = { start: 0, end: Math.floor(FILE.length / 2) };
    await convertPart(source, split, { onProgress: (progress) => seen.push(progress) });
    assert.ok(seen.length > 0);
    for (const [i, { fraction, xmlBytes, pages, rows }] of seen.entries()) {
      assert.ok(fraction >= 0 && fraction <= 1);
      const before = seen[i - 1];
      if (before === undefined) continue;
      assert.ok(fraction >= before.fraction && xmlBytes >= before.xmlBytes);
      assert.ok(pages >= before.pages && rows >= before.rows);
    }
  });
});
