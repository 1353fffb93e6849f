const SMALLEST = 256 * 1024;

/**
 * The bytes of a stream that are still needed, addressed by their offset in the stream. Every byte is copied in once
 * and moved at most once more per doubling, so the work is linear however the stream is cut.
 */
export class ByteWindow {
  #buffer = Buffer.allocUnsafeSlow(SMALLEST);
  /** Where the kept bytes lie in the buffer. */
  #from = 0;
  #to = 0;
  /** The stream's offset of the first kept byte. */
  #offset = 0;

  get offset(): number {
    return this.#offset;
  }

  get end(): number {
    return this.#offset + this.#to - this.#from;
  }

  append(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** Forgets all; the next byte is that at `offset`. */
  restart(offset: number): void {
    this.#from = this.#to = 0;
    this.#offset = offset;
  }

  /** Forgets what lies before `offset`. */
  dropTo(offset: number): void {
    this.#from += offset - this.#offset;
    this.#offset = offset;
    if (this.#from === this.#to) this.#from = this.#to = 0;
  }

  /** A view, good until the next `append`. */
  view(from: number, to: number): Buffer {
    return this.#buffer.subarray(from - this.#offset + this.#from, to - this.#offset + this.#from);
  }

  /** The byte at `offset`; -1 beyond the end. */
  byteAt(offset: number): number {
    return offset < this.end ? (this.#buffer[offset - this.#offset + this.#from] ?? -1) : -1;
  }

  /** The offset of the first `needle` at or after `from`; -1 where there is none yet. */
  indexOf(needle: Buffer, from: number): number {
    const kept = this.#buffer.subarray(this.#from, this.#to);
    const at = kept.indexOf(needle, from - this.#offset);
    return at < 0 ? -1 : at + this.#offset;
  }

  #makeRoom(length: number): void {
    const kept = this.#to - this.#from;
    const wanted = Math.max(SMALLEST, 2 * (kept + length));
    // Half of a buffer must be free after a move, and one that is far too large is given back.
    if (wanted > this.#buffer.length || wanted < this.#buffer.length / 8) {
      const larger = Buffer.allocUnsafeSlow(wanted);
      this.#buffer.copy(larger, 0, this.#from, this.#to);
      this.#buffer = larger;
    } else {
      this.#buffer.copyWithin(0, this.#from, this.#to);
    }
    this.#from = 0;
    this.#to = kept;
  }
}
