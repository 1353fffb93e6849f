import { INPUT } from './layout';

/** The bit that is read next, and the end of the data, both from the window's beginning. */
export let position: i32 = 0;
export let limit: i32 = 0;

export function setPosition(bit: i32): void {
  position = bit;
}

export function setLimit(bit: i32): void {
  limit = bit;
}

/** The 64 bits at `address`, the first byte highest. */
export function bigEndian(address: usize): u64 {
  const word = v128.load_zero<u64>(address);
  return i64x2.extract_lane(i8x16.shuffle(word, word, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0), 0);
}

/** The next bits, 32 at least, at the top of a word. Those past the limit are any. */
export function peek(): u64 {
  return bigEndian(INPUT + (position >> 3)) << (position & 7);
}

/** The next `count` bits, 1 to 32. The caller compares `position` with `limit` before it relies on them, and after 100 bytes at most. */
export function read(count: i32): u32 {
  const bits = <u32>(peek() >>> (64 - count));
  position += count;
  return bits;
}
