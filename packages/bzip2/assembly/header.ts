import { limit, peek, position, read, setPosition } from './bits';
import { MAX_CODE_LENGTH, buildTable } from './huffman';
import { FRONT, LENGTHS, MAX_SELECTORS, SELECTORS, TABLES, TABLE_SIZE } from './layout';
import { startSymbols } from './symbols';
import {
  BAD_LENGTH,
  BAD_MAGIC,
  BAD_SELECTOR,
  BAD_TABLE_COUNT,
  DONE,
  NO_ALPHABET,
  NO_SELECTORS,
  TRUNCATED,
} from './status';

/** The block's CRC, whether it is randomised, and where in the sorted rotations the block itself stands (not checked here). */
export let crc: u32 = 0;
export let randomised: bool = false;
export let origin: i32 = 0;

/** The bytes that occur in the block; they stand, ascending, at `FRONT`. */
export let alphabetSize: i32 = 0;

export let selectorCount: i32 = 0;

/** What was received instead of what was expected, where that is a number. */
export let received: i32 = 0;

let tableCount: i32 = 0;

/** Reads from the block's magic, at `bit`, to its first symbol. */
export function readHeader(bit: i32): i32 {
  setPosition(bit);
  const high = read(24);
  const low = read(24);
  if (position > limit) return TRUNCATED;
  if (high !== 0x314159 || low !== 0x265359) {
    setPosition(bit);
    return BAD_MAGIC;
  }
  crc = read(32);
  randomised = read(1) === 1;
  origin = read(24);
  let status = readAlphabet();
  if (status === DONE) status = readSelectors();
  for (let table = 0; status === DONE && table < tableCount; table++) {
    status = readLengths();
    if (status === DONE) buildTable(TABLES + <usize>table * TABLE_SIZE, alphabetSize + 2);
  }
  startSymbols();
  return position > limit ? TRUNCATED : status;
}

function readAlphabet(): i32 {
  const ranges = read(16);
  alphabetSize = 0;
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >>> range)) === 0) continue;
    const used = read(16);
    for (let bit = 0; bit < 16; bit++) {
      if ((used & (0x8000 >>> bit)) !== 0) store<u8>(FRONT + alphabetSize++, <u8>(range * 16 + bit));
    }
  }
  return alphabetSize === 0 ? NO_ALPHABET : DONE;
}

/** Each selector is the place of its table among the recently used ones, in as many ones and a zero. */
function readSelectors(): i32 {
  tableCount = read(3);
  if (tableCount < 2 || tableCount > 6) {
    received = tableCount;
    return BAD_TABLE_COUNT;
  }
  const stated: i32 = read(15);
  if (stated === 0) return NO_SELECTORS;
  // The tables in the order of their last use, a byte each, the latest lowest.
  let order: u64 = 0x050403020100;
  for (let i = 0; i < stated; i++) {
    if (position > limit) return TRUNCATED;
    const index = <i32>clz(~peek());
    if (index >= tableCount) {
      setPosition(position + tableCount);
      received = tableCount;
      return BAD_SELECTOR;
    }
    setPosition(position + index + 1);
    const shift: u64 = index * 8;
    const table = (order >>> shift) & 255;
    const before = order & (((<u64>1) << shift) - 1);
    order = ((((order >>> shift) >>> 8) << shift) << 8) | (before << 8) | table;
    if (i < MAX_SELECTORS) store<u16>(SELECTORS + (i << 1), <u16>(<usize>table * TABLE_SIZE));
  }
  selectorCount = min(stated, MAX_SELECTORS);
  return DONE;
}

/** The first length, then for each symbol steps of one up (10) or down (11), and a zero. */
function readLengths(): i32 {
  let length: i32 = read(5);
  for (let symbol = 0; symbol < alphabetSize + 2; symbol++) {
    for (;;) {
      if (position > limit) return TRUNCATED;
      if (length < 1 || length > MAX_CODE_LENGTH) {
        received = length;
        return BAD_LENGTH;
      }
      if (read(1) === 0) break;
      length += read(1) === 0 ? 1 : -1;
    }
    store<u8>(LENGTHS + symbol, <u8>length);
  }
  return DONE;
}
