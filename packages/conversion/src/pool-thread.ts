import { Worker } from 'node:worker_threads';
import { FleetError, messageOf } from '@wikifleet/domain/errors';
import type { BatchReply, BatchRequest } from './batch-messages.js';
import type { BlockReply, BlockRequest } from './block-messages.js';
import type { MemberAnswer } from './answer-member.js';
import type { MemberRequest } from './member-pool.js';

export type ThreadRequest =
  | { readonly kind: 'block'; readonly request: BlockRequest }
  | { readonly kind: 'batch'; readonly request: BatchRequest }
  | { readonly kind: 'member'; readonly request: MemberRequest };

export type ThreadReply =
  | { readonly kind: 'block'; readonly reply: BlockReply }
  | { readonly kind: 'batch'; readonly reply: BatchReply }
  | { readonly kind: 'member'; readonly reply: MemberAnswer };

interface Waiting<T> {
  readonly resolve: (reply: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread, and what it has under way: it answers blocks in order, batches in order, and members in order. */
export class PoolThread {
  readonly #worker = new Worker(new URL('./pool-worker.js', import.meta.url));
  readonly #blocks: Waiting<BlockReply>[] = [];
  readonly #batches: Waiting<BatchReply>[] = [];
  readonly #members: Waiting<MemberAnswer>[] = [];
  #isClosed = false;
  /** Why it can do nothing more. */
  #error: FleetError | null = null;

  /** `onAnswer` is called after each answer. */
  constructor(onAnswer: () => void) {
    this.#worker.on('message', (answer: ThreadReply) => {
      if (answer.kind === 'block') this.#blocks.shift()?.resolve(answer.reply);
      else if (answer.kind === 'batch') this.#batches.shift()?.resolve(answer.reply);
      else this.#members.shift()?.resolve(answer.reply);
      onAnswer();
    });
    this.#worker.on('error', (error) => this.#died(error));
    this.#worker.on('messageerror', (error) => {
      // an answer is lost: whose it was cannot be known
      this.#died(error);
      void this.#worker.terminate();
    });
    this.#worker.on('exit', (code) => this.#died(`exit code ${code}`));
  }

  get isDead(): boolean {
    return this.#error !== null;
  }

  /** How many blocks are under way. */
  get blocks(): number {
    return this.#blocks.length;
  }

  /** How many batches are under way. */
  get batches(): number {
    return this.#batches.length;
  }

  /** How many members are under way. */
  get members(): number {
    return this.#members.length;
  }

  /** Rejects as `decode` does. */
  async encode(request: MemberRequest): Promise<MemberAnswer> {
    return await this.#ask(this.#members, { kind: 'member', request }, [request.memory]);
  }

  /** Rejects with `THREAD_DIED`, or `POOL_CLOSED` where the thread was closed. */
  async decode(request: BlockRequest): Promise<BlockReply> {
    const { input, output } = request.buffers;
    return await this.#ask(this.#blocks, { kind: 'block', request }, [input, output]);
  }

  /** Rejects as `decode` does. */
  async convert(request: BatchRequest): Promise<BatchReply> {
    const { batch, memory } = request;
    const moved = memory === undefined ? [batch.bytes] : [batch.bytes, memory];
    return await this.#ask(this.#batches, { kind: 'batch', request }, moved);
  }

  async #ask<T>(waiting: Waiting<T>[], request: ThreadRequest, moved: ArrayBuffer[]): Promise<T> {
    if (this.#error !== null) throw this.#error;
    return await new Promise<T>((resolve, reject) => {
      this.#worker.postMessage(request, moved);
      waiting.push({ resolve, reject });
    });
  }

  #died(why: unknown): void {
    this.#error ??= this.#isClosed
      ? poolClosed()
      : new FleetError('THREAD_DIED', `a thread of the conversion died: ${messageOf(why)}`, { cause: why });
    for (const { reject } of [...this.#blocks.splice(0), ...this.#batches.splice(0), ...this.#members.splice(0)])
      reject(this.#error);
  }

  /** What it has under way rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker.terminate();
  }
}

export function poolClosed(): FleetError {
  return new FleetError('POOL_CLOSED', 'the threads of the conversion were ended');
}
