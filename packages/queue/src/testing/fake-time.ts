import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';

/** Steps that `advance` takes: what is due within one step runs in its order, with the time of the step's end. */
const STEP_MS = 5;
/** Turns of the event loop after each step: answers of a server in this process arrive in them. */
const TURNS = 3;

/**
 * Time that moves by `advance` alone: `Date`, `performance.now`, `setTimeout` and `setInterval`, also those of `node:timers/promises`.
 * What it leaves alone: `AbortSignal.timeout`, `setImmediate`, sockets.
 */
export class FakeTime {
  readonly #began = Date.now();
  readonly #performance;

  constructor() {
    mock.timers.enable({ apis: ['Date', 'setInterval', 'setTimeout'], now: this.#began });
    this.#performance = mock.method(performance, 'now', () => this.elapsed);
    // modules that import timers by name see the mocks
    syncBuiltinESMExports();
  }

  /** Milliseconds that have passed. */
  get elapsed(): number {
    return Date.now() - this.#began;
  }

  async advance(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= STEP_MS) {
      mock.timers.tick(Math.min(STEP_MS, left));
      await settle();
    }
  }

  /** What the clocks show when a process goes on that was stopped: all that is due in that time runs at its end. */
  async jump(milliseconds: number): Promise<void> {
    mock.timers.tick(milliseconds);
    await settle();
  }

  /** Advances until something holds; throws after `limitMs`. */
  async until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
    const end = this.elapsed + limitMs;
    await settle();
    while (!(await holds())) {
      if (this.elapsed >= end) throw new Error(`expected within ${limitMs} ms: ${what}`);
      await this.advance(STEP_MS);
    }
  }

  /** Time is the machine's again. */
  restore(): void {
    this.#performance.mock.restore();
    mock.timers.reset();
    syncBuiltinESMExports();
  }
}

/** Lets promises and events go on that are ready. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
}
