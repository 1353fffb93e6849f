const SMALLEST = 64 * 1024;
/** A row of this length is taken as it is, where it may be, and doubles nothing. */
const LONG = 16 * 1024 * 1024;

/** Rows behind each other in one buffer that grows by doubling, to a bound, and is handed over as a whole. */
export class RowBuffer {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;
  #ends: number[] = [];
  /** A little more than was handed over last: the next will be about as much. */
  #expected: number;

  constructor(expected = SMALLEST) {
    this.#expected = expected;
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

  /** Everything since the last call, and where each row ends in it. */
  take(): { readonly bytes: Buffer; readonly ends: readonly number[] } {
    const bytes = this.#buffer.subarray(0, this.#length);
    const ends = this.#ends;
    this.#expected = Math.min(LONG, Math.max(SMALLEST, Math.ceil(1.25 * bytes.length)));
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    this.#ends = [];
    return { bytes, ends };
  }

  #grow(needed: number): void {
    const wanted = this.#length === 0 ? this.#expected : this.#buffer.length + Math.min(LONG, this.#buffer.length);
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, wanted));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
