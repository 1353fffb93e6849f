/** When a poll loop is taken for dead. Times in milliseconds. */
export interface PollWatchOptions {
  /** Without an answer or an error for so long; 120,000 by default. A long poll lasts 20 s. */
  readonly silentMs?: number;
  /** Of so many in a row from which nothing was heard at all, the last is not replaced; 3 by default. */
  readonly mostSilent?: number;
}

export type Silence = 'none' | 'replace' | 'give-up';

const SILENT_MS = 120_000;
const MOST_SILENT = 3;
const CHECKS_PER_SILENCE = 8;

/**
 * Notices a poll loop from which nothing is heard any more. Time in which this process itself did not run (it was
 * stopped, or its machine slept) counts for nothing: every loop gets the whole time again.
 */
export class PollWatch {
  readonly #silentMs: number;
  readonly #mostSilent: number;
  readonly #timer: NodeJS.Timeout;
  readonly #heard = new Map<object, number>();
  #checkedAt = performance.now();
  #silent = 0;

  /** `loops` poll beside each other. `check` is called now and then, to ask for the judgement on each. */
  constructor(loops: number, options: PollWatchOptions, check: () => void) {
    this.#silentMs = options.silentMs ?? SILENT_MS;
    this.#mostSilent = loops * (options.mostSilent ?? MOST_SILENT);
    const everyMs = this.#silentMs / CHECKS_PER_SILENCE;
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (now - this.#checkedAt > 3 * everyMs) for (const loop of this.#heard.keys()) this.#heard.set(loop, now);
      this.#checkedAt = now;
      check();
    }, everyMs);
    // an idle program ends although it is watched
    this.#timer.unref();
  }

  /** A loop began. */
  begin(loop: object): void {
    this.#heard.set(loop, performance.now());
  }

  /** A loop had an answer, or an error. */
  heard(loop: object): void {
    if (!this.#heard.has(loop)) return;
    this.#heard.set(loop, performance.now());
    this.#silent = 0;
  }

  /** Whether a loop is silent, and then what to do; it is watched no longer. */
  judge(loop: object): Silence {
    const at = this.#heard.get(loop);
    if (at === undefined || performance.now() - at < this.#silentMs) return 'none';
    this.#heard.delete(loop);
    this.#silent += 1;
    return this.#silent >= this.#mostSilent ? 'give-up' : 'replace';
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
    this.#heard.clear();
  }
}
