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

/** Told what became of publications. */
export interface DepthReports {
  readonly published?: (queue: Queue, outstanding: number) => void;
  /** A failure, once until it works again. */
  readonly failed: (queue: Queue, error: unknown) => void;
}

/** As a worker says it: in its log. */
export function depthLog(log: Log): DepthReports {
  return {
    published: (queue, outstanding) => log.debug({ event: 'depth published', queue: queue.name, outstanding }),
    failed: (queue, error) =>
      log.warn({ event: 'depth not published', queue: queue.name, code: codeOf(error) }, messageOf(error)),
  };
}

/**
 * Tells CloudWatch how much is left in queues, so that the fleet grows and goes. Publishing is no part of a job: it
 * never throws and never holds one up; a failure is said once, until it works again.
 */
export class DepthPublisher {
  readonly #queues: readonly Queue[];
  readonly #put: PutMetric;
  readonly #reports: DepthReports;
  readonly #callMs: number;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #said: string | undefined;

  constructor(queues: readonly Queue[], put: PutMetric, reports: DepthReports, options: DepthPublisherOptions = {}) {
    this.#queues = queues;
    this.#put = put;
    this.#reports = reports;
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
      this.#reports.published?.(queue, outstanding);
    } catch (error) {
      const code = codeOf(error);
      if (this.#abort.signal.aborted || code === this.#said) return;
      this.#said = code;
      this.#reports.failed(queue, error);
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
