/** The header of a page of ours has some 40 bytes. */
const MOST_BYTES = 64 * 1024;
const MOST_DEPTH = 8;
/** More than an `i64` needs is a number that only grows. */
const VARINT_BYTES = 10;
/** A length below 2^28: what readers of 32 bits take for the same. */
const LENGTH_BYTES = 4;

/**
 * Throws a `RangeError` where no struct of Thrift's compact protocol stands at `at`, or one that a reader could run out of
 * time or memory with: longer than `most` bytes (64 KiB), deeper than 8, or with lists of more than it has bytes for.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export function checkThrift(bytes: Uint8Array, at: number, most = MOST_BYTES): void {
  new Bounds(bytes.subarray(at, at + most)).struct(0);
}

class Bounds {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(depth: number): void {
    if (depth > MOST_DEPTH) throw new RangeError(`expected structs of at most ${MOST_DEPTH} levels`);
    for (;;) {
      const byte = this.#byte();
      if (byte % 16 === 0) return;
      if (byte < 16) this.#varint(VARINT_BYTES);
      this.#value(byte % 16, depth);
    }
  }

  #value(type: number, depth: number): void {
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        return this.#skip(1);
      case 4:
      case 5:
      case 6:
        return void this.#varint(VARINT_BYTES);
      case 7:
        return this.#skip(8);
      case 8:
        return this.#skip(this.#varint(LENGTH_BYTES));
      case 9:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`expected a type of Thrift, received ${type}`);
    }
  }

  #list(depth: number): void {
    const byte = this.#byte();
    const size = byte >> 4 === 15 ? this.#varint(LENGTH_BYTES) : byte >> 4;
    if (size > this.#bytes.length) throw new RangeError(`expected a list, received ${size} elements`);
    // a flag is a byte here
    const type = byte % 16 === 1 || byte % 16 === 2 ? 3 : byte % 16;
    if (type === 9) throw new RangeError('expected no list of lists');
    for (let element = 0; element < size; element += 1) this.#value(type, depth);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError(`expected the end of a struct within ${this.#bytes.length} bytes`);
    this.#at += 1;
    return byte;
  }

  #skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new RangeError(`expected ${count} bytes of a value`);
  }

  /** Exact where it has at most `LENGTH_BYTES`. */
  #varint(most: number): number {
    let value = 0;
    for (let place = 0; place < most; place += 1) {
      const byte = this.#byte();
      value += (byte % 128) * 128 ** place;
      if (byte < 128) return value;
    }
    throw new RangeError(`expected a number of at most ${most} bytes`);
  }
}
