// A cursor over INPUT that knows the exporters' way to write XML and nothing else. Whatever it does not know ends in
// `false`. INPUT is followed by PADDING of `<`, which nothing takes: so no scan needs to look for the end.

import { areCharacters } from './characters';
import { INPUT, PADDING, setField } from './layout';
import { literal, lengthOf, standsAt } from './literals';

const LESS: u8 = 0x3c;
const GREATER: u8 = 0x3e;
const SLASH: u8 = 0x2f;
const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const EQUALS: u8 = 0x3d;
const END_TAG: u16 = 0x2f3c; // </
const EMPTY_END: u16 = 0x3e2f; // />
const VALUE_START: u16 = 0x223d; // ="

const SPACED_END = literal(' />');

const LONGEST_NAME: usize = 15;
/** Of an attribute that is only looked at. */
const LONGEST_VALUE: usize = 1024;

let at: usize = 0;
let end: usize = 0;

/** The element or attribute read last: its name's first eight bytes, and the others. */
export let name: u64 = 0;
export let nameRest: u64 = 0;
let nameLength: usize = 0;

/** Where the attribute's value begins and ends. */
export let valueFrom: usize = 0;
export let valueTo: usize = 0;

/** Puts the cursor on the first of so many bytes; false where there is one that no value may hold. */
export function begin(length: usize): bool {
  at = INPUT;
  end = INPUT + length;
  memory.fill(end, LESS, PADDING);
  return areCharacters(INPUT, end);
}

export function position(): usize {
  return at;
}

export function isAtEnd(): bool {
  return at == end;
}

export function take(text: usize): bool {
  if (!standsAt(text, at)) return false;
  at += lengthOf(text);
  return true;
}

export function skipSpace(): void {
  let space: usize = 16;
  while (space == 16) {
    const block = v128.load(at);
    const isBreak = v128.or(i8x16.eq(block, i8x16.splat(0x0a)), i8x16.eq(block, i8x16.splat(0x09)));
    const others = i8x16.bitmask(v128.or(i8x16.eq(block, i8x16.splat(SPACE)), isBreak)) ^ 0xffff;
    space = ctz(others | 0x10000);
    at += space;
  }
}

/** Reads `<name`, and stands behind it; an end tag has no name here. */
export function openTag(): bool {
  if (load<u8>(at) != LESS) return false;
  const block = v128.load(at + 1);
  const ends = v128.or(
    i8x16.eq(block, i8x16.splat(GREATER)),
    v128.or(i8x16.eq(block, i8x16.splat(SPACE)), i8x16.eq(block, i8x16.splat(SLASH))),
  );
  return readName(at + 1, ctz(i8x16.bitmask(ends) | 0x10000));
}

/** Whether another ` name="value"` stands here. */
export function hasAttribute(): bool {
  return load<u8>(at) == SPACE && load<u8>(at, 1) != SLASH;
}

/** Reads ` name="value"` of plain ASCII. */
export function attribute(): bool {
  const block = v128.load(at + 1);
  if (!readName(at + 1, ctz(i8x16.bitmask(i8x16.eq(block, i8x16.splat(EQUALS))) | 0x10000))) return false;
  if (load<u16>(at) != VALUE_START) return false;
  at += 2;
  return plainValue();
}

/** Behind the opening quote: of ASCII that stands for itself in XML and in JSON. */
function plainValue(): bool {
  valueFrom = at;
  for (valueTo = at; ; valueTo += 1) {
    const byte = load<u8>(valueTo);
    if (byte == QUOTE) break;
    if (byte < 0x20 || byte >= 0x80 || byte == LESS || byte == 0x26 || byte == 0x5c) return false;
  }
  if (valueTo - valueFrom > LONGEST_VALUE) return false;
  at = valueTo + 1;
  return true;
}

/** Behind the opening quote: any text without what XML would make a space of. */
export function quotedValue(): bool {
  valueFrom = at;
  for (valueTo = at; ; valueTo += 1) {
    const byte = load<u8>(valueTo);
    if (byte == QUOTE) break;
    if (byte < 0x20 || byte == LESS) return false;
  }
  at = valueTo + 1;
  return true;
}

/** Passes `>` (1), or ` />` or `/>` (2); 0 where neither is there. */
export function tagEnd(): i32 {
  if (load<u8>(at) == GREATER) {
    at += 1;
    return 1;
  }
  return emptyEnd() ? 2 : 0;
}

function emptyEnd(): bool {
  if (load<u16>(at) == EMPTY_END) {
    at += 2;
    return true;
  }
  return take(SPACED_END);
}

/** Behind `<name` of an element of text alone and without attributes: keeps where its text is, and passes its end. */
export function leaf(field: usize): bool {
  const from = at;
  const kind = tagEnd();
  if (kind == 2) return setField(field, from, from);
  return kind == 1 && text(field) && endTag();
}

/** Behind a start tag: keeps where the text is, and stands at the next `<`. */
export function text(field: usize): bool {
  const from = at;
  let others: usize = 16;
  while (others == 16) {
    const less = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(LESS)));
    others = ctz(less | 0x10000);
    at += others;
  }
  return setField(field, from, at);
}

/** Passes the end tag of the element whose name was read last. */
function endTag(): bool {
  const after = at + 2 + nameLength;
  if (load<u16>(at) != END_TAG || load<u8>(after) != GREATER) return false;
  const first = at + 2;
  at = after + 1;
  if (low(load<u64>(first), nameLength) != name) return false;
  return nameLength <= 8 || low(load<u64>(first, 8), nameLength - 8) == nameRest;
}

function readName(from: usize, length: usize): bool {
  // One that ends with NUL would be the same as one without it.
  if (length == 0 || length > LONGEST_NAME || load<u8>(from + length - 1) == 0) return false;
  name = low(load<u64>(from), length);
  nameRest = length > 8 ? low(load<u64>(from, 8), length - 8) : 0;
  nameLength = length;
  at = from + length;
  return true;
}

/** The first so many of eight bytes, at least one; the others are 0. */
function low(bytes: u64, length: usize): u64 {
  return length >= 8 ? bytes : bytes & ((u64(1) << (8 * length)) - 1);
}
