import type { LogLine } from './fleet-processes.js';

/** Events of a worker's log after which a run may be over: it is looked at at once. */
const DECISIVE_EVENTS: ReadonlySet<unknown> = new Set(['run_closed', 'file_failed', 'job given up']);
/** All runs are looked at so often at most, in milliseconds, while there is work in the queues. */
const LOOK_EVERY_MS = 2000;
/** A look at all runs takes at most one part in so many of the time: hundreds of runs are hundreds of requests. */
const SHARE = 10;

/**
 * Decides which runs are looked at, and when. The progress line follows from the logs alone; S3 decides what is complete. A run
 * is looked at when a log says something decisive of it. All of them are now and then, since a log may lack a line, and each
 * time when the queues are empty.
 */
export class LookPacer {
  readonly #now: () => number;
  readonly #decided = new Set<string>();
  #nextLookAt: number;

  /** `now`: a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#nextLookAt = now() + LOOK_EVERY_MS;
  }

  /** Takes one line of a worker's log. */
  take({ event, run }: LogLine): void {
    if (typeof run === 'string' && DECISIVE_EVENTS.has(event)) this.#decided.add(run);
  }

  /** Calls `read` for what is due: with the names of the runs, or without for all. `isEmptied`: both queues are empty. */
  async look(isEmptied: boolean, read: (names?: ReadonlySet<string>) => Promise<void>): Promise<void> {
    const began = this.#now();
    if (isEmptied || began >= this.#nextLookAt) {
      this.#decided.clear();
      await read();
      const now = this.#now();
      this.#nextLookAt = now + Math.max(LOOK_EVERY_MS, SHARE * (now - began));
    } else if (this.#decided.size > 0) {
      const names = new Set(this.#decided);
      this.#decided.clear();
      await read(names);
    }
  }
}
