import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { Consumer } from 'sqs-consumer';
import { Lease, VISIBILITY_SECONDS } from './lease.js';
import type { LeaseOptions } from './lease.js';
import { PollWatch } from './poll-watch.js';
import type { PollWatchOptions } from './poll-watch.js';
import type { Queue } from './queue.js';

/** One message, as a handler sees it. */
export interface Delivery {
  readonly body: string;
  readonly messageId: string;
  /** How often it was received, this time included. */
  readonly receiveCount: number;
  /** Aborts when the lease is lost or the service stops. */
  readonly signal: AbortSignal;
  /** Says whose message it is, once that is known: the fields are in all later events of this delivery. */
  readonly describe: (fields: Readonly<Record<string, unknown>>) => void;
}

/** What becomes of a message. */
export type Outcome =
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'hand-back'; readonly seconds: number }
  | { readonly kind: 'dead-letter'; readonly code: string; readonly reason: string };

export interface ConsumerOptions {
  /** Messages at once: as many consumers, each with one message. */
  readonly slots: number;
  /** Settles every message; what it throws hands the message back after 30 s. */
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
  readonly onEvent: (event: ConsumerEvent) => void;
  /** It can do no more work, and only a new process can: called once. */
  readonly onBroken?: (error: FleetError) => void;
  readonly lease?: LeaseOptions;
  readonly watch?: PollWatchOptions;
  readonly waitTimeSeconds?: number;
  /** What a handler gets to end in after its lease was lost, in milliseconds; then its slot is lost too; 60,000 by default. */
  readonly stuckMs?: number;
}

export interface ConsumerEvent {
  readonly level: 'debug' | 'warn' | 'error';
  readonly event: 'settled' | 'poll-failed' | 'poll-silent' | 'settle-failed' | 'handed-back-unread' | 'job-abandoned';
  readonly messageId?: string;
  readonly receiveCount?: number;
  readonly code?: string;
  readonly message?: string;
  /** What the handler said of the message. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

const AFTER_FAILURE_MS = 1000;
const POLLS_ENDED_EVERY_MS = 10;
/** A poll ends in milliseconds by its abort, if it ends. */
const POLL_ABORT_MS = 2000;
/** What a handler gets to end in after the service stopped, before its message is handed back without it. */
const AFTER_STOP_MS = 1000;
const STUCK_MS = 60_000;

/** One message under work. */
interface Held {
  readonly lease: Lease;
  readonly messageId: string;
  readonly receiveCount: number;
  fields: Readonly<Record<string, unknown>>;
}

/**
 * Receives one message at a time per slot, each under a lease. sqs-consumer only polls: it deletes, extends and hands
 * back nothing.
 */
export class LeasedConsumer {
  readonly #queue: Queue;
  readonly #options: ConsumerOptions;
  readonly #consumers: Consumer[];
  /** Consumers that fell silent: what one of them still receives is handed back. */
  readonly #retired = new WeakSet<Consumer>();
  readonly #held = new Map<Consumer, Held>();
  /** What is handed back unread. */
  readonly #unread = new Set<Promise<void>>();
  readonly #watch: PollWatch;
  /** Aborts when the service stops. */
  readonly #stop = new AbortController();
  #broken = false;

  constructor(queue: Queue, options: ConsumerOptions) {
    this.#queue = queue;
    this.#options = options;
    this.#consumers = Array.from({ length: options.slots }, () => this.#makeConsumer());
    this.#watch = new PollWatch(options.slots, options.watch ?? {}, () => this.#replaceSilent());
  }

  #makeConsumer(): Consumer {
    let failed = false;
    const consumer: Consumer = Consumer.create({
      queueUrl: this.#queue.url,
      sqs: this.#queue.client,
      batchSize: 1,
      waitTimeSeconds: this.#options.waitTimeSeconds ?? 20,
      visibilityTimeout: this.#options.lease?.visibilitySeconds ?? VISIBILITY_SECONDS,
      messageSystemAttributeNames: ['ApproximateReceiveCount'],
      shouldDeleteMessages: false,
      authenticationErrorTimeout: 2000,
      // of most errors sqs-consumer polls again at once
      preReceiveMessageCallback: async () => {
        if (failed) await sleep(AFTER_FAILURE_MS, undefined, { signal: this.#stop.signal });
        failed = false;
      },
      // undefined: nothing is acknowledged by sqs-consumer
      handleMessage: async (message) => {
        await this.#receive(consumer, message);
        return undefined;
      },
    });
    const onFailure = (error: Error): void => {
      failed = true;
      this.#watch.heard(consumer);
      if (this.#stop.signal.aborted || this.#retired.has(consumer)) return;
      this.#options.onEvent({ level: 'warn', event: 'poll-failed', code: codeOf(error), message: messageOf(error) });
    };
    consumer.on('error', onFailure);
    consumer.on('processing_error', onFailure);
    consumer.on('empty', () => this.#watch.heard(consumer));
    consumer.on('message_received', () => this.#watch.heard(consumer));
    consumer.on('response_processed', () => this.#watch.heard(consumer));
    return consumer;
  }

  start(): void {
    for (const consumer of this.#consumers) this.#startOne(consumer);
  }

  #startOne(consumer: Consumer): void {
    this.#watch.begin(consumer);
    consumer.start();
  }

  /** Messages under work now. */
  get busy(): number {
    return this.#held.size;
  }

  /** Whether it receives, or works on what it received. */
  get alive(): boolean {
    return !this.#broken;
  }

  #replaceSilent(): void {
    for (const [slot, consumer] of this.#consumers.entries()) {
      // who works does not poll
      if (this.#held.has(consumer)) continue;
      const silence = this.#watch.judge(consumer);
      if (silence === 'none') continue;
      const message = 'nothing was heard from the queue, not even an error';
      this.#options.onEvent({ level: 'warn', event: 'poll-silent', message });
      this.#retired.add(consumer);
      consumer.stop({ abort: true });
      if (silence === 'give-up') return this.#break('POLLING_SILENT', `${message}, and polling anew did not help`);
      const next = this.#makeConsumer();
      this.#consumers[slot] = next;
      this.#startOne(next);
    }
  }

  #break(code: string, message: string): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#watch.close();
    this.#options.onBroken?.(new FleetError(code, message));
  }

  async #receive(consumer: Consumer, message: Message): Promise<void> {
    const { MessageId: messageId = '', ReceiptHandle: handle = '', Body: body = '' } = message;
    const receiveCount = Number(message.Attributes?.ApproximateReceiveCount) || 1;
    const lease = new Lease(this.#queue, handle, this.#options.lease);
    const held: Held = { lease, messageId, receiveCount, fields: {} };
    if (this.#stop.signal.aborted || this.#retired.has(consumer)) {
      // it arrived in the long poll that was open when the service stopped, or in one that was given up
      this.#say(held, 'debug', 'handed-back-unread');
      const settling = this.#settle(held, { kind: 'hand-back', seconds: 0 }, body);
      this.#unread.add(settling);
      return await settling.finally(() => this.#unread.delete(settling));
    }
    this.#held.set(consumer, held);
    try {
      const outcome = await this.#outcomeOf(held, body);
      if (!lease.lost) await this.#settle(held, outcome, body);
    } finally {
      lease.release();
      this.#held.delete(consumer);
      this.#watch.heard(consumer);
    }
  }

  #say(held: Held, level: ConsumerEvent['level'], event: ConsumerEvent['event'], problem?: unknown): void {
    const { messageId, receiveCount, fields } = held;
    const failure = problem === undefined ? {} : { code: codeOf(problem), message: messageOf(problem) };
    this.#options.onEvent({ level, event, messageId, receiveCount, fields, ...failure });
  }

  /** What the handler says; where it does not heed its abort, nobody waits for it. */
  async #outcomeOf(held: Held, body: string): Promise<Outcome> {
    const { lease } = held;
    let timer: NodeJS.Timeout | undefined;
    let onAbort = (): void => {};
    const abandoned = new Promise<Outcome>((resolve) => {
      onAbort = (): void => {
        const abandon = (): void => {
          this.#say(held, 'warn', 'job-abandoned', lease.signal.reason);
          resolve({ kind: 'hand-back', seconds: 0 });
          if (lease.lost) this.#break('JOB_STUCK', 'a job whose lease was lost did not end');
        };
        timer = setTimeout(abandon, lease.lost ? (this.#options.stuckMs ?? STUCK_MS) : AFTER_STOP_MS);
      };
      lease.signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([this.#handle(held, body), abandoned]);
    } finally {
      lease.signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    }
  }

  async #handle(held: Held, body: string): Promise<Outcome> {
    const { lease, messageId, receiveCount } = held;
    const describe = (fields: Readonly<Record<string, unknown>>): void => void (held.fields = fields);
    try {
      return await this.#options.handle({ body, messageId, receiveCount, signal: lease.signal, describe });
    } catch (error) {
      this.#say(held, 'error', 'settle-failed', error);
      return { kind: 'hand-back', seconds: 30 };
    }
  }

  async #settle(held: Held, outcome: Outcome, body: string): Promise<void> {
    const { lease } = held;
    try {
      switch (outcome.kind) {
        case 'acknowledge':
          await lease.acknowledge();
          break;
        case 'hand-back':
          await lease.handBack(outcome.seconds);
          break;
        case 'dead-letter':
          await this.#queue.deadLetter(body, outcome.code, outcome.reason, AbortSignal.timeout(10_000));
          await lease.acknowledge();
          break;
      }
      const { messageId, receiveCount, fields } = held;
      this.#options.onEvent({
        level: 'debug',
        event: 'settled',
        messageId,
        receiveCount,
        fields,
        message: outcome.kind,
      });
    } catch (error) {
      // the message shows again by itself, and whoever gets it finds the work done
      this.#say(held, 'warn', 'settle-failed', error);
    } finally {
      lease.release();
    }
  }

  /**
   * Receives nothing more. Jobs under work get `graceMs` to finish, then their signals abort and their messages are
   * handed back. Resolves when no message is held any more.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stop.abort();
    this.#watch.close();
    for (const consumer of this.#consumers) consumer.stop({ abort: !this.#held.has(consumer) });
    const timer = setTimeout(() => this.abortJobs(), graceMs);
    const pollsEnd = performance.now() + POLL_ABORT_MS;
    // also for a poll that was aborted: its message may have come already, and is handed back
    const isOpen = (consumer: Consumer): boolean =>
      consumer.status.isPolling && (this.#held.has(consumer) || performance.now() < pollsEnd);
    while (this.#consumers.some(isOpen)) await sleep(POLLS_ENDED_EVERY_MS);
    await Promise.all(this.#unread);
    clearTimeout(timer);
  }

  /** Aborts what is under work, at once. */
  abortJobs(): void {
    const reason = new FleetError('SERVICE_STOPPED', 'the service stops');
    for (const { lease } of this.#held.values()) lease.abort(reason);
  }
}
