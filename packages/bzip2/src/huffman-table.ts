/** The longest code that the format allows, in bits. */
export const MAX_CODE_LENGTH = 20;

/** A symbol for each of 256 bytes but the front one, two run symbols, and the end of the block. */
export const MAX_SYMBOLS = 258;

/** Codes up to this length take one look-up. */
export const QUICK_BITS = 10;

/** In an entry of `quick`: the symbol, and above it the length of its code. */
export const QUICK_SYMBOL_BITS = 9;

/**
 * A canonical Huffman code, read as bzip2 1.0.8 reads it, complete or not: a code that is too full loses its last
 * symbols, and one that is not full has bit strings without a symbol, which are an error where they are met.
 */
export class HuffmanTable {
  /** For the next `QUICK_BITS` bits: `length << QUICK_SYMBOL_BITS | symbol`, or 0 for a longer code or none. */
  readonly quick = new Uint16Array(1 << QUICK_BITS);
  /** By length: the last code of that length, or less than the first where there is none. */
  readonly #last = new Int32Array(MAX_CODE_LENGTH + 1);
  /** By length: what to take from a code to get its index in `#symbols`. */
  readonly #offset = new Int32Array(MAX_CODE_LENGTH + 1);
  readonly #symbols = new Uint16Array(MAX_SYMBOLS);
  readonly #counts = new Uint16Array(MAX_CODE_LENGTH + 1);
  #longest = 0;

  /** `lengths[0, symbols)` are the codes' lengths, 1 to 20. */
  build(lengths: Uint8Array, symbols: number): void {
    const counts = this.#counts.fill(0);
    for (let symbol = 0; symbol < symbols; symbol++) counts[lengths[symbol]!]!++;
    this.quick.fill(0);
    this.#longest = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
      const begin = index;
      if (counts[length]! > 0) {
        this.#longest = length;
        for (let symbol = 0; symbol < symbols; symbol++) {
          if (lengths[symbol] === length) this.#symbols[index++] = symbol;
        }
      }
      this.#offset[length] = first - begin;
      const last = first + counts[length]! - 1;
      this.#last[length] = last;
      if (length <= QUICK_BITS) this.#fillQuick(length, first, begin, index);
      first = (last + 1) * 2;
    }
  }

  /**
   * The entry, as in `quick`, for a code longer than `QUICK_BITS` at the top of `word`, whose highest 20 bits are data;
   * where no symbol has the code, 0.
   */
  find(word: number): number {
    for (let length = QUICK_BITS + 1; length <= this.#longest; length++) {
      const code = word >>> (32 - length);
      if (code <= this.#last[length]!) {
        return (length << QUICK_SYMBOL_BITS) | this.#symbols[code - this.#offset[length]!]!;
      }
    }
    return 0;
  }

  #fillQuick(length: number, first: number, begin: number, end: number): void {
    const span = 1 << (QUICK_BITS - length);
    let at = first * span;
    for (let index = begin; index < end && at < this.quick.length; index++, at += span) {
      this.quick.fill((length << QUICK_SYMBOL_BITS) | this.#symbols[index]!, at, at + span);
    }
  }
}
