import { Worker } from 'node:worker_threads';
import { BlockDecoder } from '@wikifleet/bzip2/block-decoder';
import { FleetError, PermanentError, messageOf } from '@wikifleet/domain/errors';
import { answerBlock } from './answer-block.js';
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

/**
 * `workers` threads decode, this one among them: it does while it would else wait. With 1 there is no other thread, and
 * blocks are decoded where they are asked for.
 */
export function openBlockPool(workers: number): BlockPool {
  return workers <= 1 ? new InlinePool() : new ThreadPool(workers - 1);
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

interface Asked {
  readonly request: Omit<BlockRequest, 'output'>;
  readonly resolve: (block: PooledBlock) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Requests under way, in order: a thread answers in order. */
  readonly waiting: Asked[];
  dead: boolean;
}

/** Requests that a thread has at once: one under work, and two to go on with while this thread is at a block of its own. */
const REQUESTS_PER_THREAD = 3;
/** Requests that are left for this thread. */
const REQUESTS_HERE = 1;

class ThreadPool implements BlockPool {
  readonly ahead: number;
  readonly #threads: Thread[];
  /** What no thread has taken yet, in order. */
  readonly #backlog: Asked[] = [];
  readonly #decoder = new BlockDecoder();
  /** Output buffers that came back empty: memory is bounded by the requests under way. */
  readonly #spare: ArrayBuffer[] = [];
  /** For blocks that expand beyond what is sent between threads. */
  #large: BlockDecoder | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** Whether a thread has answered in this turn of the event loop: then there is other work than decoding. */
  #answered = false;
  #closed = false;

  constructor(threads: number) {
    this.ahead = threads * REQUESTS_PER_THREAD + REQUESTS_HERE;
    this.#threads = Array.from({ length: threads }, () => this.#start());
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
    worker.on('message', (reply: BlockReply) => {
      this.#answered = true;
      const asked = thread.waiting.shift();
      if (asked !== undefined) this.#settle(asked, reply);
      this.#handOut();
    });
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
    return await new Promise<PooledBlock>((resolve, reject) => {
      this.#backlog.push({ request: { input, base, bit, level }, resolve, reject });
      this.#handOut();
    });
  }

  /** Gives the threads as much as they take, the rest waits for the next turn of the event loop. */
  #handOut(): void {
    if (this.#closed) return;
    for (const [i, { dead }] of this.#threads.entries()) if (dead) this.#threads[i] = this.#start();
    while (this.#backlog.length > 0) {
      const thread = this.#threads.reduce((least, next) => (next.waiting.length < least.waiting.length ? next : least));
      if (thread.waiting.length >= REQUESTS_PER_THREAD) break;
      const asked = this.#backlog.shift()!;
      const output = this.#spare.pop();
      const { buffer } = asked.request.input;
      thread.worker.postMessage({ ...asked.request, output }, output === undefined ? [buffer] : [buffer, output]);
      thread.waiting.push(asked);
    }
    if (this.#backlog.length > 0) this.#turn ??= setImmediate(() => this.#decodeHere());
  }

  /** Decodes a block in this thread, once a turn has brought nothing else to do. */
  #decodeHere(): void {
    this.#turn = undefined;
    if (!this.#answered) {
      const asked = this.#backlog.shift();
      if (asked !== undefined) {
        this.#settle(asked, answerBlock(this.#decoder, { ...asked.request, output: this.#spare.pop() }));
      }
    }
    this.#answered = false;
    this.#handOut();
  }

  #settle({ resolve, reject }: Asked, reply: BlockReply): void {
    if (reply.kind !== 'block' && reply.output !== undefined) this.#spare.push(reply.output);
    switch (reply.kind) {
      case 'block':
        resolve(this.#sentBlock(reply));
        break;
      case 'large':
        resolve(this.#largeBlock(reply));
        break;
      case 'error': {
        const { code, message, permanent, place, expected, received } = reply;
        const known = Object.entries({ place, expected, received }).filter(([, value]) => value !== undefined);
        const options = Object.fromEntries(known);
        reject(permanent ? new PermanentError(code, message, options) : new FleetError(code, message, options));
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
    clearImmediate(this.#turn);
    this.#spare.length = 0;
    for (const { reject } of this.#backlog.splice(0)) reject(poolClosed());
    await Promise.all(this.#threads.map(async ({ worker }) => await worker.terminate()));
  }
}

function poolClosed(): FleetError {
  return new FleetError('POOL_CLOSED', 'the threads that decode blocks were ended');
}
