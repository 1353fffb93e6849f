const SMALLEST = 64 * 1024;
/** A row of this length is taken as it is, where it may be, and doubles nothing. */
const LONG = 16 * 1024 * 1024;
/** More memory is not kept for the next rows. */
const MOST_KEPT = 4 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Rows behind each other in one buffer that grows by doubling, to a bound, and is used again: memory that is allocated
 * for each chunk keeps the garbage collector busy for a quarter of a conversion's time.
 */
export class RowBuffer {
  #buffer: Buffer = NOTHING;
  #length = 0;
  #ends: number[] = [];
  #smallest = SMALLEST;

  /** Makes the next rows in `memory`, or in new memory of so many bytes at first; what was taken last stays as it is. */
  use(memory: ArrayBuffer | undefined, bytes: number): void {
    this.#buffer = memory === undefined ? NOTHING : Buffer.from(memory);
    this.#smallest = Math.max(SMALLEST, bytes);
  }

  /** In bytes, of the rows since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** Copies a row with its newline; one that `isOwn`, which nobody changes, may be taken without a copy. */
  append(line: Buffer, isOwn: boolean): void {
    const end = this.#length + line.length;
    if (isOwn && this.#length === 0 && line.length >= LONG) {
      this.#buffer = line;
    } else {
      if (end > this.#buffer.length) this.#grow(end);
      this.#buffer.set(line, this.#length);
    }
    this.#length = end;
    this.#ends.push(end);
  }

  /** Everything since the last call, as a view that is good until the next row; and where each row ends in it. */
  take(): { readonly bytes: Buffer; readonly ends: readonly number[] } {
    const bytes = this.#buffer.subarray(0, this.#length);
    const ends = this.#ends;
    if (this.#buffer.length > MOST_KEPT) this.#buffer = NOTHING;
    this.#length = 0;
    this.#ends = [];
    return { bytes, ends };
  }

  #grow(needed: number): void {
    const wanted = Math.max(this.#smallest, this.#buffer.length + Math.min(LONG, this.#buffer.length));
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, wanted));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
