import { MAX_BLOCK_BYTES } from './block-decoder.js';

/** Room for the longest block and then some, so that what is left is moved to the front only once in a while. */
const CAPACITY = 4 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** The part of an input that is held in memory, at most 4 MiB: chunks are appended behind, what is used is dropped in front. */
export class InputWindow {
  /** The bytes held: a view, valid until the next `fill`. */
  bytes: Uint8Array = NOTHING;
  /** The byte position of `bytes[0]` in the whole input. */
  base = 0;
  readonly #buffer = new Uint8Array(CAPACITY);
  #start = 0;
  #stop = 0;
  #chunk: Uint8Array = NOTHING;
  #ended = false;

  /** Whether `bytes` reaches the end of the input. */
  get ended(): boolean {
    return this.#ended && this.#chunk.length === 0;
  }

  /** Takes the next chunk; refuses it while the one before it has not been taken in. */
  push(chunk: Uint8Array): void {
    if (this.#ended) throw new TypeError('a chunk was pushed after the end of the input');
    if (this.#chunk.length > 0) throw new TypeError('a chunk was pushed before the one before it was read to its end');
    this.#chunk = chunk;
  }

  end(): void {
    this.#ended = true;
  }

  /** Drops what lies before the byte position `from`, and takes in as much of the chunk as there is room for. */
  fill(from: number): void {
    this.#start += from - this.base;
    this.base = from;
    if (this.#start === this.#stop || this.#roomBehind() < this.#wanted()) this.#moveToFront();
    const taken = this.#chunk.subarray(0, this.#roomBehind());
    this.#buffer.set(taken, this.#stop);
    this.#stop += taken.length;
    // An empty view would keep the whole chunk in memory.
    this.#chunk = taken.length === this.#chunk.length ? NOTHING : this.#chunk.subarray(taken.length);
    this.bytes = this.#buffer.subarray(this.#start, this.#stop);
  }

  #roomBehind(): number {
    return CAPACITY - this.#stop;
  }

  /** Moving pays only when the window could otherwise not hold the longest block. */
  #wanted(): number {
    return Math.min(this.#chunk.length, Math.max(0, MAX_BLOCK_BYTES + 1 - (this.#stop - this.#start)));
  }

  #moveToFront(): void {
    this.#buffer.copyWithin(0, this.#start, this.#stop);
    this.#stop -= this.#start;
    this.#start = 0;
  }
}
