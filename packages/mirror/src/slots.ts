interface Waiting {
  readonly give: () => void;
  readonly refuse: (error: unknown) => void;
}

/** So many at a time, first come first served. */
export class Slots {
  readonly limit: number;
  #taken = 0;
  #refusal: Error | null = null;
  readonly #queue = new Set<Waiting>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Waits for a slot and returns what gives it back, which may be called twice. Throws the signal's reason, or what
   * `close` was given.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#refusal !== null) throw this.#refusal;
    if (this.#taken >= this.limit) await this.#wait(signal);
    else this.#taken += 1;
    let held = true;
    return () => {
      if (held) this.#release();
      held = false;
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => waiting.refuse(signal?.reason);
      const leave = (): void => {
        this.#queue.delete(waiting);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        give: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      this.#queue.add(waiting);
      signal?.addEventListener('abort', onAbort);
    });
  }

  #release(): void {
    const [next] = this.#queue;
    // A slot that is handed on stays taken.
    if (next === undefined) this.#taken -= 1;
    else next.give();
  }

  /** Refuses all who wait and all who come, with `error`. */
  close(error: Error): void {
    this.#refusal ??= error;
    for (const waiting of this.#queue) waiting.refuse(this.#refusal);
  }
}
