import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { Consumer } from 'sqs-consumer';
import { Lease, VISIBILITY_SECONDS } from './lease.js';
import type { LeaseOptions } from './lease.js';
import type { Queue } from './queue.js';

/** One message, as a handler sees it. */
export interface Delivery {
  readonly body: string;
  readonly messageId: string;
  /** How often it was received, this time included. */
  readonly receiveCount: number;
  /** Aborts when the lease is lost or the service stops. */
  readonly signal: AbortSignal;
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
  readonly lease?: LeaseOptions;
  readonly waitTimeSeconds?: number;
}

export interface ConsumerEvent {
  readonly level: 'debug' | 'warn' | 'error';
  readonly event: 'settled' | 'poll-failed' | 'settle-failed' | 'handed-back-unread';
  readonly messageId?: string;
  readonly code?: string;
  readonly message?: string;
}

const AFTER_FAILURE_MS = 1000;
const POLLS_ENDED_EVERY_MS = 10;

/**
 * Receives one message at a time per slot, each under a lease. sqs-consumer only polls: it deletes, extends and hands
 * back nothing.
 */
export class LeasedConsumer {
  readonly #queue: Queue;
  readonly #options: ConsumerOptions;
  readonly #consumers: Consumer[];
  readonly #leases = new Map<Consumer, Lease>();
  /** Aborts when the service stops. */
  readonly #stop = new AbortController();

  constructor(queue: Queue, options: ConsumerOptions) {
    this.#queue = queue;
    this.#options = options;
    this.#consumers = Array.from({ length: options.slots }, () => this.#makeConsumer());
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
      if (this.#stop.signal.aborted) return;
      this.#options.onEvent({ level: 'warn', event: 'poll-failed', code: codeOf(error), message: messageOf(error) });
    };
    consumer.on('error', onFailure);
    consumer.on('processing_error', onFailure);
    return consumer;
  }

  start(): void {
    for (const consumer of this.#consumers) consumer.start();
  }

  /** Messages under work now. */
  get busy(): number {
    return this.#leases.size;
  }

  async #receive(consumer: Consumer, message: Message): Promise<void> {
    const { MessageId: messageId = '', ReceiptHandle: handle = '', Body: body = '' } = message;
    const lease = new Lease(this.#queue, handle, this.#options.lease);
    if (this.#stop.signal.aborted) {
      // it arrived in the long poll that was open when the service stopped
      this.#options.onEvent({ level: 'debug', event: 'handed-back-unread', messageId });
      return await this.#settle(lease, { kind: 'hand-back', seconds: 0 }, message);
    }
    this.#leases.set(consumer, lease);
    try {
      const receiveCount = Number(message.Attributes?.ApproximateReceiveCount) || 1;
      const outcome = await this.#handle({ body, messageId, receiveCount, signal: lease.signal });
      if (!lease.lost) await this.#settle(lease, outcome, message);
    } finally {
      lease.release();
      this.#leases.delete(consumer);
    }
  }

  async #handle(delivery: Delivery): Promise<Outcome> {
    try {
      return await this.#options.handle(delivery);
    } catch (error) {
      const { messageId } = delivery;
      this.#options.onEvent({
        level: 'error',
        event: 'settle-failed',
        messageId,
        code: codeOf(error),
        message: messageOf(error),
      });
      return { kind: 'hand-back', seconds: 30 };
    }
  }

  async #settle(lease: Lease, outcome: Outcome, message: Message): Promise<void> {
    const messageId = message.MessageId ?? '';
    try {
      switch (outcome.kind) {
        case 'acknowledge':
          await lease.acknowledge();
          break;
        case 'hand-back':
          await lease.handBack(outcome.seconds);
          break;
        case 'dead-letter':
          await this.#queue.deadLetter(message.Body ?? '', outcome.code, outcome.reason, AbortSignal.timeout(10_000));
          await lease.acknowledge();
          break;
      }
      this.#options.onEvent({ level: 'debug', event: 'settled', messageId, message: outcome.kind });
    } catch (error) {
      // the message shows again by itself, and whoever gets it finds the work done
      this.#options.onEvent({
        level: 'warn',
        event: 'settle-failed',
        messageId,
        code: codeOf(error),
        message: messageOf(error),
      });
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
    for (const consumer of this.#consumers) consumer.stop({ abort: !this.#leases.has(consumer) });
    const timer = setTimeout(() => this.abortJobs(), graceMs);
    // also for a poll that was aborted: its message may have come already, and is handed back
    while (this.#consumers.some(({ status }) => status.isPolling)) await sleep(POLLS_ENDED_EVERY_MS);
    clearTimeout(timer);
  }

  /** Aborts what is under work, at once. */
  abortJobs(): void {
    const reason = new FleetError('SERVICE_STOPPED', 'the service stops');
    for (const lease of this.#leases.values()) lease.abort(reason);
  }
}
