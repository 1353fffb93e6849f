/** Bytes of a stream that are held at present, addressed by their offset in the stream. */
export interface SearchableBytes {
  /** The stream's offset of the first byte that is held. */
  readonly offset: number;
  /** The stream's offset behind the last byte that is held. */
  readonly end: number;
  /** The byte at `offset`; -1 beyond the end. */
  byteAt(offset: number): number;
  /** The offset of the first `needle` at or after `from`; -1 where none is held. */
  indexOf(needle: Buffer, from: number): number;
}

/** Searches a stream for one needle and remembers what it searched: no byte is searched twice while `from` ascends. */
export class Needle {
  readonly #bytes: SearchableBytes;
  readonly #needle: Buffer;
  #hit = -1;
  #searched = 0;

  constructor(bytes: SearchableBytes, needle: Buffer) {
    this.#bytes = bytes;
    this.#needle = needle;
  }

  /** The offset of the first needle at or after `from`; -1 where none has come yet. */
  find(from: number): number {
    if (this.#hit >= from) return this.#hit;
    const { offset, end } = this.#bytes;
    const begin = Math.max(from, this.#searched, offset);
    if (begin + this.#needle.length > end) return -1;
    this.#hit = this.#bytes.indexOf(this.#needle, begin);
    this.#searched = this.#hit < 0 ? end - this.#needle.length + 1 : this.#hit;
    return this.#hit;
  }
}

/** A view's bytes, by their offset in it. */
export class ViewedBytes implements SearchableBytes {
  readonly offset = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get end(): number {
    return this.#bytes.length;
  }

  byteAt(offset: number): number {
    return this.#bytes[offset] ?? -1;
  }

  indexOf(needle: Buffer, from: number): number {
    return this.#bytes.indexOf(needle, from);
  }
}

/** XML's white space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
