// Template names with how often each was rendered and dropped: of the text that is read, and of all texts since the caller last
// took the sums. Both are tables of the same form.
//
// Entry: hash (u32), rendered (u32), dropped (u32), length of the name (u32), slot in the index (u32), name: at most
// MAX_COUNTED_NAME bytes of it, with its first letter as a capital and spaces for underscores.

import { COUNT_INDEX, COUNT_SLOTS, COUNTS, COUNTS_BYTES, SCRATCH, TOTAL_INDEX, TOTALS } from './layout';
import { upperText } from './letters';
import { step } from './steps';

const RENDERED: usize = 4;
const DROPPED: usize = 8;
const LENGTH: usize = 12;
const SLOT: usize = 16;
const HEAD: usize = 20;
export const MAX_COUNTED_NAME: usize = 96;
/** Names of each table; of those beyond only the sums are kept. */
const MAX_NAMES: u32 = 10_000;
const NAME: usize = SCRATCH + 0x8000;

/** Of the text. */
export let countsEnd: usize = COUNTS;
let names: u32 = 0;
let otherRendered: u32 = 0;
let otherDropped: u32 = 0;
/** Of all texts. */
export let totalsEnd: usize = TOTALS;
let totalNames: u32 = 0;
export let totalOtherRendered: u32 = 0;
export let totalOtherDropped: u32 = 0;
let isCounting: bool = true;

export function setCounting(value: bool): void {
  isCounting = value;
}

export function clearTotals(): void {
  clear(TOTALS, totalsEnd, TOTAL_INDEX);
  totalsEnd = TOTALS;
  totalNames = 0;
  totalOtherRendered = 0;
  totalOtherDropped = 0;
}

/** Only the slots that were used. */
function clear(from: usize, to: usize, index: usize): void {
  for (let entry = from; entry < to; entry = nextEntry(entry)) store<u32>(index + usize(load<u32>(entry, SLOT)) * 4, 0);
}

function nextEntry(entry: usize): usize {
  return (entry + HEAD + usize(load<u32>(entry, LENGTH)) + 3) & ~3;
}

/** Forgets the names of the last text. */
export function beginCounts(): void {
  clear(COUNTS, countsEnd, COUNT_INDEX);
  countsEnd = COUNTS;
  names = 0;
  otherRendered = 0;
  otherDropped = 0;
}

/** Adds the names of the text to the sums. */
export function sumCounts(): void {
  for (let entry = COUNTS; entry < countsEnd; entry = nextEntry(entry)) {
    const rendered = load<u32>(entry, RENDERED);
    const dropped = load<u32>(entry, DROPPED);
    const total = find(TOTAL_INDEX, entry + HEAD, load<u32>(entry, LENGTH), load<u32>(entry));
    if (total == 0) {
      totalOtherRendered += rendered;
      totalOtherDropped += dropped;
    } else {
      store<u32>(total, load<u32>(total, RENDERED) + rendered, RENDERED);
      store<u32>(total, load<u32>(total, DROPPED) + dropped, DROPPED);
    }
  }
  totalOtherRendered += otherRendered;
  totalOtherDropped += otherDropped;
}

/** A call of a template. */
export function count(from: usize, to: usize, isRendered: bool): void {
  if (!isCounting) return;
  let length = min(to - from, MAX_COUNTED_NAME);
  // not within a character
  while (length > 0 && from + length < to && (load<u8>(from + length) & 0xc0) == 0x80) length -= 1;
  for (let i: usize = 0; i < length; i += 1) {
    const byte = load<u8>(from + i);
    store<u8>(NAME + i, byte == 0x5f ? 0x20 : byte);
  }
  if (length > 0) upperText(NAME, NAME + length, true);
  step(1 + u32(length >> 3));
  let hash: u32 = 0x811c9dc5;
  for (let i: usize = 0; i < length; i += 1) hash = (hash ^ load<u8>(NAME + i)) * 0x01000193;
  hash ^= hash >> 15;
  const entry = find(COUNT_INDEX, NAME, u32(length), hash);
  if (entry == 0) {
    if (isRendered) otherRendered += 1;
    else otherDropped += 1;
    return;
  }
  const field = isRendered ? RENDERED : DROPPED;
  store<u32>(entry + field, load<u32>(entry + field) + 1);
}

/** The entry of a name in one of the tables, added where it is missing; 0 where the table is full. */
function find(index: usize, name: usize, length: u32, hash: u32): usize {
  const isText = index == COUNT_INDEX;
  let slot = hash & (COUNT_SLOTS - 1);
  let entry: usize = 0;
  while (true) {
    entry = load<u32>(index + usize(slot) * 4);
    if (entry == 0 || isSame(entry, hash, name, length)) break;
    slot = (slot + 1) & (COUNT_SLOTS - 1);
  }
  if (entry != 0) return entry;
  entry = isText ? countsEnd : totalsEnd;
  const limit = (isText ? COUNTS : TOTALS) + COUNTS_BYTES;
  if ((isText ? names : totalNames) == MAX_NAMES || entry + HEAD + length + 16 > limit) return 0;
  store<u32>(index + usize(slot) * 4, u32(entry));
  store<u32>(entry, hash);
  store<u32>(entry, 0, RENDERED);
  store<u32>(entry, 0, DROPPED);
  store<u32>(entry, length, LENGTH);
  store<u32>(entry, slot, SLOT);
  memory.copy(entry + HEAD, name, length);
  if (isText) {
    countsEnd = nextEntry(entry);
    names += 1;
  } else {
    totalsEnd = nextEntry(entry);
    totalNames += 1;
  }
  return entry;
}

function isSame(entry: usize, hash: u32, name: usize, length: u32): bool {
  if (load<u32>(entry) != hash || load<u32>(entry, LENGTH) != length) return false;
  for (let i: usize = 0; i < length; i += 1) if (load<u8>(entry + HEAD + i) != load<u8>(name + i)) return false;
  return true;
}
