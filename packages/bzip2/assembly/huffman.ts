import { LENGTHS } from './layout';

// A canonical Huffman code, read as bzip2 1.0.8 reads it, complete or not: a code that is too full loses its last symbols, and
// one that is not full has bit strings without a symbol, which are an error where they are met.

export const MAX_CODE_LENGTH: i32 = 20;

/** Codes up to this length take one look-up. */
export const QUICK_BITS: i32 = 10;

/** An entry is a symbol, and in its lowest five bits the length of the code. */
export const LENGTH_BITS: i32 = 5;

/** What stands for the end of the block, and what for a code that takes more than one look-up, or is none. */
export const END_OF_BLOCK: i32 = 300;
export const LONG_CODE: i32 = 301;

// In a table: entries of 16 bits for the next QUICK_BITS bits; by length, the last code of that length (less than the first,
// where there is none) and what to take from a code to get its index among the symbols; the symbols by code.
const LAST: usize = 2 << QUICK_BITS;
const OFFSET: usize = LAST + 4 * 21;
const SYMBOLS: usize = OFFSET + 4 * 21;

/** Builds the table of the codes' lengths at `LENGTHS`, each 1 to 20; the last symbol is the end of the block. */
export function buildTable(table: usize, symbols: i32): void {
  for (let at: usize = 0; at < LAST; at += 2) store<u16>(table + at, <u16>(LONG_CODE << LENGTH_BITS));
  let first = 0;
  let index = 0;
  for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
    const begin = index;
    for (let symbol = 0; symbol < symbols; symbol++) {
      if (<i32>load<u8>(LENGTHS + symbol) !== length) continue;
      const value = symbol === symbols - 1 ? END_OF_BLOCK : symbol;
      store<u16>(table + (index << 1), <u16>value, SYMBOLS);
      if (length <= QUICK_BITS) fillQuick(table, first + index - begin, length, value);
      index++;
    }
    store<i32>(table + (length << 2), first - begin, OFFSET);
    store<i32>(table + (length << 2), first + index - begin - 1, LAST);
    first = (first + index - begin) * 2;
  }
}

function fillQuick(table: usize, code: i32, length: i32, symbol: i32): void {
  const span = 1 << (QUICK_BITS - length);
  const begin = code * span;
  if (begin + span > 1 << QUICK_BITS) return;
  for (let i = begin; i < begin + span; i++) store<u16>(table + (i << 1), <u16>((symbol << LENGTH_BITS) | length));
}

/** The entry for the code longer than `QUICK_BITS` at the top of `bits`; where no symbol has it, 0. */
export function findLong(table: usize, bits: u64): i32 {
  for (let length = QUICK_BITS + 1; length <= MAX_CODE_LENGTH; length++) {
    const code = <i32>(bits >>> (64 - length));
    if (code <= load<i32>(table + (length << 2), LAST)) {
      const index = code - load<i32>(table + (length << 2), OFFSET);
      return ((<i32>load<u16>(table + (index << 1), SYMBOLS)) << LENGTH_BITS) | length;
    }
  }
  return 0;
}
