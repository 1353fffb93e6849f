import {
  BLOCK,
  CHAINS,
  CHAIN_BYTES,
  CHAIN_OUTPUT,
  CHAIN_STATES,
  COUNTS,
  LINKS,
  MARK_SHIFT,
  SEGMENTS,
  SEGMENT_SIZE,
} from './layout';

// The inverse Burrows-Wheeler transform. `BLOCK` holds the last column of the sorted rotations. The rows that begin with a byte
// stand in the order in which that byte occurs in the last column. So the row after a row, the rotation that begins one byte
// further on, is where in the last column the row's first byte is: there the link of the row leads. The links, followed from the
// block's own row, spell the block.
//
// Each step waits for memory whose address only the step before tells. So marks are put on rows at equal distances, and many
// chains walk at once, each from a mark to the next one that it meets; then the segments are joined. No two links lead to the
// same row, so every chain meets a mark, if only its own, and all of them together walk each row once.

/** In a link: the first byte, above it the offset in `LINKS` of the next row's link, and whether a mark stands on that row. */
const ROW_SHIFT: u32 = 10;
const OFFSET_SHIFT: u32 = 8;
const MARK: u32 = 0x80000000;
const OFFSET_MARK: u32 = MARK >>> OFFSET_SHIFT;

/** The offset of the link of the block's own row, and of a row behind the last one whose link leads to itself. */
let own: u32 = 0;
let parked: u32 = 0;

/** The marks at equal distances (one more is on the block's own row), and the segments that chains have begun. */
let spaced: i32 = 0;
let begun: i32 = 0;

/** Puts the block into `BLOCK[0, length)`, whose last column stands there. `origin` is the block's own row, below `length`. */
export function invert(length: i32, origin: i32): void {
  countBytes(length);
  for (let row = 0; row < length; row += 1 << MARK_SHIFT) {
    linkRows(row, min(row + (1 << MARK_SHIFT), length), origin);
  }
  own = origin << 2;
  parked = length << 2;
  spaced = ((length - 1) >>> MARK_SHIFT) + 1;
  if (spaced < 2 * CHAINS || !walkChains(length)) walk(length);
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
  for (; at < end; at++) increment(COUNTS + ((<usize>load<u8>(at)) << 2));
  let start = 0;
  for (let count = COUNTS; count < COUNTS + 1024; count += 4) {
    const sum = load<i32>(count) + load<i32>(count, 1024) + load<i32>(count, 2048) + load<i32>(count, 3072);
    store<i32>(count, start);
    start += sum;
  }
}

function increment(address: usize): void {
  store<u32>(address, load<u32>(address) + 1);
}

/** Makes the links that lead to the rows `[begin, end)`; marks are on the first of them, and on `origin`. */
function linkRows(begin: i32, end: i32, origin: i32): void {
  for (let row = begin; row < end; row++) {
    const byte: u32 = load<u8>(BLOCK + row);
    const counter = COUNTS + (byte << 2);
    const at = load<u32>(counter);
    store<u32>(counter, at + 1);
    const mark: u32 = row === begin || row === origin ? MARK : 0;
    store<u32>(LINKS + (at << 2), mark | ((<u32>row) << ROW_SHIFT) | byte);
  }
}

/** One step after the other: for short blocks, and for what the chains cannot do. */
function walk(length: i32): void {
  let offset = own;
  for (let at = BLOCK; at < BLOCK + length; at++) {
    const link = load<u32>(LINKS + offset);
    store<u8>(at, <u8>link);
    offset = (link & ~MARK) >>> OFFSET_SHIFT;
  }
}

/** False where a chain has far more than its share, or the block repeats itself, so that the links are more than one cycle. */
function walkChains(length: i32): bool {
  store<u32>(LINKS + parked, length << ROW_SHIFT);
  begun = 0;
  for (let chain = 0; chain < CHAINS; chain++) begin(CHAIN_STATES + (chain << 3), CHAIN_OUTPUT + chain * CHAIN_BYTES);
  let ended = 0;
  for (let step = 0; ended <= spaced; step++) {
    if (step === CHAIN_BYTES) return false;
    let out = CHAIN_OUTPUT + step;
    for (let chain = CHAIN_STATES; chain < CHAIN_STATES + 8 * CHAINS; chain += 8, out += CHAIN_BYTES) {
      const link = load<u32>(LINKS + load<u32>(chain));
      store<u8>(out, <u8>link);
      store<u32>(chain, link >>> OFFSET_SHIFT);
      if ((link & MARK) === 0) continue;
      endSegment(chain, out + 1);
      begin(chain, out + 1);
      ended++;
    }
  }
  return join(length);
}

/** A mark's number, by the offset of its row's link; the block's own row comes last, unless it has one of the others. */
function numberOf(offset: u32): i32 {
  return (offset & ((4 << MARK_SHIFT) - 1)) === 0 ? offset >>> (MARK_SHIFT + 2) : spaced;
}

/** Lets a chain walk from the next mark, its bytes at `out`; or stay on the row behind the last one, where there is none. */
function begin(chain: usize, out: usize): void {
  if (begun > spaced) {
    store<u32>(chain, parked);
    return;
  }
  const segment = SEGMENTS + <usize>begun * SEGMENT_SIZE;
  store<u32>(chain, begun === spaced ? own : begun << (MARK_SHIFT + 2));
  store<u32>(chain, segment, 4);
  store<u32>(segment, out);
  begun++;
}

/** The chain's segment reaches to `out`, where the chain has met a mark. */
function endSegment(chain: usize, out: usize): void {
  const segment = load<u32>(chain, 4);
  store<u32>(segment, out - load<u32>(segment), 4);
  store<u32>(segment, numberOf(load<u32>(chain) & ~OFFSET_MARK), 8);
}

/** Joins the segments, from the block's own row on. False if they are not the whole block. */
function join(length: i32): bool {
  const first = numberOf(own);
  let number = first;
  let at = BLOCK;
  do {
    const segment = SEGMENTS + <usize>number * SEGMENT_SIZE;
    const size: usize = load<u32>(segment, 4);
    memory.copy(at, load<u32>(segment), size);
    at += size;
    number = load<i32>(segment, 8);
  } while (number !== first);
  return at === BLOCK + length;
}
