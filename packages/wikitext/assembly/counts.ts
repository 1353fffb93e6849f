// Template names with how often each was rendered and dropped, since the caller last took them.
//
// Entry: hash (u32), rendered (u32), dropped (u32), length (u8) and name, at most MAX_COUNTED_NAME bytes of it.

import { COUNT_INDEX, COUNT_SLOTS, COUNTS, COUNTS_BYTES } from './layout';
import { step } from './steps';

const HEAD: usize = 16;
export const MAX_COUNTED_NAME: usize = 96;
const MAX_NAMES: u32 = 10_000;

export let countsEnd: usize = COUNTS;
let names: u32 = 0;
/** Of names beyond MAX_NAMES. */
export let otherRendered: u32 = 0;
export let otherDropped: u32 = 0;

export function clearCounts(): void {
  memory.fill(COUNT_INDEX, 0, usize(COUNT_SLOTS) * 4);
  countsEnd = COUNTS;
  names = 0;
  otherRendered = 0;
  otherDropped = 0;
}

export function count(from: usize, to: usize, isRendered: bool): void {
  const length = min(to - from, MAX_COUNTED_NAME);
  let hash: u32 = 0x811c9dc5;
  for (let i: usize = 0; i < length; i += 1) hash = (hash ^ load<u8>(from + i)) * 0x01000193;
  hash ^= hash >> 15;
  step(1);
  let slot = hash & (COUNT_SLOTS - 1);
  let entry: usize = 0;
  while (true) {
    entry = load<u32>(COUNT_INDEX + usize(slot) * 4);
    if (entry == 0 || isSame(entry, hash, from, length)) break;
    slot = (slot + 1) & (COUNT_SLOTS - 1);
  }
  if (entry == 0) {
    if (names == MAX_NAMES || countsEnd + HEAD + length + 16 > COUNTS + COUNTS_BYTES) {
      if (isRendered) otherRendered += 1;
      else otherDropped += 1;
      return;
    }
    entry = countsEnd;
    names += 1;
    store<u32>(COUNT_INDEX + usize(slot) * 4, u32(entry));
    store<u32>(entry, hash);
    store<u32>(entry, 0, 4);
    store<u32>(entry, 0, 8);
    store<u32>(entry, u32(length), 12);
    memory.copy(entry + HEAD, from, length);
    countsEnd = (entry + HEAD + length + 3) & ~3;
  }
  const field: usize = isRendered ? 4 : 8;
  store<u32>(entry + field, load<u32>(entry + field) + 1);
}

function isSame(entry: usize, hash: u32, from: usize, length: usize): bool {
  if (load<u32>(entry) != hash || usize(load<u32>(entry, 12)) != length) return false;
  for (let i: usize = 0; i < length; i += 1) if (load<u8>(entry + HEAD + i) != load<u8>(from + i)) return false;
  return true;
}
