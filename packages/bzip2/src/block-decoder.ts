import { BitReader } from './bit-reader.js';
import { BlockHeader, GROUP_SYMBOLS } from './block-header.js';
import { bzip2Error, hex32 } from './bzip2-error.js';
import { crc32 } from './crc32.js';
import { MAX_CODE_LENGTH, QUICK_BITS, QUICK_SYMBOL_BITS } from './huffman-table.js';
import { randomise } from './randomise.js';
import { RunLengths } from './run-lengths.js';

/** Bytes of a block before the first run-length coding, for each level. */
const LEVEL_BYTES = 100_000;

const MAX_LEVEL = 9;

/** Decoded bytes are handed out in slices of at most this many. */
export const SLICE_BYTES = 1024 * 1024;

const QUICK_SYMBOL_MASK = (1 << QUICK_SYMBOL_BITS) - 1;

export interface DecodedBlock {
  /** The bit position in `input` right after the block. */
  readonly endBit: number;
  /** Decoded bytes: at least 1, at most some 46 million. */
  readonly size: number;
  /** The block's CRC, unsigned; it has been verified. */
  readonly crc: number;
}

/**
 * Decodes one bzip2 block at a bit position. It owns the memory for one block of any level (some 6 MB) and uses it again
 * for the next. No byte of a block is handed out before the block's CRC has been verified: a block that expands to more
 * than one slice is expanded twice, once for its CRC and once for its reader.
 */
export class BlockDecoder {
  readonly #reader = new BitReader();
  readonly #header = new BlockHeader();
  readonly #runs = new RunLengths();
  /** First the last column of the sorted rotations, then the block itself. */
  readonly #block = new Uint8Array(MAX_LEVEL * LEVEL_BYTES);
  /** By sorted rotation: the row that follows it, and below that, in eight bits, its first byte. */
  readonly #links = new Uint32Array(MAX_LEVEL * LEVEL_BYTES);
  readonly #slice = new Uint8Array(SLICE_BYTES);
  readonly #recent = new Uint8Array(256);
  /** How often each byte occurs, then where its bucket of sorted rotations begins. */
  readonly #buckets = new Int32Array(256);
  /** Bytes that stand ready in the slice, and all that have not been handed out. */
  #ready = 0;
  #left = 0;
  /** Where the block begins in the whole. */
  #place = 0;

  /**
   * Decodes the block whose magic is at bit `bitPosition` of `input`; `read` then hands out its bytes. `level`, 1 to 9, is
   * the stream's; 9 accepts what every level does. `origin` is the bit position of `input` in the whole, for errors.
   * Throws a `PermanentError` with a `Bzip2Code`; with `BZIP2_TRUNCATED`, more input may help.
   */
  decode(input: Uint8Array, bitPosition: number, level: number, origin = 0): DecodedBlock {
    this.#left = 0;
    if (!Number.isInteger(level) || level < 1 || level > MAX_LEVEL) {
      throw new RangeError(`expected a level of 1 to ${MAX_LEVEL}, received ${level}`);
    }
    const reader = this.#reader;
    this.#place = origin + bitPosition;
    reader.open(input, bitPosition, origin);
    try {
      this.#header.read(reader);
      const length = this.#readSymbols(level * LEVEL_BYTES);
      if (this.#header.origin >= length) {
        throw bzip2Error('BZIP2_BAD_ORIGIN', this.#place, `an origin below ${length}`, String(this.#header.origin));
      }
      this.#invert(length);
      if (this.#header.randomised) randomise(this.#block, length);
      const size = this.#verify(length);
      this.#left = size;
      return { endBit: reader.absolute() - origin, size, crc: this.#header.crc };
    } finally {
      reader.close();
    }
  }

  /** The next slice of the block, or null after its last. It is a view, valid until the next `read` or `decode`. */
  read(): Uint8Array | null {
    if (this.#left === 0) return null;
    const length = this.#ready > 0 ? this.#ready : this.#runs.fill(this.#slice);
    this.#ready = 0;
    this.#left -= length;
    return this.#slice.subarray(0, length);
  }

  /** Undoes Huffman, second run-length and move-to-front coding: fills `#block` and `#buckets`, returns the length. */
  #readSymbols(capacity: number): number {
    const reader = this.#reader;
    const { selectors, selectorCount, tables, alphabetSize } = this.#header;
    const block = this.#block;
    const counts = this.#buckets.fill(0);
    const recent = this.#recent;
    recent.set(this.#header.alphabet);
    const end = alphabetSize + 1;
    let length = 0;
    let run = 0;
    let weight = 1;
    let inTail = false;
    for (let group = 0; group < selectorCount; group++) {
      if (!inTail && !reader.hasGroup()) {
        reader.enterTail();
        inTail = true;
      }
      const table = tables[selectors[group]!]!;
      const quick = table.quick;
      const view = reader.view;
      let position = reader.position;
      for (let i = 0; i < GROUP_SYMBOLS; i++) {
        const word = view.getInt32(position >>> 3) << (position & 7);
        let entry = quick[word >>> (32 - QUICK_BITS)]!;
        if (entry === 0) {
          entry = table.find(word);
          if (entry === 0) {
            reader.position = position + MAX_CODE_LENGTH;
            throw reader.fail('BZIP2_BAD_HUFFMAN', 'the code of a symbol', 'bits that are none');
          }
        }
        position += entry >>> QUICK_SYMBOL_BITS;
        const symbol = entry & QUICK_SYMBOL_MASK;
        if (symbol < 2) {
          // Symbols 0 and 1 are the digits 1 and 2 of a run's length, lowest first.
          run += weight << symbol;
          weight <<= 1;
          if (run <= capacity) continue;
        }
        if (run > 0) {
          reader.position = position;
          if (length + run > capacity) throw this.#overflow(capacity);
          const byte = recent[0]!;
          counts[byte]! += run;
          const stop = length + run;
          if (run < 32) while (length < stop) block[length++] = byte;
          else block.fill(byte, length, (length = stop));
          run = 0;
          weight = 1;
        }
        if (symbol === end) {
          reader.position = position;
          if (position > reader.limit) throw reader.fail('BZIP2_TRUNCATED', '', '');
          return length;
        }
        if (length === capacity) {
          reader.position = position;
          throw this.#overflow(capacity);
        }
        const index = symbol - 1;
        const byte = recent[index]!;
        if (index < 32) for (let j = index; j > 0; j--) recent[j] = recent[j - 1]!;
        else recent.copyWithin(1, 0, index);
        recent[0] = byte;
        counts[byte]!++;
        block[length++] = byte;
      }
      reader.position = position;
      if (position > reader.limit) throw reader.fail('BZIP2_TRUNCATED', '', '');
    }
    throw reader.fail('BZIP2_BAD_SELECTOR', `the end of the block in ${selectorCount} groups`, 'more symbols');
  }

  #overflow(capacity: number): Error {
    return this.#reader.fail('BZIP2_BLOCK_OVERFLOW', `a block of at most ${capacity} bytes`, 'more');
  }

  /** Undoes the Burrows-Wheeler transform of `#block[0, length)`, in place. */
  #invert(length: number): void {
    const block = this.#block;
    const links = this.#links;
    const next = this.#buckets;
    let start = 0;
    for (let byte = 0; byte < 256; byte++) {
      const count = next[byte]!;
      next[byte] = start;
      start += count;
    }
    for (let row = 0; row < length; row++) {
      const byte = block[row]!;
      links[next[byte]!++] = (row << 8) | byte;
    }
    let row = this.#header.origin;
    for (let at = 0; at < length; at++) {
      const link = links[row]!;
      block[at] = link & 255;
      row = link >>> 8;
    }
  }

  /** Expands the block's runs, compares the CRC, and makes the first slice ready; returns the expanded size. */
  #verify(length: number): number {
    const slice = this.#slice;
    const runs = this.#runs;
    runs.start(this.#block, length);
    let size = 0;
    let crc = -1;
    for (;;) {
      const filled = runs.fill(slice);
      if (filled < 0)
        throw bzip2Error('BZIP2_BAD_RUN', this.#place, 'a count after four equal bytes', 'the end of the block');
      crc = crc32(crc, slice, filled);
      size += filled;
      if (filled < slice.length) break;
    }
    crc = ~crc >>> 0;
    if (crc !== this.#header.crc)
      throw bzip2Error('BZIP2_BLOCK_CRC', this.#place, `the CRC ${hex32(this.#header.crc)}`, hex32(crc));
    this.#ready = size <= slice.length ? size : 0;
    if (this.#ready === 0) runs.start(this.#block, length);
    return size;
  }
}
