import { randomBytes } from 'node:crypto';
import type { Message, MessageProgress } from './message.js';
import type { Queue } from './queue.js';
import type { QueueStore } from './queue-store.js';
import { SqsError } from './sqs-error.js';

/** SQS's limit of messages in flight in a standard queue. */
const MAX_INFLIGHT = 120_000;

/** Messages handed to one client, and the way back while it is known that it did not get them. */
export interface Delivery {
  readonly queue: Queue;
  readonly messages: readonly Message[];
  /** Makes them visible again at once and takes the receive back, unless something was done with them since. */
  readonly restore: () => void;
}

export interface ReceiveRequest {
  readonly queue: Queue;
  /** 1 to 10. */
  readonly maximum: number;
  readonly visibilitySeconds: number;
  readonly waitSeconds: number;
  /** Aborted when the client is gone: a poll that waits then ends without taking anything. */
  readonly signal: AbortSignal;
}

interface Receive {
  readonly before: MessageProgress;
  readonly after: MessageProgress;
}

interface Poll {
  readonly request: ReceiveRequest;
  readonly end: (delivery: Delivery | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/** Hands out messages: at once, or to long polls in the order they came, as soon as there is something. */
export class Receiver {
  readonly #store: QueueStore;
  readonly #polls = new Map<Queue, Set<Poll>>();
  /** One for each queue with open polls, at its next deadline. */
  readonly #timers = new Map<Queue, NodeJS.Timeout>();
  #closed = false;

  constructor(store: QueueStore) {
    this.#store = store;
  }

  /** The messages, or undefined when the time is over, the client gone or the service closing. */
  async receive(request: ReceiveRequest): Promise<Delivery | undefined> {
    const delivery = this.#take(request);
    if (delivery !== undefined || request.waitSeconds === 0 || this.#closed || request.signal.aborted) return delivery;
    return new Promise((resolve, reject) => {
      const polls = this.#pollsOf(request.queue);
      const leave = (): void => {
        clearTimeout(timeout);
        request.signal.removeEventListener('abort', abandon);
        polls.delete(poll);
      };
      const poll: Poll = {
        request,
        end: (result) => {
          leave();
          resolve(result);
        },
        fail: (error) => {
          leave();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      const abandon = (): void => poll.end(undefined);
      const timeout = setTimeout(abandon, request.waitSeconds * 1_000);
      request.signal.addEventListener('abort', abandon, { once: true });
      polls.add(poll);
      this.#arm(request.queue);
    });
  }

  /** Something may have become ready in the queue: serves its polls. */
  wake(queue: Queue): void {
    const polls = this.#polls.get(queue);
    if (polls === undefined) return;
    for (const poll of polls) {
      try {
        const delivery = this.#take(poll.request);
        if (delivery === undefined) break;
        poll.end(delivery);
      } catch (error) {
        // the receiver's trouble, not that of the sender who woke it
        poll.fail(error);
      }
    }
    if (polls.size === 0) this.#polls.delete(queue);
    this.#arm(queue);
  }

  /** Ends the polls of a queue, empty-handed. */
  endPolls(queue: Queue): void {
    for (const poll of this.#polls.get(queue) ?? []) poll.end(undefined);
    this.#polls.delete(queue);
    this.#arm(queue);
  }

  /** Ends all polls; later ones do not wait. */
  close(): void {
    this.#closed = true;
    for (const queue of this.#polls.keys()) this.endPolls(queue);
  }

  #take(request: ReceiveRequest): Delivery | undefined {
    const { queue } = request;
    const now = Date.now();
    queue.advance(now);
    const taken = new Map<Message, Receive>();
    for (let message = queue.first; message !== undefined && taken.size < request.maximum; message = queue.first) {
      // with a visibility timeout of 0 it is ready again, but one receive hands out a message once
      if (taken.has(message)) break;
      if (this.#deadLetter(queue, message)) continue;
      if (queue.counts.inflight >= MAX_INFLIGHT) {
        if (taken.size > 0) break;
        throw new SqsError('OverLimit', `Too many messages in flight in ${queue.name}: the limit is ${MAX_INFLIGHT}.`);
      }
      const before = message.progress;
      const after = received(before, now, request.visibilitySeconds);
      taken.set(message, { before, after });
      this.#store.commit({ t: 'set', q: queue.name, id: message.content.id, p: after });
    }
    if (taken.size === 0) return undefined;
    return { queue, messages: [...taken.keys()], restore: () => this.#restore(queue, taken) };
  }

  #restore(queue: Queue, taken: ReadonlyMap<Message, Receive>): void {
    // last first, so that they stand in front in their old order
    for (const [message, { before, after }] of [...taken].reverse()) {
      const { receipt, state, wakeAt } = message.progress;
      const untouched = receipt === after.receipt && (state === 'ready' || wakeAt === after.wakeAt);
      if (queue.find(message.content.id) !== message || !untouched) continue;
      const progress: MessageProgress = { ...before, state: 'ready', wakeAt: 0 };
      this.#store.commit({ t: 'set', q: queue.name, id: message.content.id, p: progress, front: true });
    }
    this.wake(queue);
  }

  /** Moves a message that has been received often enough; false where it is to be received here. */
  #deadLetter(queue: Queue, message: Message): boolean {
    const policy = queue.redrivePolicy;
    const { progress } = message;
    if (policy === undefined || progress.receives - progress.carried < policy.maxReceiveCount) return false;
    const target = this.#store.byArn(policy.deadLetterTargetArn);
    // a dead-letter queue that was deleted, or is the queue itself, takes nothing
    if (target === undefined || target === queue) return false;
    const p: MessageProgress = {
      ...progress,
      state: 'ready',
      wakeAt: 0,
      receipt: '',
      carried: progress.receives,
      sourceArn: queue.arn,
    };
    this.#store.commit({ t: 'move', q: queue.name, id: message.content.id, to: target.name, p });
    // not now: its polls may be the ones being served
    setImmediate(() => this.wake(target));
    return true;
  }

  #pollsOf(queue: Queue): Set<Poll> {
    const polls = this.#polls.get(queue) ?? new Set<Poll>();
    this.#polls.set(queue, polls);
    return polls;
  }

  #arm(queue: Queue): void {
    clearTimeout(this.#timers.get(queue));
    this.#timers.delete(queue);
    if ((this.#polls.get(queue)?.size ?? 0) === 0) return;
    const at = queue.nextDeadline();
    if (at === undefined) return;
    // timers may fire a millisecond early, and cannot be set further ahead than 31 bits: then it is armed again
    const delay = Math.min(Math.max(at - Date.now(), 1), 60_000);
    this.#timers.set(
      queue,
      setTimeout(() => this.wake(queue), delay),
    );
  }
}

function received(before: MessageProgress, now: number, visibilitySeconds: number): MessageProgress {
  return {
    ...before,
    state: visibilitySeconds === 0 ? 'ready' : 'inflight',
    wakeAt: visibilitySeconds === 0 ? 0 : now + visibilitySeconds * 1_000,
    receives: before.receives + 1,
    firstReceivedAt: before.firstReceivedAt === 0 ? now : before.firstReceivedAt,
    receivedAt: now,
    receipt: randomBytes(9).toString('base64url'),
  };
}
