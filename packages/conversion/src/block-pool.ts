import { BlockDecoder } from '@wikifleet/bzip2/block-decoder';
import { InlineBlockDecoders } from '@wikifleet/bzip2/block-decoders';
import type { BlockDecoders, DecodedBlock } from '@wikifleet/bzip2/block-decoders';
import { BatchConverter } from '@wikifleet/mediawiki/batch-converter';
import { answerBatch } from './answer-batch.js';
import { answerBlock, decodeBlock } from './answer-block.js';
import { answerMember } from './answer-member.js';
import type { MemberAnswer } from './answer-member.js';
import type { BatchReply, BatchRequest } from './batch-messages.js';
import { USUAL_BYTES } from './block-messages.js';
import type { BlockBuffers, BlockReply, BlockRequest } from './block-messages.js';
import { MemberEncoders } from './member-encoders.js';
import type { MemberPool, MemberReply, MemberRequest } from './member-pool.js';
import { PoolThread, poolClosed } from './pool-thread.js';
import { fromSent } from './sent-error.js';
import { TextColumnsCache } from './text-columns.js';

/** What became of a batch: rows, or the batch itself, which needs the reference. */
export type ConvertedBatch = Exclude<BatchReply, { kind: 'error' }>;

/** Decodes blocks, converts batches of pages, and encodes members. */
export interface BlockPool extends BlockDecoders, MemberPool {
  /** Batches worth having under way at once; 0 where no thread converts. */
  readonly batches: number;
  /**
   * Converts a batch, whose bytes are the pool's until then. One that begins in mid-page comes after the batch before it.
   * Rejects with a `FleetError` `THREAD_DIED` or `POOL_CLOSED`.
   */
  convert(request: BatchRequest): Promise<ConvertedBatch>;
  /** Ends the threads, and what they have under way rejects; may be called twice. */
  close(): Promise<void>;
}

/**
 * `workers` threads decode and convert, this one among them: it does while it would else wait. With 1 there is no other
 * thread, and blocks are decoded where they are asked for.
 */
export function openBlockPool(workers: number): BlockPool {
  return workers <= 1 ? new InlinePool() : new ThreadPool(workers - 1);
}

class InlinePool extends InlineBlockDecoders implements BlockPool {
  readonly workers = 1;
  readonly batches = 0;
  readonly #encoders = new MemberEncoders();

  async encode(request: MemberRequest): Promise<MemberReply> {
    return await Promise.resolve(this.#encoders.encode(request));
  }

  async convert(): Promise<never> {
    return await Promise.reject(new Error('no thread converts'));
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

interface Asked<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer | Promise<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/** Blocks that a thread has at once: one under work, and two to go on with while this thread is at a block of its own. */
const BLOCKS_PER_THREAD = 3;
/** Batches that a thread has at once: one under work, and one to go on with. */
const BATCHES_PER_THREAD = 2;
/** Members that a thread has at once. */
const MEMBERS_PER_THREAD = 1;
/** What is left for this thread: with less it would wait now and then, while another thread is at all that is under way. */
const BLOCKS_LEFT_HERE = 4;
const BATCHES_LEFT_HERE = 1;
/** Smallest input of a block, which is as large as it must be, and used again. */
const INPUT_BYTES = 256 * 1024;

class ThreadPool implements BlockPool {
  readonly workers: number;
  readonly ahead: number;
  readonly batches: number;
  readonly #threads: PoolThread[];
  /** What no thread has taken yet, in order. */
  readonly #blocks: Asked<BlockRequest, DecodedBlock>[] = [];
  readonly #batches: Asked<BatchRequest, BatchReply>[] = [];
  readonly #members: Asked<MemberRequest, MemberAnswer>[] = [];
  /** The thread that has the page which the last batch ended in. */
  #pageThread: PoolThread | undefined;
  readonly #decoder = new BlockDecoder();
  #converter: BatchConverter | undefined;
  readonly #texts = new TextColumnsCache();
  readonly #encoders = new MemberEncoders();
  /** Those of blocks that were read: memory is bounded by the blocks that are asked for. */
  readonly #spare: BlockBuffers[] = [];
  /** For blocks that expand beyond what is sent between threads. */
  #large: BlockDecoder | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** Whether a thread has answered in this turn of the event loop: then there is other work than a thread's. */
  #answered = false;
  #closed = false;

  constructor(threads: number) {
    this.workers = threads + 1;
    this.ahead = threads * BLOCKS_PER_THREAD + BLOCKS_LEFT_HERE;
    this.batches = threads * BATCHES_PER_THREAD + BATCHES_LEFT_HERE;
    this.#threads = Array.from({ length: threads }, () => this.#start());
  }

  #start(): PoolThread {
    return new PoolThread(() => {
      this.#answered = true;
      this.#handOut();
    });
  }

  async decode(input: Uint8Array, base: number, bit: number, level: number): Promise<DecodedBlock> {
    if (this.#closed) throw poolClosed();
    const { length } = input;
    const buffers = this.#buffersFor(length);
    new Uint8Array(buffers.input).set(input);
    return await new Promise<DecodedBlock>((resolve, reject) => {
      this.#blocks.push({ request: { buffers, length, base, bit, level }, resolve, reject });
      this.#handOut();
    });
  }

  #buffersFor(length: number): BlockBuffers {
    const { input, output } = this.#spare.pop() ?? {};
    return {
      input: input !== undefined && input.byteLength >= length ? input : new ArrayBuffer(Math.max(INPUT_BYTES, length)),
      output: output ?? new ArrayBuffer(USUAL_BYTES),
    };
  }

  async convert(request: BatchRequest): Promise<ConvertedBatch> {
    const reply = await this.#convert(request);
    if (reply.kind === 'error') throw fromSent(reply.error);
    return reply;
  }

  async #convert(request: BatchRequest): Promise<BatchReply> {
    if (this.#closed) throw poolClosed();
    const { begins, ends } = request.batch;
    if (begins !== 'revision' && ends === 'revision') this.#pageThread = this.#leastBusy('batches');
    // where the thread has died the page's state is lost
    if (begins === 'revision' || ends === 'revision') return await this.#pageThread!.convert(request);
    return await new Promise<BatchReply>((resolve, reject) => {
      this.#batches.push({ request, resolve, reject });
      this.#handOut();
    });
  }

  async encode(request: MemberRequest): Promise<MemberReply> {
    if (this.#closed) throw poolClosed();
    const answer = await new Promise<MemberAnswer>((resolve, reject) => {
      this.#members.push({ request, resolve, reject });
      this.#handOut();
    });
    if (answer.kind === 'error') throw fromSent(answer.error);
    return answer.reply;
  }

  #leastBusy(kind: 'blocks' | 'batches' | 'members'): PoolThread {
    for (const [i, { isDead }] of this.#threads.entries()) if (isDead) this.#threads[i] = this.#start();
    return this.#threads.reduce((least, next) => (next[kind] < least[kind] ? next : least));
  }

  /** Gives the threads as much as they take, the rest waits for the next turn of the event loop. */
  #handOut(): void {
    if (this.#closed) return;
    while (this.#batches.length > 0) {
      const thread = this.#leastBusy('batches');
      if (thread.batches >= BATCHES_PER_THREAD) break;
      const { request, resolve } = this.#batches.shift()!;
      resolve(thread.convert(request));
    }
    while (this.#members.length > 0) {
      const thread = this.#leastBusy('members');
      if (thread.members >= MEMBERS_PER_THREAD) break;
      const { request, resolve } = this.#members.shift()!;
      resolve(thread.encode(request));
    }
    while (this.#blocks.length > 0) {
      const thread = this.#leastBusy('blocks');
      if (thread.blocks >= BLOCKS_PER_THREAD) break;
      const { request, resolve } = this.#blocks.shift()!;
      resolve(thread.decode(request).then((reply) => this.#decoded(request, reply)));
    }
    const left = this.#batches.length + this.#members.length + this.#blocks.length;
    if (left > 0) this.#turn ??= setImmediate(() => this.#workHere());
  }

  /** Does in this thread what waits for one, once a turn has brought nothing else to do. */
  #workHere(): void {
    this.#turn = undefined;
    if (!this.#answered && !this.#convertHere() && !this.#encodeHere()) this.#decodeHere();
    this.#answered = false;
    this.#handOut();
  }

  /** False where there is no batch. */
  #convertHere(): boolean {
    const asked = this.#batches.shift();
    if (asked === undefined) return false;
    this.#converter ??= new BatchConverter();
    asked.resolve(answerBatch(this.#converter, this.#texts, asked.request));
    return true;
  }

  /** False where there is no member. */
  #encodeHere(): boolean {
    const asked = this.#members.shift();
    if (asked === undefined) return false;
    asked.resolve(answerMember(this.#encoders, asked.request));
    return true;
  }

  #decodeHere(): void {
    const asked = this.#blocks.shift();
    if (asked === undefined) return;
    const reply = answerBlock(this.#decoder, asked.request);
    try {
      asked.resolve(this.#decoded(asked.request, reply));
    } catch (error) {
      asked.reject(error);
    }
  }

  #decoded(request: BlockRequest, reply: BlockReply): DecodedBlock {
    switch (reply.kind) {
      case 'block':
        return this.#sentBlock(reply);
      case 'large':
        return this.#largeBlock({ ...request, buffers: reply.buffers }, reply);
      case 'error':
        this.#spare.push(reply.buffers);
        throw fromSent(reply.error);
    }
  }

  #sentBlock({ endBit, crc, size, buffers }: BlockReply & { kind: 'block' }): DecodedBlock {
    let calls = 0;
    const read = (): Uint8Array | null => {
      calls += 1;
      if (calls === 1) return new Uint8Array(buffers.output, 0, size);
      // whoever asks again is done with the bytes
      if (calls === 2) this.#spare.push(buffers);
      return null;
    };
    return { endBit, crc, read };
  }

  #largeBlock(request: BlockRequest, { endBit, crc }: BlockReply & { kind: 'large' }): DecodedBlock {
    let decoder: BlockDecoder | undefined;
    const read = (): Uint8Array | null => {
      if (decoder === undefined) {
        decoder = this.#large ??= new BlockDecoder();
        decodeBlock(decoder, request);
        this.#spare.push(request.buffers);
      }
      return decoder.read();
    };
    return { endBit, crc, read };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearImmediate(this.#turn);
    this.#spare.length = 0;
    const left = [...this.#blocks.splice(0), ...this.#batches.splice(0), ...this.#members.splice(0)];
    for (const { reject } of left) reject(poolClosed());
    await Promise.all(this.#threads.map(async (thread) => await thread.close()));
  }
}
