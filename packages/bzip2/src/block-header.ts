import { hex32 } from './bzip2-error.js';
import type { BitReader } from './bit-reader.js';
import { HuffmanTable, MAX_CODE_LENGTH, MAX_SYMBOLS } from './huffman-table.js';

/** The 48 bits of π before a block, and of √π before a stream's CRC, in two halves. */
export const BLOCK_MAGIC = [0x314159, 0x265359] as const;
export const END_MAGIC = [0x177245, 0x385090] as const;

/** Symbols that one selector stands for. */
export const GROUP_SYMBOLS = 50;

const MAX_TABLES = 6;

/** As many as 900,000 symbols and the end need. A block may state more; they are read and ignored, as bzip2 1.0.8 does. */
const MAX_SELECTORS = 18_002;

/** All that stands in a block before its symbols. Owns its memory and is read anew for every block. */
export class BlockHeader {
  /** The CRC of the decoded bytes, unsigned. */
  crc = 0;
  randomised = false;
  /** Where in the sorted rotations the block itself stands; not checked here, as its bound is the block's size. */
  origin = 0;
  /** The bytes that occur, ascending: `alphabet[0, alphabetSize)`. */
  readonly alphabet = new Uint8Array(256);
  alphabetSize = 0;
  readonly selectors = new Uint8Array(MAX_SELECTORS);
  selectorCount = 0;
  readonly tables: readonly HuffmanTable[] = Array.from({ length: MAX_TABLES }, () => new HuffmanTable());
  #tableCount = 0;
  readonly #lengths = new Uint8Array(MAX_SYMBOLS);

  /** Reads from the block's magic to its first symbol. */
  read(reader: BitReader): void {
    this.#readMagic(reader);
    this.crc = reader.read(16) * 0x10000 + reader.read(16);
    this.randomised = reader.read(1) === 1;
    this.origin = reader.read(24);
    this.#readAlphabet(reader);
    this.#readSelectors(reader);
    for (let table = 0; table < this.#tableCount; table++) {
      this.#readLengths(reader);
      this.tables[table]!.build(this.#lengths, this.alphabetSize + 2);
    }
  }

  #readMagic(reader: BitReader): void {
    const high = reader.read(24);
    const low = reader.read(24);
    if (high === BLOCK_MAGIC[0] && low === BLOCK_MAGIC[1]) return;
    reader.position -= 48;
    const received = hex32(high).slice(4) + hex32(low).slice(4);
    throw reader.fail('BZIP2_BAD_MAGIC', "a block's magic 314159265359", received);
  }

  #readAlphabet(reader: BitReader): void {
    const ranges = reader.read(16);
    this.alphabetSize = 0;
    for (let range = 0; range < 16; range++) {
      if ((ranges & (0x8000 >>> range)) === 0) continue;
      const used = reader.read(16);
      for (let bit = 0; bit < 16; bit++) {
        if ((used & (0x8000 >>> bit)) !== 0) this.alphabet[this.alphabetSize++] = range * 16 + bit;
      }
    }
    if (this.alphabetSize === 0) throw reader.fail('BZIP2_BAD_ALPHABET', 'at least one byte in use', 'none');
  }

  #readSelectors(reader: BitReader): void {
    const tables = reader.read(3);
    if (tables < 2 || tables > MAX_TABLES) throw reader.fail('BZIP2_BAD_HUFFMAN', '2 to 6 tables', String(tables));
    this.#tableCount = tables;
    const stated = reader.read(15);
    if (stated === 0) throw reader.fail('BZIP2_BAD_SELECTOR', 'at least one selector', '0');
    const order = [0, 1, 2, 3, 4, 5];
    for (let i = 0; i < stated; i++) {
      let index = 0;
      while (reader.read(1) === 1) {
        if (++index === tables) throw reader.fail('BZIP2_BAD_SELECTOR', `one of ${tables} tables`, 'a higher one');
      }
      if (i >= MAX_SELECTORS) continue;
      const table = order[index]!;
      for (; index > 0; index--) order[index] = order[index - 1]!;
      order[0] = table;
      this.selectors[i] = table;
    }
    this.selectorCount = Math.min(stated, MAX_SELECTORS);
  }

  #readLengths(reader: BitReader): void {
    let length = reader.read(5);
    for (let symbol = 0; symbol < this.alphabetSize + 2; symbol++) {
      for (;;) {
        if (length < 1 || length > MAX_CODE_LENGTH) {
          throw reader.fail('BZIP2_BAD_HUFFMAN', `a code's length of 1 to ${MAX_CODE_LENGTH} bits`, String(length));
        }
        if (reader.read(1) === 0) break;
        length += reader.read(1) === 0 ? 1 : -1;
      }
      this.#lengths[symbol] = length;
    }
  }
}
