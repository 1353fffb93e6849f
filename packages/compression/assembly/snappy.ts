// A fragment of a snappy block: https://github.com/google/snappy/blob/main/format_description.txt
// Matches of four bytes or more are found by one position for each hash; where none is found for long, more bytes are
// passed at a time.

import { INPUT, OUTPUT, TABLE } from './layout';

const TABLE_BITS: u32 = 15;
/** Positions in a fragment have 16 bits. */
const ENTRY_BYTES: usize = 2;
/** Behind the last byte that a match is looked for at: loads of eight bytes stay in the fragment. */
const MARGIN: usize = 15;
/** Literals of more bytes have their length behind the tag. */
const MAX_SHORT_LITERAL: usize = 60;

/** The fragment in INPUT, of 65,536 bytes at most. Returns the length of its elements in OUTPUT. */
export function compressFragment(length: usize): usize {
  const end = INPUT + length;
  if (length < MARGIN) return literal(INPUT, end, OUTPUT) - OUTPUT;
  memory.fill(TABLE, 0, ENTRY_BYTES << TABLE_BITS);
  const limit = end - MARGIN;
  let out = OUTPUT;
  let emitted = INPUT;
  let at = nextMatch(INPUT + 1, limit);
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
      for (let i = at - 3; i < at; i += 1) store<u16>(slotOf(i), u16(i - INPUT));
      candidate = exchange(at);
    } while (load<u32>(candidate) == load<u32>(at));
    at = nextMatch(at + 1, limit);
  }
  return literal(emitted, end, out) - OUTPUT;
}

/** What the bytes at the position that was looked at last are equal to, if to anything. */
let candidate: usize = 0;

/** The next position whose four bytes stood before, at `candidate`; beyond `limit` where there is none. */
function nextMatch(from: usize, limit: usize): usize {
  let at = from;
  for (let skip: usize = 64; at <= limit; skip += 1) {
    candidate = exchange(at);
    if (load<u32>(candidate) == load<u32>(at)) return at;
    at += skip >> 6;
  }
  return at;
}

function slotOf(at: usize): usize {
  return TABLE + usize((load<u32>(at) * 0x1e35a7bd) >> (32 - TABLE_BITS)) * ENTRY_BYTES;
}

/** Puts a position where its hash has it. Returns the one that was there; at first the fragment's beginning. */
function exchange(at: usize): usize {
  const slot = slotOf(at);
  const before = INPUT + load<u16>(slot);
  store<u16>(slot, u16(at - INPUT));
  return before;
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
  } else {
    store<u8>(out, 61 << 2);
    store<u16>(out, u16(shown), 1);
    out += 3;
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
