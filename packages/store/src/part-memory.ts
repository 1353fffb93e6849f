interface Waiting {
  readonly bytes: number;
  readonly resolve: (buffer: Buffer) => void;
}

/**
 * Memory for the parts of several uploads: `parts` buffers at once and no more, used again where they fit. Whoever takes
 * one gives it back or drops it; a writer that waits holds none that it fills, so that it never waits for itself.
 */
export class PartMemory {
  #left: number;
  readonly #spare: Buffer[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(parts: number) {
    this.#left = parts;
  }

  /** A buffer of `bytes`, with whatever is in it; waits for one in the order of the calls. */
  async take(bytes: number, signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted();
    if (this.#left > 0) {
      this.#left -= 1;
      return this.#buffer(bytes);
    }
    return await new Promise<Buffer>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        bytes,
        resolve: (buffer) => {
          signal.removeEventListener('abort', onAbort);
          resolve(buffer);
        },
      };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** It may be used again at once. */
  give(buffer: Buffer): void {
    this.#spare.push(buffer);
    this.drop();
  }

  /** One that was taken will not come back, since somebody may still read it. */
  drop(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#left += 1;
    else next.resolve(this.#buffer(next.bytes));
  }

  #buffer(bytes: number): Buffer {
    const spare = this.#spare.pop();
    // parts of another size: files of one run are nearly all alike
    return spare?.length === bytes ? spare : Buffer.allocUnsafeSlow(bytes);
  }
}
