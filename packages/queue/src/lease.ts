import { FleetError, messageOf } from '@wikifleet/domain/errors';
import { elapsedSince, thisMoment } from './elapsed.js';
import type { Moment } from './elapsed.js';
import type { Queue } from './queue.js';

/** A message stays hidden this long after each extension: what a killed worker's job waits. */
export const VISIBILITY_SECONDS = 120;
const CALL_TIMEOUT_MS = 10_000;
/**
 * SQS hides a message for 12 hours at most, counted from when it was received; a minute less, since that was before the lease began.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
const MAX_LEASE_SECONDS = 12 * 60 * 60 - 60;
/**
 * What SQS answers about a handle that is no longer ours; a retry changes nothing. With `Exception` it is the name in the
 * JSON protocol, without it the code that the header has.
 */
const HANDLE_GONE = new Set([
  'ReceiptHandleIsInvalid',
  'MessageNotInflight',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'QueueDoesNotExist',
]);

export interface LeaseOptions {
  /** 120 by default. */
  readonly visibilitySeconds?: number;
  /** A quarter of the visibility by default. */
  readonly extendEveryMs?: number;
  /** Without an extension the job is aborted this long before its message shows again; an eighth by default. */
  readonly marginMs?: number;
  /** The longest that a message stays hidden, extensions included; 12 hours less a minute by default, which is what SQS allows. */
  readonly maxSeconds?: number;
}

/**
 * The right to work on one message. It extends the visibility on a timer; when it cannot, `signal` aborts with
 * `LEASE_LOST` before another worker receives the message. Deletes and hands back under signals of its own, so that an
 * aborted job can still do both.
 */
export class Lease {
  readonly #queue: Queue;
  readonly #handle: string;
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #deadlineTimer: NodeJS.Timeout | undefined;
  readonly #visibilitySeconds: number;
  readonly #marginMs: number;
  readonly #maxSeconds: number;
  readonly #began: Moment;
  /** Since when the message is surely hidden, and for how long. */
  #since: Moment;
  #hiddenSeconds: number;
  #released = false;
  #extending: Promise<void> | undefined;

  constructor(queue: Queue, receiptHandle: string, options: LeaseOptions = {}) {
    this.#queue = queue;
    this.#handle = receiptHandle;
    this.#visibilitySeconds = options.visibilitySeconds ?? VISIBILITY_SECONDS;
    this.#hiddenSeconds = this.#visibilitySeconds;
    this.#maxSeconds = options.maxSeconds ?? MAX_LEASE_SECONDS;
    const visibilityMs = this.#visibilitySeconds * 1000;
    this.#marginMs = options.marginMs ?? visibilityMs / 8;
    this.#timer = setInterval(() => this.#tick(), options.extendEveryMs ?? visibilityMs / 4);
    this.#began = thisMoment();
    this.#since = this.#began;
    this.#holdFrom(this.#since, this.#visibilitySeconds);
  }

  /** Aborts when the lease is lost, or by `abort`. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get lost(): boolean {
    return (
      this.#abort.signal.aborted &&
      this.#abort.signal.reason instanceof FleetError &&
      this.#abort.signal.reason.code === 'LEASE_LOST'
    );
  }

  /** A timer of its own: between two ticks the message may show again. */
  #holdFrom(since: Moment, seconds: number): void {
    this.#since = since;
    this.#hiddenSeconds = seconds;
    clearTimeout(this.#deadlineTimer);
    this.#deadlineTimer = setTimeout(() => this.#lose(this.#whyLate()), Math.max(0, this.#leftMs()));
  }

  /** Milliseconds until the lease is lost. */
  #leftMs(): number {
    return this.#hiddenSeconds * 1000 - this.#marginMs - elapsedSince(this.#since);
  }

  #tick(): void {
    // timers stand still while a machine sleeps, messages do not
    if (this.#leftMs() < 0) return this.#lose(this.#whyLate());
    this.#extending ??= this.#extend().finally(() => {
      this.#extending = undefined;
    });
  }

  async #extend(): Promise<void> {
    const since = thisMoment();
    const seconds = Math.min(this.#visibilitySeconds, this.#leftSeconds());
    // the deadline of the last extension decides
    if (seconds < 1) return;
    try {
      await this.#queue.changeVisibility(this.#handle, seconds, AbortSignal.timeout(CALL_TIMEOUT_MS));
      if (!this.#released) this.#holdFrom(since, seconds);
    } catch (error) {
      if (error instanceof Error && HANDLE_GONE.has(error.name)) this.#lose(messageOf(error));
      // anything else may pass: the deadline decides
    }
  }

  /** Whole seconds for which SQS still hides the message. */
  #leftSeconds(): number {
    return Math.floor(this.#maxSeconds - elapsedSince(this.#began) / 1000);
  }

  #whyLate(): string {
    return this.#leftSeconds() < this.#visibilitySeconds
      ? `the job took ${this.#maxSeconds} s, and SQS hides a message for no longer than 12 hours`
      : 'the visibility could not be extended in time';
  }

  #lose(why: string): void {
    if (this.#released) return;
    this.abort(new FleetError('LEASE_LOST', `the lease on a message was lost: ${why}`));
  }

  /** Ends the job: its signal aborts with `reason`. */
  abort(reason: FleetError): void {
    this.#abort.abort(reason);
    this.release();
  }

  /** The work is done, its last write included. */
  async acknowledge(): Promise<void> {
    this.release();
    await this.#queue.delete(this.#handle, AbortSignal.timeout(CALL_TIMEOUT_MS));
  }

  /** Makes the message visible again after `seconds`. */
  async handBack(seconds: number): Promise<void> {
    this.release();
    // an extension that arrives after it would hide the message again
    await this.#extending;
    await this.#queue.changeVisibility(this.#handle, seconds, AbortSignal.timeout(CALL_TIMEOUT_MS));
  }

  /** Stops extending; may be called twice. */
  release(): void {
    this.#released = true;
    clearInterval(this.#timer);
    clearTimeout(this.#deadlineTimer);
  }
}
