// What is data: words of the markup, entities, namespaces, template rules, units. An entry is found by its domain and name.
//
// Entry: hash (u32), domain (u8), length of the name (u8), length of the value (u16), name, value.

import { DICTIONARY, DICTIONARY_BYTES, EXCHANGE, INDEX, INDEX_SLOTS } from './layout';
import { toLower } from './bytes';
import { step } from './steps';

export const TAG: u8 = 1;
export const EXTENSION: u8 = 2;
export const ENTITY: u8 = 3;
export const SWITCH: u8 = 4;
export const NAMESPACE: u8 = 5;
export const LANGUAGE: u8 = 6;
export const TEMPLATE: u8 = 7;
export const FUNCTION: u8 = 8;
export const UNIT: u8 = 9;
export const REDIRECT: u8 = 10;
export const PROTOCOL: u8 = 11;
export const WORD: u8 = 12;
export const REFERENCE_SECTION: u8 = 13;

const HEAD: usize = 8;
export const MAX_NAME_BYTES: usize = 255;
let next: usize = DICTIONARY;

/** Forgets all entries. */
export function clearDictionary(): void {
  memory.fill(INDEX, 0, usize(INDEX_SLOTS) * 4);
  next = DICTIONARY;
}

/** Adds the entry whose name and value the caller left in EXCHANGE; of two of one name the later one counts. False where it is full. */
export function addEntry(domain: u8, nameLength: usize, valueLength: usize): bool {
  const length = HEAD + nameLength + valueLength;
  if (next + length + 64 > DICTIONARY + DICTIONARY_BYTES) return false;
  const hash = hashOf(domain, EXCHANGE, EXCHANGE + nameLength);
  let slot = hash & (INDEX_SLOTS - 1);
  while (load<u32>(INDEX + usize(slot) * 4) != 0) {
    if (isNamed(load<u32>(INDEX + usize(slot) * 4), hash, domain, EXCHANGE, nameLength)) break;
    slot = (slot + 1) & (INDEX_SLOTS - 1);
  }
  store<u32>(INDEX + usize(slot) * 4, u32(next));
  store<u32>(next, hash);
  store<u8>(next, domain, 4);
  store<u8>(next, u8(nameLength), 5);
  store<u16>(next, u16(valueLength), 6);
  memory.copy(next + HEAD, EXCHANGE, nameLength + valueLength);
  next = (next + length + 3) & ~3;
  return true;
}

/** The address of an entry, or 0. */
export function lookUp(domain: u8, from: usize, to: usize): usize {
  const length = to - from;
  if (length > MAX_NAME_BYTES) return 0;
  step(1 + u32(length >> 3));
  const hash = hashOf(domain, from, to);
  let slot = hash & (INDEX_SLOTS - 1);
  while (true) {
    const entry: usize = load<u32>(INDEX + usize(slot) * 4);
    if (entry == 0) return 0;
    if (isNamed(entry, hash, domain, from, length)) return entry;
    slot = (slot + 1) & (INDEX_SLOTS - 1);
  }
}

export function valueOf(entry: usize): usize {
  return entry + HEAD + load<u8>(entry, 5);
}

export function valueEnd(entry: usize): usize {
  return valueOf(entry) + load<u16>(entry, 6);
}

function isNamed(entry: usize, hash: u32, domain: u8, from: usize, length: usize): bool {
  if (load<u32>(entry) != hash || load<u8>(entry, 4) != domain || usize(load<u8>(entry, 5)) != length) return false;
  for (let i: usize = 0; i < length; i += 1) if (load<u8>(entry + HEAD + i) != load<u8>(from + i)) return false;
  return true;
}

/** FNV-1a. */
export function hashOf(domain: u8, from: usize, to: usize): u32 {
  let hash: u32 = 0x811c9dc5 ^ domain;
  hash *= 0x01000193;
  for (let at = from; at < to; at += 1) hash = (hash ^ load<u8>(at)) * 0x01000193;
  return hash ^ (hash >> 15);
}

/** Copies with `_` as space. */
export function copySpaced(from: usize, to: usize, target: usize): usize {
  for (let at = from; at < to; at += 1) {
    const byte = load<u8>(at);
    store<u8>(target + (at - from), byte == 0x5f ? 0x20 : byte);
  }
  return target + (to - from);
}

/** Copies with ASCII in lower case and `_` as space. */
export function copyLower(from: usize, to: usize, target: usize): usize {
  for (let at = from; at < to; at += 1) {
    const byte = load<u8>(at);
    store<u8>(target + (at - from), byte == 0x5f ? 0x20 : toLower(byte));
  }
  step(u32(to - from) >> 3);
  return target + (to - from);
}
