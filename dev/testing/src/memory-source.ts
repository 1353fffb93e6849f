/** A file in memory that comes in chunks of `chunkBytes`; it counts what was taken of it, and what is open. */
export class MemorySource {
  readonly size: number;
  taken = 0;
  open = 0;
  readonly #bytes: Uint8Array;
  readonly #chunkBytes: number;

  constructor(bytes: Uint8Array, chunkBytes = 64 * 1024) {
    this.size = bytes.length;
    this.#bytes = bytes;
    this.#chunkBytes = chunkBytes;
  }

  async *read(start: number): AsyncGenerator<Uint8Array> {
    this.open += 1;
    try {
      for (let at = start; at < this.size; at += this.#chunkBytes) {
        // a copy that is spoilt afterwards: whoever takes it must keep its own
        const chunk = Uint8Array.from(this.#bytes.subarray(at, at + this.#chunkBytes));
        this.taken += chunk.length;
        yield chunk;
        chunk.fill(0x21);
      }
    } finally {
      this.open -= 1;
    }
  }

  async first(count: number): Promise<Uint8Array> {
    return await Promise.resolve(this.#bytes.subarray(0, count));
  }
}
