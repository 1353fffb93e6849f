// A snappy block: https://github.com/google/snappy/blob/main/format_description.txt
// Matches of four bytes or more are found by the latest position of each hash; where none is found for long, more bytes are
// passed at a time. Matches go back 65,535 bytes at most: in a page that holds the versions of a text each finds the one before.

import { INPUT, OUTPUT, TABLE } from './layout';

const TABLE_BITS: u32 = 15;
/** Positions in the block. */
const ENTRY_BYTES: usize = 4;
const MAX_OFFSET: u32 = 0xffff;
/** Behind the last byte that a match is looked for at: loads of eight bytes stay in the piece. */
const MARGIN: usize = 15;
/** Literals of more bytes have their length behind the tag. */
const MAX_SHORT_LITERAL: usize = 60;

/** The position in the block of INPUT's first byte. */
let inputAt: u32 = 0;
/** What the bytes at the position that was looked at last are equal to, if to anything. */
let candidate: usize = 0;

/**
 * Compresses a piece of a block: in INPUT, what stands behind the first `from` bytes, which stand before it in the block.
 * `position`: where in the block INPUT begins. Returns the length of its elements in OUTPUT.
 */
export function compressBlockPiece(from: usize, length: usize, position: u32): usize {
  if (from == 0) memory.fill(TABLE, 0, ENTRY_BYTES << TABLE_BITS);
  inputAt = position;
  const begin = INPUT + from;
  const end = INPUT + length;
  if (length - from < MARGIN) return literal(begin, end, OUTPUT) - OUTPUT;
  const limit = end - MARGIN;
  let out = OUTPUT;
  let emitted = begin;
  let at = nextMatch(max(begin, INPUT + 1), limit);
  while (at <= limit) {
    // what stands before both is equal too, where bytes were passed
    while (at > emitted && candidate > INPUT && load<u8>(at - 1) == load<u8>(candidate - 1)) {
      at -= 1;
      candidate -= 1;
    }
    out = literal(emitted, at, out);
    do {
      const matched: usize = 4 + equalBytes(candidate + 4, at + 4, end);
      out = copy(at - candidate, matched, out);
      at += matched;
      emitted = at;
      if (at > limit) break;
      // of a match's positions the last three are kept: all of them would be 1 % smaller, and a quarter slower
      for (let i = at - 3; i < at; i += 1) store<u32>(slotOf(i), u32(i - INPUT) + inputAt);
    } while (isMatch(at));
    at = nextMatch(at + 1, limit);
  }
  return literal(emitted, end, out) - OUTPUT;
}

/** The next position whose four bytes stood before, at `candidate`; beyond `limit` where there is none. */
function nextMatch(from: usize, limit: usize): usize {
  let at = from;
  for (let skip: usize = 64; at <= limit; skip += 1) {
    if (isMatch(at)) return at;
    at += skip >> 6;
  }
  return at;
}

function slotOf(at: usize): usize {
  return TABLE + usize((load<u32>(at) * 0x1e35a7bd) >> (32 - TABLE_BITS)) * ENTRY_BYTES;
}

/** Whether the four bytes stood before, at `candidate`, as their hash has it; keeps the position. At first that is the block's beginning. */
function isMatch(at: usize): bool {
  const slot = slotOf(at);
  const position = u32(at - INPUT) + inputAt;
  const offset = position - load<u32>(slot);
  store<u32>(slot, position);
  if (offset > MAX_OFFSET) return false;
  candidate = at - offset;
  return load<u32>(candidate) == load<u32>(at);
}

/** How many bytes are equal from `one` and from `two` on, up to `end`. */
function equalBytes(one: usize, two: usize, end: usize): usize {
  let at = two;
  for (; at + 8 <= end; at += 8) {
    const differing = load<u64>(one + (at - two)) ^ load<u64>(at);
    if (differing != 0) return at - two + (usize(ctz(differing)) >> 3);
  }
  while (at < end && load<u8>(one + (at - two)) == load<u8>(at)) at += 1;
  return at - two;
}

function literal(from: usize, to: usize, target: usize): usize {
  const length = to - from;
  if (length == 0) return target;
  let out = target;
  const shown = u32(length - 1);
  if (length <= MAX_SHORT_LITERAL) {
    store<u8>(out, u8(shown << 2));
    out += 1;
  } else if (shown < 0x100) {
    store<u16>(out, u16((60 << 2) | (shown << 8)));
    out += 2;
  } else if (shown < 0x10000) {
    store<u8>(out, 61 << 2);
    store<u16>(out, u16(shown), 1);
    out += 3;
  } else {
    store<u32>(out, (62 << 2) | (shown << 8));
    out += 4;
  }
  if (length > 64) memory.copy(out, from, length);
  else for (let i: usize = 0; i < length; i += 16) v128.store(out + i, v128.load(from + i));
  return out + length;
}

/** A copy of `length` bytes, four at least, from `offset` bytes before: of 64 bytes at most an element. */
function copy(offset: usize, length: usize, target: usize): usize {
  let out = target;
  let left = length;
  while (left >= 68) {
    out = longCopy(offset, 64, out);
    left -= 64;
  }
  if (left > 64) {
    out = longCopy(offset, 60, out);
    left -= 60;
  }
  if (left >= 12 || offset >= 2048) return longCopy(offset, left, out);
  store<u8>(out, u8(1 | ((left - 4) << 2) | ((offset >> 8) << 5)));
  store<u8>(out, u8(offset), 1);
  return out + 2;
}

function longCopy(offset: usize, length: usize, out: usize): usize {
  store<u8>(out, u8(2 | ((length - 1) << 2)));
  store<u16>(out, u16(offset), 1);
  return out + 3;
}
