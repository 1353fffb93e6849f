import { codeOf, messageOf } from '@wikifleet/domain/errors';
import { publishOutstanding } from '@wikifleet/queue/publish-outstanding';
import type { PutMetric } from '@wikifleet/queue/publish-outstanding';
import type { Queue } from '@wikifleet/queue/queue';
import type { Log } from './log.js';

/** Times in milliseconds. */
export interface DepthPublisherOptions {
  /** All queues are published so often as long as it is open, later after a `touch`; undefined: only when asked. */
  readonly everyMs?: number;
  /** The longest that one publication may take; 10,000 by default. */
  readonly callMs?: number;
}

/**
 * Tells CloudWatch how much is left in queues, so that the fleet grows and goes. Publishing is no part of a job: it
 * never throws and never holds one up; a failure is said once, until it works again.
 */
export class DepthPublisher {
  readonly #queues: readonly Queue[];
  readonly #put: PutMetric;
  readonly #log: Log;
  readonly #callMs: number;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #said: string | undefined;

  constructor(queues: readonly Queue[], put: PutMetric, log: Log, options: DepthPublisherOptions = {}) {
    this.#queues = queues;
    this.#put = put;
    this.#log = log;
    this.#callMs = options.callMs ?? 10_000;
    if (options.everyMs !== undefined) {
      // one that hangs is not joined by more
      const tick = (): void => void (this.#running.size === 0 && this.publishAll());
      this.#timer = setInterval(tick, options.everyMs);
    }
  }

  /** Publishes every queue now. */
  async publishAll(): Promise<void> {
    await Promise.all(this.#queues.map(async (queue) => await this.publish(queue)));
  }

  /** Publishes one queue now; `atLeast` is how many messages the caller just sent to it. */
  async publish(queue: Queue, atLeast = 0): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const publication = this.#publish(queue, atLeast);
    this.#running.add(publication);
    await publication.finally(() => this.#running.delete(publication));
  }

  async #publish(queue: Queue, atLeast: number): Promise<void> {
    const late = AbortSignal.timeout(this.#callMs);
    const signal = AbortSignal.any([late, this.#abort.signal]);
    try {
      const outstanding = await publishOutstanding(queue, this.#put, { atLeast, signal });
      this.#said = undefined;
      this.#log.debug({ event: 'depth published', queue: queue.name, outstanding });
    } catch (error) {
      const code = codeOf(error);
      if (this.#abort.signal.aborted || code === this.#said) return;
      this.#said = code;
      this.#log.warn({ event: 'depth not published', queue: queue.name, code }, messageOf(error));
    }
  }

  /** Something happened: the next publication by time comes so long after it. Called at each job, it is an idle time. */
  touch(): void {
    if (!this.#abort.signal.aborted) this.#timer?.refresh();
  }

  /** Ends what runs; may be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#abort.abort();
    await Promise.all(this.#running);
  }
}
