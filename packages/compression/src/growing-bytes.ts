const SMALLEST = 64 * 1024;

/** Bytes that are appended to each other in memory that doubles where it must, and is used again after `clear`. */
export class GrowingBytes {
  #buffer: Buffer = Buffer.alloc(0);
  /** How many there are. */
  length = 0;

  /** The memory: what is appended next stands at `length`. Good until the next `reserve`. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** A view of all bytes; good until the next append or `clear`. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  /** Makes room for so many more. */
  reserve(count: number): Buffer {
    const needed = this.length + count;
    if (needed <= this.#buffer.length) return this.#buffer;
    const larger = Buffer.allocUnsafeSlow(Math.max(SMALLEST, needed, Math.min(2 * needed, needed + 16 * 1024 * 1024)));
    larger.set(this.bytes);
    this.#buffer = larger;
    return larger;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes, this.length);
    this.length += bytes.length;
  }

  byte(value: number): void {
    this.reserve(1)[this.length] = value;
    this.length += 1;
  }

  /** An unsigned integer in LEB128: seven bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    this.byte(rest);
  }

  /** Forgets the bytes; more than `keep` bytes of memory are given back. */
  clear(keep = Number.POSITIVE_INFINITY): void {
    this.length = 0;
    if (this.#buffer.length > keep) this.#buffer = Buffer.alloc(0);
  }
}
