// The arguments of the template calls that are being rendered, the innermost last: a stack of ARGUMENT_BYTES each.

import { EQUALS, isBlank, PIPE, skipBlanks, skipBlanksBack } from './bytes';
import { ARGUMENTS, ARGUMENTS_BYTES } from './layout';
import { step } from './steps';
import { endOf, kindOf, nextOf, startOf, HIDDEN_NODE } from './tree';

export const ARGUMENT_BYTES: usize = 24;
/** Of one call; what comes behind is not seen. */
const MAX_ARGUMENTS: u32 = 512;
const NAME_FROM: usize = 0; // u32: 0 where it has none
const NAME_TO: usize = 4;
const VALUE_FROM: usize = 8;
const VALUE_TO: usize = 12;
const NODE: usize = 16; // nodes of the value: from, to
const LAST: usize = 20;

export let argumentsFrom: usize = ARGUMENTS;
export let argumentsTo: usize = ARGUMENTS;

export function beginArguments(): void {
  argumentsFrom = ARGUMENTS;
  argumentsTo = ARGUMENTS;
}

/** Sets the frame back to a caller's. */
export function setArguments(from: usize, to: usize): void {
  argumentsFrom = from;
  argumentsTo = to;
}

/** Splits what stands behind a name and its `|`, as a new frame behind the one that is there. */
export function splitArguments(from: usize, to: usize, node: usize, last: usize): void {
  argumentsFrom = argumentsTo;
  let at = from;
  let n = node;
  let count: u32 = 0;
  while (count < MAX_ARGUMENTS && argumentsTo + ARGUMENT_BYTES <= ARGUMENTS + ARGUMENTS_BYTES) {
    const begin = at;
    const first = n;
    let equals: usize = 0;
    let isEnd = false;
    while (true) {
      while (n != last && startOf(n) < at) n = nextOf(n);
      const stop = n != last ? startOf(n) : to;
      const scanned = at;
      while (at < stop) {
        const byte = load<u8>(at);
        if (byte == PIPE) break;
        if (byte == EQUALS && equals == 0) equals = at;
        at += 1;
      }
      step(1 + (u32(at - scanned) >> 3));
      if (at < stop) break;
      if (n == last) {
        isEnd = true;
        break;
      }
      at = endOf(n);
      n = nextOf(n);
    }
    addArgument(begin, at, equals, first, n);
    count += 1;
    if (isEnd) break;
    at += 1;
  }
}

function addArgument(from: usize, to: usize, equals: usize, first: usize, last: usize): void {
  const record = argumentsTo;
  argumentsTo += ARGUMENT_BYTES;
  let value = from;
  store<u32>(record, 0, NAME_FROM);
  store<u32>(record, 0, NAME_TO);
  let node = first;
  if (equals != 0) {
    let name = skipBlanks(from, equals);
    // a comment before the name
    while (node != last && kindOf(node) == HIDDEN_NODE && startOf(node) == name) {
      name = skipBlanks(endOf(node), equals);
      node = nextOf(node);
      step(1);
    }
    store<u32>(record, u32(name), NAME_FROM);
    store<u32>(record, u32(skipBlanksBack(name, equals)), NAME_TO);
    value = equals + 1;
    while (node != last && startOf(node) < value) {
      node = nextOf(node);
      step(1);
    }
  }
  const begin = skipBlanks(value, to);
  store<u32>(record, u32(begin), VALUE_FROM);
  store<u32>(record, u32(skipBlanksBack(begin, to)), VALUE_TO);
  store<u32>(record, u32(node), NODE);
  store<u32>(record, u32(last), LAST);
}

export function isNamed(record: usize): bool {
  return load<u32>(record, NAME_FROM) != 0;
}

export function nameFrom(record: usize): usize {
  return load<u32>(record, NAME_FROM);
}

export function nameTo(record: usize): usize {
  return load<u32>(record, NAME_TO);
}

export function valueFrom(record: usize): usize {
  return load<u32>(record, VALUE_FROM);
}

export function valueTo(record: usize): usize {
  return load<u32>(record, VALUE_TO);
}

export function valueNode(record: usize): usize {
  return load<u32>(record, NODE);
}

export function valueLast(record: usize): usize {
  return load<u32>(record, LAST);
}

/** The last argument of a name, which for a positional one is its number; 0 where there is none. */
export function argumentNamed(from: usize, to: usize): usize {
  let position: u32 = 0;
  const number = numberOf(from, to);
  let found: usize = 0;
  for (let record = argumentsFrom; record < argumentsTo; record += ARGUMENT_BYTES) {
    if (isNamed(record)) {
      if (isSame(nameFrom(record), nameTo(record), from, to)) found = record;
    } else {
      position += 1;
      if (position == number) found = record;
    }
  }
  step(1 + u32((argumentsTo - argumentsFrom) >> 8));
  return found;
}

/** A positional argument, from 1; 0 where there is none. */
export function argumentAt(number: u32): usize {
  let position: u32 = 0;
  for (let record = argumentsFrom; record < argumentsTo; record += ARGUMENT_BYTES) {
    if (isNamed(record)) {
      if (numberOf(nameFrom(record), nameTo(record)) == number) return record;
    } else {
      position += 1;
      if (position == number) return record;
    }
  }
  return 0;
}

function isSame(from: usize, to: usize, other: usize, otherTo: usize): bool {
  if (to - from != otherTo - other) return false;
  for (let i: usize = 0; i < to - from; i += 1) if (load<u8>(from + i) != load<u8>(other + i)) return false;
  return true;
}

function numberOf(from: usize, to: usize): u32 {
  if (to - from > 3 || to == from) return 0;
  let number: u32 = 0;
  for (let at = from; at < to; at += 1) {
    const digit = u32(load<u8>(at)) - 0x30;
    if (digit > 9) return 0;
    number = number * 10 + digit;
  }
  return number;
}

export function isEmptyValue(record: usize): bool {
  return record == 0 || valueFrom(record) >= valueTo(record);
}

export function isBlankAt(at: usize): bool {
  return isBlank(load<u8>(at));
}
