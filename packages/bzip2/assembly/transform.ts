import {
  BLOCK, CHAINS, CHAIN_BYTES, CHAIN_OUTPUT, CHAIN_SEGMENTS, COUNTS, LINKS, SEGMENTS, SEGMENT_SIZE,
} from './layout';

// The inverse Burrows-Wheeler transform. `BLOCK` holds the last column of the sorted rotations. The rows that begin with a byte
// stand in the order in which that byte occurs in the last column; so a row's successor, the rotation that begins one byte
// further on, is where in the last column the row's first byte is. Following the successors from the block's own row spells it.
//
// Each step waits for the memory that the step before names. So marks are put on rows here and there, and eight chains walk at
// once, each from a mark to the next mark that it meets; then the segments are put together. Successors are a permutation:
// every chain meets a mark, if only its own, and no row is walked twice.

/** In a link: the byte, above it the offset in `LINKS` of the next row's link, and at the top, whether a mark stands on that row. */
const ROW_SHIFT: u32 = 10;
const OFFSET_SHIFT: u32 = 8;
const MARK: u32 = 0x80000000;
const OFFSET_MARK: u32 = MARK >>> OFFSET_SHIFT;

/** Marks are so many rows apart, as a power of two; one more is on the block's own row. */
const MARK_SHIFT: i32 = 10;

/** The number of marks, and of those from which a chain has begun. */
let marks: i32 = 0;
let begun: i32 = 0;

/** Puts the block into `BLOCK[0, length)`, whose last column stands there. `origin` is the block's own row, below `length`. */
export function invert(length: i32, origin: i32): void {
  countBytes(length);
  marks = 0;
  for (let row = 0; row < length; row += 1 << MARK_SHIFT, marks++) {
    const end = min(row + (1 << MARK_SHIFT), length);
    linkRows(row, row + 1, MARK);
    if (origin > row && origin < end) {
      linkRows(row + 1, origin, 0);
      linkRows(origin, origin + 1, MARK);
      linkRows(origin + 1, end, 0);
    } else linkRows(row + 1, end, 0);
  }
  if (marks < 2 * CHAINS || !walkChains(length, origin)) walk(length, origin);
}

/** Counts four times a quarter of the bytes, so that equal neighbours do not wait for each other. */
function countBytes(length: i32): void {
  memory.fill(COUNTS, 0, 4 * 1024);
  let at = BLOCK;
  const end = BLOCK + length;
  for (; at + 4 <= end; at += 4) {
    const four = load<u32>(at);
    increment(COUNTS + ((four & 255) << 2));
    increment(COUNTS + 1024 + ((four >>> 6) & 1020));
    increment(COUNTS + 2048 + ((four >>> 14) & 1020));
    increment(COUNTS + 3072 + ((four >>> 24) << 2));
  }
  for (; at < end; at++) increment(COUNTS + (<usize>load<u8>(at) << 2));
  let start = 0;
  for (let count = COUNTS; count < COUNTS + 1024; count += 4) {
    const sum = load<i32>(count) + load<i32>(count, 1024) + load<i32>(count, 2048) + load<i32>(count, 3072);
    store<i32>(count, start);
    start += sum;
  }
}

// @ts-ignore: decorator
@inline
function increment(address: usize): void {
  store<u32>(address, load<u32>(address) + 1);
}

/** Links to the rows `[begin, end)`: each is the next row of the row that begins with its byte of the last column. */
function linkRows(begin: i32, end: i32, mark: u32): void {
  for (let row = begin; row < end; row++) {
    const byte: u32 = load<u8>(BLOCK + row);
    const counter = COUNTS + (byte << 2);
    const at = load<u32>(counter);
    store<u32>(counter, at + 1);
    store<u32>(LINKS + (at << 2), mark | (<u32>row << ROW_SHIFT) | byte);
  }
}

/** One step after the other: for short blocks, and for what the chains leave. */
function walk(length: i32, origin: i32): void {
  let offset: u32 = origin << 2;
  for (let at = BLOCK; at < BLOCK + length; at++) {
    const link = load<u32>(LINKS + offset);
    store<u8>(at, <u8>link);
    offset = (link & ~MARK) >>> OFFSET_SHIFT;
  }
}

/** False where the chains cannot do it: the block repeats itself and is more than one cycle, or a chain has far more than its share. */
function walkChains(length: i32, origin: i32): bool {
  // A chain without a segment stays on a row behind the last one.
  store<u32>(LINKS + (length << 2), length << ROW_SHIFT);
  const count = numberOf(origin << 2) === marks ? marks + 1 : marks;
  begun = 0;
  let a = begin(0, CHAIN_OUTPUT, length, origin);
  let b = begin(1, CHAIN_OUTPUT, length, origin);
  let c = begin(2, CHAIN_OUTPUT, length, origin);
  let d = begin(3, CHAIN_OUTPUT, length, origin);
  let e = begin(4, CHAIN_OUTPUT, length, origin);
  let f = begin(5, CHAIN_OUTPUT, length, origin);
  let g = begin(6, CHAIN_OUTPUT, length, origin);
  let h = begin(7, CHAIN_OUTPUT, length, origin);
  let ended = 0;
  for (let step: usize = CHAIN_OUTPUT; ended < count;) {
    let all: u32 = 0;
    do {
      if (step === CHAIN_OUTPUT + CHAIN_BYTES) return false;
      a = load<u32>(LINKS + a);
      b = load<u32>(LINKS + b);
      c = load<u32>(LINKS + c);
      d = load<u32>(LINKS + d);
      e = load<u32>(LINKS + e);
      f = load<u32>(LINKS + f);
      g = load<u32>(LINKS + g);
      h = load<u32>(LINKS + h);
      store<u8>(step, <u8>a);
      store<u8>(step, <u8>b, CHAIN_BYTES);
      store<u8>(step, <u8>c, 2 * CHAIN_BYTES);
      store<u8>(step, <u8>d, 3 * CHAIN_BYTES);
      store<u8>(step, <u8>e, 4 * CHAIN_BYTES);
      store<u8>(step, <u8>f, 5 * CHAIN_BYTES);
      store<u8>(step, <u8>g, 6 * CHAIN_BYTES);
      store<u8>(step, <u8>h, 7 * CHAIN_BYTES);
      all = a | b | c | d | e | f | g | h;
      a >>>= OFFSET_SHIFT;
      b >>>= OFFSET_SHIFT;
      c >>>= OFFSET_SHIFT;
      d >>>= OFFSET_SHIFT;
      e >>>= OFFSET_SHIFT;
      f >>>= OFFSET_SHIFT;
      g >>>= OFFSET_SHIFT;
      h >>>= OFFSET_SHIFT;
      step++;
    } while ((all & MARK) === 0);
    if ((a & OFFSET_MARK) !== 0) ended++, a = turn(0, a, step, length, origin);
    if ((b & OFFSET_MARK) !== 0) ended++, b = turn(1, b, step, length, origin);
    if ((c & OFFSET_MARK) !== 0) ended++, c = turn(2, c, step, length, origin);
    if ((d & OFFSET_MARK) !== 0) ended++, d = turn(3, d, step, length, origin);
    if ((e & OFFSET_MARK) !== 0) ended++, e = turn(4, e, step, length, origin);
    if ((f & OFFSET_MARK) !== 0) ended++, f = turn(5, f, step, length, origin);
    if ((g & OFFSET_MARK) !== 0) ended++, g = turn(6, g, step, length, origin);
    if ((h & OFFSET_MARK) !== 0) ended++, h = turn(7, h, step, length, origin);
  }
  return join(length, origin);
}

/** A mark's number, by the offset of its row's link: the block's own row comes last, unless it is one of the others. */
function numberOf(offset: u32): i32 {
  return (offset & ((4 << MARK_SHIFT) - 1)) === 0 ? offset >>> (MARK_SHIFT + 2) : marks;
}

/** Lets a chain begin from the next mark; returns where its first link is. */
function begin(chain: i32, step: usize, length: i32, origin: i32): u32 {
  let offset: u32 = length << 2;
  if (begun < marks) offset = begun << (MARK_SHIFT + 2);
  else if (begun === marks) offset = origin << 2;
  if (begun <= marks) {
    const segment = SEGMENTS + numberOf(offset) * SEGMENT_SIZE;
    store<u32>(segment, step + chain * CHAIN_BYTES, 4);
    store<u32>(CHAIN_SEGMENTS + chain * 4, segment);
  }
  begun++;
  return offset;
}

/** Ends a chain's segment at the mark that it has met, and begins another. */
function turn(chain: i32, met: u32, step: usize, length: i32, origin: i32): u32 {
  const segment = load<u32>(CHAIN_SEGMENTS + chain * 4);
  store<u32>(segment, numberOf(met & ~OFFSET_MARK));
  store<u32>(segment, step + chain * CHAIN_BYTES - load<u32>(segment, 4), 8);
  return begin(chain, step, length, origin);
}

/** Puts the segments together, from the block's own row on. False if they are not the whole block. */
function join(length: i32, origin: i32): bool {
  const first = numberOf(origin << 2);
  let number = first;
  let at = BLOCK;
  do {
    const segment = SEGMENTS + number * SEGMENT_SIZE;
    memory.copy(at, load<u32>(segment, 4), load<u32>(segment, 8));
    at += load<u32>(segment, 8);
    number = load<u32>(segment);
  } while (number !== first);
  return at === BLOCK + length;
}
