// Functions of MediaWiki that stand in prose, as far as their value does not depend on anything but their arguments.

import * as a from './arguments';
import { isDigit } from './bytes';
import { output, SCRATCH } from './layout';
import * as o from './output';
import { lowerText, upperText } from './letters';
import { recordsEnd, returnToRecord } from './records';
import { step } from './steps';
import { putArgument } from './templates';

const LC: u8 = 1;
const UC: u8 = 2;
const LCFIRST: u8 = 3;
const UCFIRST: u8 = 4;
const FORMATNUM: u8 = 5;
const IF: u8 = 6;
const IFEQ: u8 = 7;
const SWITCH: u8 = 8;
/** As IF with a condition that holds: the page is taken to exist. */
const IFEXIST: u8 = 9;
const IFERROR: u8 = 10;
/** Its first argument. */
const FIRST: u8 = 11;
/** Its second argument. */
const SECOND: u8 = 12;
const COMMA: u8 = 0x2c;

/** Of the frame of arguments that is there. False where the function is not known. */
export function callParserFunction(which: u8): bool {
  if (which <= UCFIRST) {
    const begin = begun();
    if (!putArgument(a.argumentAt(1))) return true;
    if (which == LC) lowerText(begin, o.out, false);
    else if (which == UC) upperText(begin, o.out, false);
    else if (which == LCFIRST) lowerText(begin, o.out, true);
    else upperText(begin, o.out, true);
    return true;
  }
  if (which == FORMATNUM) {
    const begin = begun();
    if (putArgument(first())) groupDigits(begin);
    return true;
  }
  if (which == IF) {
    const holds = isVisible(first());
    putArgument(a.argumentAt(holds ? 2 : 3));
    return true;
  }
  if (which == IFEXIST) {
    putArgument(a.argumentAt(2));
    return true;
  }
  if (which == IFERROR) {
    putArgument(first());
    return true;
  }
  if (which == IFEQ) {
    putArgument(a.argumentAt(isEqual() ? 3 : 4));
    return true;
  }
  if (which == SWITCH) {
    putCase();
    return true;
  }
  if (which == FIRST) {
    putArgument(first());
    return true;
  }
  if (which == SECOND) {
    putArgument(a.argumentAt(2));
    return true;
  }
  return false;
}

/** The first argument even where it holds an equals sign: its value alone then. */
function first(): usize {
  return a.argumentsFrom < a.argumentsTo ? a.argumentsFrom : 0;
}

/** Where visible text will begin. */
function begun(): usize {
  o.flush();
  return o.out;
}

/** Whether an argument shows something: rendered, and taken back. */
function isVisible(record: usize): bool {
  if (a.isEmptyValue(record)) return false;
  const mark = o.markOf();
  const records = recordsEnd;
  const holds = putArgument(record);
  o.returnTo(mark);
  returnToRecord(records);
  return holds;
}

/** Renders the first two arguments, compares them and takes them back. */
function isEqual(): bool {
  const mark = o.markOf();
  const records = recordsEnd;
  o.flush();
  const begin = o.out;
  putArgument(a.argumentAt(1));
  const middle = o.out;
  putArgument(a.argumentAt(2));
  const end = o.out;
  let isSame = middle - begin == end - middle;
  for (let i: usize = 0; isSame && i < middle - begin; i += 1) isSame = load<u8>(begin + i) == load<u8>(middle + i);
  step(u32(end - begin) >> 3);
  o.returnTo(mark);
  returnToRecord(records);
  return isSame;
}

/** `{{#switch:value|case=text|a|b=text|#default=text}}`; cases are compared as they are written. */
function putCase(): void {
  const mark = o.markOf();
  const records = recordsEnd;
  o.flush();
  const begin = o.out;
  putArgument(first());
  const length = o.out - begin;
  if (length > 200) {
    o.returnTo(mark);
    returnToRecord(records);
    return;
  }
  memory.copy(SCRATCH + 0x4000, begin, length);
  o.returnTo(mark);
  returnToRecord(records);
  let falls = false;
  let found: usize = 0;
  let fallback: usize = 0;
  for (
    let record = a.argumentsFrom + a.ARGUMENT_BYTES;
    record < a.argumentsTo && found == 0;
    record += a.ARGUMENT_BYTES
  ) {
    step(1);
    if (!a.isNamed(record)) {
      if (isValue(a.valueFrom(record), a.valueTo(record), length)) falls = true;
      if (record + a.ARGUMENT_BYTES == a.argumentsTo) fallback = record;
    } else if (falls || isValue(a.nameFrom(record), a.nameTo(record), length)) found = record;
    else if (a.nameTo(record) - a.nameFrom(record) == 8 && load<u64>(a.nameFrom(record)) == 0x746c756166656423)
      fallback = record;
  }
  putArgument(found != 0 ? found : fallback);
}

function isValue(from: usize, to: usize, length: usize): bool {
  if (to - from != length) return false;
  for (let i: usize = 0; i < length; i += 1) if (load<u8>(from + i) != load<u8>(SCRATCH + 0x4000 + i)) return false;
  return true;
}

/** Sets commas into the first run of digits of what was written from `begin` on. */
export function groupDigits(begin: usize): void {
  let from = begin;
  while (from < o.out && !isDigit(load<u8>(from))) from += 1;
  let to = from;
  while (to < o.out && isDigit(load<u8>(to))) to += 1;
  step(u32(o.out - begin) >> 3);
  const digits = to - from;
  if (digits < 4 || o.out <= output) return;
  const commas = (digits - 1) / 3;
  memory.copy(to + commas, to, o.out - to);
  o.setOut(o.out + commas);
  let target = to + commas;
  let count = 0;
  for (let at = to; at > from;) {
    at -= 1;
    if (count == 3) {
      target -= 1;
      store<u8>(target, COMMA);
      count = 0;
    }
    target -= 1;
    store<u8>(target, load<u8>(at));
    count += 1;
  }
}
