import { setTimeout as sleep } from 'node:timers/promises';

/** Of the calls of a minute so many may come at once; the others are spread evenly. */
const BURST_SHARE = 0.4;
const SECONDS = 60;

/** Calls a minute that are never passed, whatever there is to read: who wants one waits for it. */
export class CallBudget {
  readonly perMinute: number;
  readonly #burst: number;
  readonly #perMs: number;
  #left: number;
  #at = performance.now();
  /** Calls by second, of the last minute. */
  readonly #made = new Map<number, number>();

  /** `perMinute`: 2 or more. */
  constructor(perMinute: number) {
    this.perMinute = perMinute;
    this.#burst = Math.max(1, Math.floor(perMinute * BURST_SHARE));
    this.#perMs = (perMinute - this.#burst) / (SECONDS * 1000);
    this.#left = this.#burst;
  }

  /** Waits until one more call may be made, and counts it. Throws where `signal` aborts. */
  async take(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = performance.now();
      this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs);
      this.#at = now;
      if (this.#left >= 1) break;
      await sleep(Math.ceil((1 - this.#left) / this.#perMs), undefined, { signal });
    }
    this.#left -= 1;
    this.#count(1);
  }

  /** The calls of the last minute. */
  get lastMinute(): number {
    this.#count(0);
    return [...this.#made.values()].reduce((sum, calls) => sum + calls, 0);
  }

  #count(calls: number): void {
    const second = Math.floor(performance.now() / 1000);
    for (const old of this.#made.keys()) if (old <= second - SECONDS) this.#made.delete(old);
    this.#made.set(second, (this.#made.get(second) ?? 0) + calls);
  }
}
