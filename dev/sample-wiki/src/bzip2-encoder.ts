import { BitWriter } from './bit-writer.js';
import { sortBlock } from './block-sort.js';
import { writeHuffman } from './bzip2-huffman.js';

/** A run of four or more is four bytes and a count of up to 251. */
const LONGEST_RUN = 255;
/** bzip2 leaves as much of a block unused. */
const BLOCK_SLACK = 19;
const RUN_A = 0;
const RUN_B = 1;

/** The CRC of bzip2: polynomial 0x04c11db7, most significant bit first. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/** One bzip2 stream of all `data`; `level` 1 to 9 is the size of a block in 100,000 bytes. Empty data is 14 bytes. */
export function bzip2(data: Uint8Array, level = 9): Buffer {
  const encoder = new Bzip2Encoder(level);
  return Buffer.concat([encoder.push(data), encoder.finish()]);
}

/**
 * One bzip2 stream, piece by piece: memory is bounded by a block. The bytes depend on the data and the level alone, not on
 * how the data was cut.
 */
export class Bzip2Encoder {
  readonly #out = new BitWriter();
  readonly #block: Uint8Array;
  readonly #limit: number;
  #length = 0;
  #blockCrc = -1;
  #streamCrc = 0;
  #runByte = -1;
  #runLength = 0;

  /** Throws a `RangeError` for a level that is no integer from 1 to 9. */
  constructor(level = 9) {
    if (!Number.isInteger(level) || level < 1 || level > 9) {
      throw new RangeError(`a bzip2 level is an integer from 1 to 9, received ${level}`);
    }
    this.#block = new Uint8Array(level * 100_000);
    this.#limit = level * 100_000 - BLOCK_SLACK;
    this.#out.write(24, 0x425a68);
    this.#out.write(8, 0x30 + level);
  }

  /** Takes more data and returns what is ready of the stream, often nothing. */
  push(data: Uint8Array): Buffer {
    for (let i = 0; i < data.length; i++) {
      const byte = data[i]!;
      if (byte === this.#runByte && this.#runLength < LONGEST_RUN) {
        this.#runLength++;
        continue;
      }
      this.#endRun();
      if (this.#length >= this.#limit) this.#endBlock();
      this.#runByte = byte;
      this.#runLength = 1;
    }
    return this.#out.take();
  }

  /** Ends the stream and returns the rest of it; nothing may be pushed afterwards. */
  finish(): Buffer {
    this.#endRun();
    this.#endBlock();
    this.#out.write(24, 0x177245);
    this.#out.write(24, 0x385090);
    this.#out.write32(this.#streamCrc);
    this.#out.align();
    return this.#out.take();
  }

  #endRun(): void {
    let crc = this.#blockCrc;
    for (let i = 0; i < this.#runLength; i++) crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ this.#runByte]!;
    this.#blockCrc = crc;
    const literal = Math.min(this.#runLength, 4);
    for (let i = 0; i < literal; i++) this.#block[this.#length++] = this.#runByte;
    if (literal === 4) this.#block[this.#length++] = this.#runLength - 4;
    this.#runLength = 0;
    this.#runByte = -1;
  }

  #endBlock(): void {
    if (this.#length === 0) return;
    const crc = ~this.#blockCrc;
    this.#streamCrc = ((this.#streamCrc << 1) | (this.#streamCrc >>> 31)) ^ crc;
    const block = this.#block.subarray(0, this.#length);
    const { lastColumn, origin } = sortBlock(block);

    this.#out.write(24, 0x314159);
    this.#out.write(24, 0x265359);
    this.#out.write32(crc);
    this.#out.write(1, 0);
    this.#out.write(24, origin);
    const used = usedBytes(block);
    writeUsed(this.#out, used);
    const symbols = moveToFront(lastColumn, used);
    writeHuffman(this.#out, symbols, used.length + 2);

    this.#length = 0;
    this.#blockCrc = -1;
  }
}

/** The byte values that occur, ascending. */
function usedBytes(block: Uint8Array): number[] {
  const seen = new Uint8Array(256);
  for (let i = 0; i < block.length; i++) seen[block[i]!] = 1;
  return Array.from(seen.keys()).filter((byte) => seen[byte] === 1);
}

/** Sixteen bits say which sixteens of byte values occur, and sixteen more for each of those which values. */
function writeUsed(out: BitWriter, used: readonly number[]): void {
  const rows = new Int32Array(16);
  for (const byte of used) rows[byte >> 4]! |= 0x8000 >> (byte & 15);
  out.write(
    16,
    rows.reduce((bits, row, i) => (row === 0 ? bits : bits | (0x8000 >> i)), 0),
  );
  for (const row of rows) if (row !== 0) out.write(16, row);
}

/** Places in a list that each byte moves to the front of; runs of place 0 become digits, the end a symbol of its own. */
function moveToFront(column: Uint8Array, used: readonly number[]): Uint16Array {
  const front = Uint8Array.from(used);
  // A run's digits are never more than the run, and the end is one symbol.
  const symbols = new Uint16Array(column.length + 1);
  let count = 0;
  let zeros = 0;
  for (let i = 0; i <= column.length; i++) {
    const byte = i < column.length ? column[i]! : -1;
    if (byte === front[0]) {
      zeros++;
      continue;
    }
    // Bijective base two, the lowest digit first.
    for (; zeros > 0; zeros = (zeros - 1) >> 1) symbols[count++] = (zeros & 1) === 1 ? RUN_A : RUN_B;
    if (byte < 0) break;
    let place = 0;
    let carried = front[0]!;
    do {
      place++;
      const next = front[place]!;
      front[place] = carried;
      carried = next;
    } while (carried !== byte);
    front[0] = byte;
    symbols[count++] = place + 1;
  }
  symbols[count++] = used.length + 1;
  return symbols.subarray(0, count);
}
