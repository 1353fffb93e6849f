const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is not done so long after a signal hangs (in opening a pipe that nobody reads, say): the signal then ends it. */
const PATIENCE_MS = 5000;

/** Aborts at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
export class StopSignal {
  readonly #controller = new AbortController();
  #name: NodeJS.Signals | null = null;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The signal that came; empty where none did. */
  get name(): string {
    return this.#name ?? '';
  }

  /** May be called twice. */
  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#name = signal;
    this.dispose();
    setTimeout(() => process.kill(process.pid, signal), PATIENCE_MS).unref();
    this.#controller.abort(new Error(`stopped by ${signal}`));
  };
}
