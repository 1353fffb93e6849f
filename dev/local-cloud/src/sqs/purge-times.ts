import type { Queue } from './queue.js';
import { SqsError } from './sqs-error.js';

/** SQS allows one PurgeQueue a queue in this time. */
const PURGE_INTERVAL_MS = 60_000;

/** When each queue was last purged. */
export class PurgeTimes {
  readonly #last = new WeakMap<Queue, number>();

  /** @throws SqsError PurgeQueueInProgress when the last purge of the queue was less than 60 s ago. */
  start(queue: Queue): void {
    const now = performance.now();
    if (now - (this.#last.get(queue) ?? -Infinity) < PURGE_INTERVAL_MS)
      throw new SqsError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
      );
    this.#last.set(queue, now);
  }
}
