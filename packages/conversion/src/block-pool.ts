import { Worker } from 'node:worker_threads';
import { BlockDecoder } from '@wikifleet/bzip2/block-decoder';
import { FleetError, PermanentError, messageOf } from '@wikifleet/domain/errors';
import type { BlockReply, BlockRequest } from './block-messages.js';

/** A decoded block. Its CRC is right; its bytes are taken by `read`, once. */
export interface PooledBlock {
  /** The bit position after it, from the beginning of the file. */
  readonly endBit: number;
  readonly crc: number;
  /** The next slice, a view that is good until the next call; null after the last. */
  read(): Uint8Array | null;
}

/** Decodes blocks, in threads or at once. */
export interface BlockPool {
  /** Blocks worth asking for ahead of the one that is needed. */
  readonly ahead: number;
  /**
   * Decodes the block at bit `bit` of the file. `input` holds it from byte `base` of the file on, and is the pool's from
   * now on. Rejects with a `PermanentError` `BZIP2_…`; with `BZIP2_TRUNCATED` where `input` is too short; with a
   * `FleetError` `THREAD_DIED` or `POOL_CLOSED`. Blocks are to be read one after the other; with `ahead` 0 a block is
   * good until the next call.
   */
  decode(input: Uint8Array<ArrayBuffer>, base: number, bit: number, level: number): Promise<PooledBlock>;
  /** Ends the threads, and what they have under way rejects; may be called twice. */
  close(): Promise<void>;
}

/** `workers` threads decode; with 1 there is no thread, and blocks are decoded where they are asked for. */
export function openBlockPool(workers: number): BlockPool {
  return workers <= 1 ? new InlinePool() : new ThreadPool(workers);
}

class InlinePool implements BlockPool {
  readonly ahead = 0;
  readonly #decoder = new BlockDecoder();

  async decode(input: Uint8Array<ArrayBuffer>, base: number, bit: number, level: number): Promise<PooledBlock> {
    const { endBit, crc } = this.#decoder.decode(input, bit - base * 8, level, base * 8);
    return await Promise.resolve({ endBit: base * 8 + endBit, crc, read: () => this.#decoder.read() });
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

interface Waiting {
  readonly resolve: (block: PooledBlock) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Requests under way, in order: a thread answers in order. */
  readonly waiting: Waiting[];
  dead: boolean;
}

/** Requests that a thread has at once: one under work, one to go on with. */
const REQUESTS_PER_THREAD = 2;

class ThreadPool implements BlockPool {
  readonly ahead: number;
  readonly #threads: Thread[];
  /** Output buffers that came back empty: memory is bounded by the requests under way. */
  readonly #spare: ArrayBuffer[] = [];
  /** For blocks that expand beyond what is sent between threads. */
  #large: BlockDecoder | undefined;
  #closed = false;

  constructor(workers: number) {
    this.ahead = workers * REQUESTS_PER_THREAD;
    this.#threads = Array.from({ length: workers }, () => this.#start());
  }

  #start(): Thread {
    const worker = new Worker(new URL('./block-worker.js', import.meta.url));
    const thread: Thread = { worker, waiting: [], dead: false };
    const died = (why: unknown): void => {
      thread.dead = true;
      const error = this.#closed
        ? poolClosed()
        : new FleetError('THREAD_DIED', `a thread that decodes blocks died: ${messageOf(why)}`, { cause: why });
      for (const { reject } of thread.waiting.splice(0)) reject(error);
    };
    worker.on('message', (reply: BlockReply) => this.#settle(thread, reply));
    worker.on('error', died);
    worker.on('messageerror', (error) => {
      // an answer is lost: whose it was cannot be known
      died(error);
      void worker.terminate();
    });
    worker.on('exit', (code) => died(`exit code ${code}`));
    return thread;
  }

  async decode(input: Uint8Array<ArrayBuffer>, base: number, bit: number, level: number): Promise<PooledBlock> {
    if (this.#closed) throw poolClosed();
    for (const [i, { dead }] of this.#threads.entries()) if (dead) this.#threads[i] = this.#start();
    const thread = this.#threads.reduce((least, next) => (next.waiting.length < least.waiting.length ? next : least));
    const output = this.#spare.pop();
    const request: BlockRequest = { input, base, bit, level, output };
    return await new Promise<PooledBlock>((resolve, reject) => {
      thread.worker.postMessage(request, output === undefined ? [input.buffer] : [input.buffer, output]);
      thread.waiting.push({ resolve, reject });
    });
  }

  #settle(thread: Thread, reply: BlockReply): void {
    const waiting = thread.waiting.shift();
    if (waiting === undefined) return;
    if (reply.kind !== 'block' && reply.output !== undefined) this.#spare.push(reply.output);
    switch (reply.kind) {
      case 'block':
        waiting.resolve(this.#sentBlock(reply));
        break;
      case 'large':
        waiting.resolve(this.#largeBlock(reply));
        break;
      case 'error': {
        const { code, message, permanent, place, expected, received } = reply;
        const known = Object.entries({ place, expected, received }).filter(([, value]) => value !== undefined);
        const options = Object.fromEntries(known);
        waiting.reject(permanent ? new PermanentError(code, message, options) : new FleetError(code, message, options));
        break;
      }
    }
  }

  #sentBlock({ endBit, crc, size, output }: BlockReply & { kind: 'block' }): PooledBlock {
    let calls = 0;
    const read = (): Uint8Array | null => {
      calls += 1;
      if (calls === 1) return new Uint8Array(output, 0, size);
      // whoever asks again is done with the bytes
      if (calls === 2) this.#spare.push(output);
      return null;
    };
    return { endBit, crc, read };
  }

  #largeBlock({ endBit, crc, request }: BlockReply & { kind: 'large' }): PooledBlock {
    let decoder: BlockDecoder | undefined;
    const read = (): Uint8Array | null => {
      if (decoder === undefined) {
        decoder = this.#large ??= new BlockDecoder();
        decoder.decode(request.input, request.bit - request.base * 8, request.level, request.base * 8);
      }
      return decoder.read();
    };
    return { endBit, crc, read };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#spare.length = 0;
    await Promise.all(this.#threads.map(async ({ worker }) => await worker.terminate()));
  }
}

function poolClosed(): FleetError {
  return new FleetError('POOL_CLOSED', 'the threads that decode blocks were ended');
}
