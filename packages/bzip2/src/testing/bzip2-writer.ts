import { combineCrc } from '../crc32.js';
import { randomise } from '../randomise.js';

/** All fields of one block, as they are written; a test changes what it wants to be wrong or unusual. */
export interface BlockFields {
  crc: number;
  randomised: boolean;
  origin: number;
  alphabet: number[];
  tables: number;
  /** The selectors as they stand in the file, 0 to 5 ones and a zero each, and how many the block says there are. */
  selectors: string;
  selectorCount: number;
  /** A table each: by symbol, the length of its code. */
  lengths: number[][];
  symbols: number[];
  /** By group of 50 symbols: the table. */
  groupTables: number[];
}

/** What is to be in a block: bytes after the first run-length coding, and what they decode to. */
export interface BlockContent {
  coded: Uint8Array;
  decoded: Uint8Array;
  /** Instead of a sort: the last column of the sorted rotations, and the row of `coded`. */
  sorted?: { column: Uint8Array; origin: number };
  randomised?: boolean;
}

/** The first run-length coding. */
export function codeRuns(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let run = 1;
    while (run < 259 && bytes[at + run] === bytes[at]) run++;
    for (let i = 0; i < Math.min(run, 4); i++) out.push(bytes[at]!);
    if (run >= 4) out.push(run - 4);
    at += run;
  }
  return Uint8Array.from(out);
}

/** The fields of a sound block: two equal tables with codes of one length, the first of them for all groups. */
export function fieldsOf(content: BlockContent): BlockFields {
  const coded = content.coded.slice();
  if (content.randomised === true) randomise(coded, coded.length);
  const { column, origin } = content.sorted ?? sortRotations(coded);
  const alphabet = [...new Set(coded)].sort((a, b) => a - b);
  const symbols = moveToFront(column, alphabet);
  const groups = Math.ceil(symbols.length / 50);
  const lengths = Array.from({ length: alphabet.length + 2 }, () => Math.ceil(Math.log2(alphabet.length + 2)));
  return {
    crc: crc32(content.decoded),
    randomised: content.randomised === true,
    origin,
    alphabet,
    tables: 2,
    selectors: '0'.repeat(groups),
    selectorCount: groups,
    lengths: [lengths, lengths],
    symbols,
    groupTables: Array.from({ length: groups }, () => 0),
  };
}

/** By the definition, bit for bit: highest first, begun with ones, inverted at the end. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return ~crc >>> 0;
}

/** A stream of these blocks; `crc` is the right one unless given. */
export function writeStream(level: number, blocks: readonly BlockFields[], crc?: number): Buffer {
  const sum = crc ?? blocks.reduce((stream, block) => combineCrc(stream, block.crc), 0);
  const bits = `${blocks.map(blockBits).join('')}${binary(0x177245, 24)}${binary(0x385090, 24)}${binary(sum, 32)}`;
  return Buffer.concat([Buffer.from(`BZh${level}`), packBits(bits)]);
}

/** A string of 0 and 1 as bytes, with zeros for what is left of the last. */
export function packBits(bits: string): Buffer {
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(bits.slice(i * 8, i * 8 + 8).padEnd(8, '0'), 2);
  return bytes;
}

export function binary(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}

export function blockBits(fields: BlockFields): string {
  const used = Array.from({ length: 256 }, (_, byte) => (fields.alphabet.includes(byte) ? '1' : '0')).join('');
  const rows = Array.from({ length: 16 }, (_, row) => used.slice(row * 16, row * 16 + 16));
  const codes = fields.lengths.map(canonicalCodes);
  return [
    `${binary(0x314159, 24)}${binary(0x265359, 24)}${binary(fields.crc, 32)}${fields.randomised ? '1' : '0'}`,
    binary(fields.origin, 24),
    rows.map((row) => (row.includes('1') ? '1' : '0')).join(''),
    rows.filter((row) => row.includes('1')).join(''),
    binary(fields.tables, 3),
    binary(fields.selectorCount, 15),
    fields.selectors,
    fields.lengths.map(lengthBits).join(''),
    fields.symbols.map((symbol, i) => codes[fields.groupTables[Math.floor(i / 50)] ?? 0]![symbol]!).join(''),
  ].join('');
}

function lengthBits(lengths: number[]): string {
  let bits = binary(lengths[0]!, 5);
  let current = lengths[0]!;
  for (const length of lengths) {
    for (; current < length; current++) bits += '10';
    for (; current > length; current--) bits += '11';
    bits += '0';
  }
  return bits;
}

/** The code of each symbol; one that the code has no room for is cut to its length, and means another symbol. */
function canonicalCodes(lengths: number[]): string[] {
  const codes: string[] = [];
  let next = 0;
  for (let length = 1; length <= 20; length++, next *= 2) {
    for (const [symbol, own] of lengths.entries()) {
      if (own === length) codes[symbol] = binary(next++, length).slice(-length);
    }
  }
  return codes;
}

/** The Burrows-Wheeler transform by its definition. */
export function sortRotations(bytes: Uint8Array): { column: Uint8Array; origin: number } {
  const twice = Buffer.concat([bytes, bytes]);
  const { length } = bytes;
  const rows = Array.from(bytes, (_, at) => at);
  rows.sort((a, b) => twice.compare(twice, b, b + length, a, a + length));
  return { column: Uint8Array.from(rows, (at) => twice[at + length - 1]!), origin: rows.indexOf(0) };
}

/** The bytes that `column` and `origin` stand for, by the definition: a row's successor is the rank of its byte among its equals. */
export function spell(column: Uint8Array, origin: number): Buffer {
  const rows = Array.from(column, (_, row) => row).sort((a, b) => column[a]! - column[b]! || a - b);
  let row = origin;
  return Buffer.from(
    column.map(() => {
      row = rows[row]!;
      return column[row]!;
    }),
  );
}

function moveToFront(column: Uint8Array, alphabet: number[]): number[] {
  const recent = [...alphabet];
  const symbols: number[] = [];
  let run = 0;
  const endRun = (): void => {
    for (; run > 0; run = (run - 1) >> 1) symbols.push((run & 1) === 1 ? 0 : 1);
  };
  for (const byte of column) {
    const index = recent.indexOf(byte);
    if (index === 0) {
      run++;
      continue;
    }
    endRun();
    symbols.push(index + 1);
    recent.splice(index, 1);
    recent.unshift(byte);
  }
  endRun();
  return [...symbols, alphabet.length + 1];
}
