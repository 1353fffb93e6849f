// `{{convert|5|km|mi}}`: "5 kilometres (3.1 mi)". Rounds as Module:Convert of the English Wikipedia does by default: the result
// has about the precision of what was given, and at least two significant figures.

import * as a from './arguments';
import { HYPHEN, SPACE } from './bytes';
import { lookUp, UNIT, valueOf } from './dictionary';
import {
  denominator,
  isNumber,
  powerOfTen,
  precision,
  putAsWritten,
  putMinus,
  putRounded,
  readNumber,
} from './numbers';
import * as o from './output';

// A unit's entry: scale (f64), offset (f64), kind (u8), then texts, each after its length (u8).
const SCALE: usize = 0;
const OFFSET: usize = 8;
const KIND: usize = 16;
const TEXTS: usize = 17;
const SYMBOL = 0;
const SINGULAR = 1;
const PLURAL = 2;
const AMERICAN = 3;
const AMERICAN_PLURAL = 4;
const DEFAULT_OUTPUT = 5;
/** Of a composite unit: codes of the larger and the smaller unit. */
const LARGER = 6;
const SMALLER = 7;
/** Of an inch, in metres. */
const INCH: f64 = 0.0254;
const TEMPERATURE: u8 = 1;
const COMPOSITE: u8 = 2;
/** An amount of money for something: the sign of the currency stands first. */
const PRICE: u8 = 3;
/** Of metres: a length below 3 m is shown in feet and inches. */
const MAX_METRES_IN_FEET_AND_INCHES: f64 = 3;
const FEET_AND_INCHES = memory.data<u8>([0x66, 0x74, 0x69, 0x6e]);

const MAX_VALUES: u32 = 4;
/** Values of a range: value (f64), precision (i32), from, to (u32); range word before it: from, to (u32). */
const VALUE_BYTES: usize = 32;
const values = memory.data(128);
let valueCount: u32 = 0;
const PARENTHESIS = memory.data<u8>([0x20, 0x28]);
const OR = memory.data<u8>([0x20, 0x6f, 0x72, 0x20]); // " or "
const AND = memory.data<u8>([0x20, 0x61, 0x6e, 0x64, 0x20]); // " and "
const TO = memory.data<u8>([0x20, 0x74, 0x6f, 0x20]); // " to "
const BY = memory.data<u8>([0x20, 0x62, 0x79, 0x20]); // " by "
const TIMES = memory.data<u8>([0x20, 0xc3, 0x97, 0x20]); // " × "
const DASH = memory.data<u8>([0xe2, 0x80, 0x93]); // –
const PLUS_MINUS = memory.data<u8>([0x20, 0xc2, 0xb1, 0x20]); // " ± "
const COLON_OUT = memory.data<u8>([0x3b, 0x20]);

// Options of the call that is being written.
let isAbbreviated: bool = false;
let isOutputFull: bool = false;
let isAdjective: bool = false;
let isAmerican: bool = false;
let hasCommas: bool = true;
let givenPrecision: i32 = -999;
let givenFigures: i32 = 0;
let roundTo: f64 = 0;

function text(unit: usize, index: i32): usize {
  let at = unit + TEXTS;
  for (let i = 0; i < index; i += 1) at += 1 + usize(load<u8>(at));
  return at;
}

function putUnitText(unit: usize, index: i32): void {
  const at = text(unit, index);
  o.putText(at + 1, at + 1 + usize(load<u8>(at)));
}

function hasText(unit: usize, index: i32): bool {
  return load<u8>(text(unit, index)) != 0;
}

function unitNamed(from: usize, to: usize): usize {
  const entry = lookUp(UNIT, from, to);
  return entry == 0 ? 0 : valueOf(entry);
}

function unitOf(unit: usize, index: i32): usize {
  const at = text(unit, index);
  return unitNamed(at + 1, at + 1 + usize(load<u8>(at)));
}

/** Whether a named argument is one of a word's beginnings. */
function option(name: usize, length: usize): usize {
  return a.argumentNamed(name, name + length);
}

const ABBR = memory.data<u8>([0x61, 0x62, 0x62, 0x72]);
const ADJ = memory.data<u8>([0x61, 0x64, 0x6a]);
const DISP = memory.data<u8>([0x64, 0x69, 0x73, 0x70]);
const SP = memory.data<u8>([0x73, 0x70]);
const ORDER = memory.data<u8>([0x6f, 0x72, 0x64, 0x65, 0x72]);
const SIGFIG = memory.data<u8>([0x73, 0x69, 0x67, 0x66, 0x69, 0x67]);
const COMMA_OPTION = memory.data<u8>([0x63, 0x6f, 0x6d, 0x6d, 0x61]);
const ROUND = memory.data<u8>([0x72, 0x6f, 0x75, 0x6e, 0x64]);

/** The first four bytes of an option's value; 0 where there is none. */
function word(name: usize, length: usize): u32 {
  const record = option(name, length);
  if (a.isEmptyValue(record)) return 0;
  const size = a.valueTo(record) - a.valueFrom(record);
  const bytes = load<u32>(a.valueFrom(record));
  return size >= 4 ? bytes : bytes & ((1 << u32(8 * size)) - 1);
}

/** `isShort`: as {{cvt}}, with symbols. False where a unit or a number is not known. */
export function putConversion(isShort: bool): bool {
  valueCount = 0;
  let position: u32 = 1;
  let unit: usize = 0;
  let wordFrom: usize = 0;
  let wordTo: usize = 0;
  // values and range words, up to a unit
  while (true) {
    const record = a.argumentAt(position);
    position += 1;
    if (a.isEmptyValue(record)) return false;
    const from = a.valueFrom(record);
    const to = a.valueTo(record);
    if (valueCount == MAX_VALUES) return false;
    if (!addValue(from, to, wordFrom, wordTo)) return false;
    const next = a.argumentAt(position);
    position += 1;
    if (a.isEmptyValue(next)) return false;
    unit = unitNamed(a.valueFrom(next), a.valueTo(next));
    if (unit != 0) break;
    wordFrom = a.valueFrom(next);
    wordTo = a.valueTo(next);
    if (wordTo - wordFrom > 8) return false;
  }
  // `6|ft|2|in`
  let second: usize = 0;
  let secondFrom: usize = 0;
  let secondTo: usize = 0;
  let secondValue: f64 = 0;
  const following = a.argumentAt(position);
  if (valueCount == 1 && !a.isEmptyValue(following)) {
    const value = readNumber(a.valueFrom(following), a.valueTo(following));
    const after = a.argumentAt(position + 1);
    if (isNumber && !a.isEmptyValue(after)) {
      second = unitNamed(a.valueFrom(after), a.valueTo(after));
      if (second != 0) {
        secondFrom = a.valueFrom(following);
        secondTo = a.valueTo(following);
        secondValue = value;
        position += 2;
      }
    }
  }
  let outFrom: usize = 0;
  let outTo: usize = 0;
  const target = a.argumentAt(position);
  givenPrecision = -999;
  if (target != 0) {
    const number = readNumber(a.valueFrom(target), a.valueTo(target));
    if (isNumber) givenPrecision = i32(number);
    else if (!a.isEmptyValue(target)) {
      outFrom = a.valueFrom(target);
      outTo = a.valueTo(target);
    }
    const last = a.argumentAt(position + 1);
    if (!isNumber && last != 0) {
      const digits = readNumber(a.valueFrom(last), a.valueTo(last));
      if (isNumber) givenPrecision = i32(digits);
    }
  }
  if (outFrom == outTo) {
    const output = text(unit, DEFAULT_OUTPUT);
    outFrom = output + 1;
    outTo = outFrom + usize(load<u8>(output));
    const symbol = text(unit, SYMBOL);
    if (load<u16>(symbol) == 0x6d01 && Math.abs(load<f64>(values)) < MAX_METRES_IN_FEET_AND_INCHES) {
      outFrom = FEET_AND_INCHES;
      outTo = FEET_AND_INCHES + 4;
    }
  }
  readOptions(isShort);
  const disp = word(DISP, 4);
  const isFlipped = word(ORDER, 5) == 0x70696c66 || disp == 0x70696c66;
  const isOutputOnly = disp == 0x7074756f || disp == 0x74756f || disp == 0x626d756e || disp == 0x6e756f; // outp, out, numb
  if (isOutputOnly) {
    const isBare = disp == 0x626d756e || (disp == 0x7074756f && isNumberOnly());
    return putOutputs(unit, second, secondValue, outFrom, outTo, isBare, false);
  }
  if (outFrom == outTo) {
    putInput(unit, second, secondFrom, secondTo, isAbbreviated, isAdjective);
    return true;
  }
  const begin = o.markOf();
  if (isFlipped) {
    if (!putOutputs(unit, second, secondValue, outFrom, outTo, false, !isAbbreviated)) {
      o.returnTo(begin);
      return false;
    }
  } else putInput(unit, second, secondFrom, secondTo, isAbbreviated, isAdjective);
  const hasOr = disp == 0x726f;
  if (hasOr) o.putText(OR, OR + 4);
  else if (disp == 0x6d6d6f63) o.putText(COLON_OUT, COLON_OUT + 2);
  else o.putText(PARENTHESIS, PARENTHESIS + 2);
  isAdjective = false;
  if (isFlipped) putInput(unit, second, secondFrom, secondTo, !isOutputFull, false);
  else if (!putOutputs(unit, second, secondValue, outFrom, outTo, false, isOutputFull)) {
    o.returnTo(begin);
    return false;
  }
  if (!hasOr && disp != 0x6d6d6f63) o.putByte(0x29);
  return true;
}

function isNumberOnly(): bool {
  const record = option(DISP, 4);
  // `output number only`
  return a.valueTo(record) - a.valueFrom(record) > 11;
}

function readOptions(isShort: bool): void {
  const abbr = word(ABBR, 4);
  isAbbreviated = isShort || abbr == 0x6e6f || abbr == 0x6e69; // on, in
  isOutputFull = abbr == 0x66666f || abbr == 0x6e69; // off, in
  if (abbr == 0x66666f || abbr == 0x74756f) isAbbreviated = false; // off, out
  const adj = word(ADJ, 3);
  isAdjective = adj == 0x6e6f || adj == 0x64696d; // on, mid
  isAmerican = word(SP, 2) == 0x7375;
  hasCommas = word(COMMA_OPTION, 5) != 0x66666f;
  const figures = option(SIGFIG, 6);
  givenFigures = figures == 0 ? 0 : i32(readNumber(a.valueFrom(figures), a.valueTo(figures)));
  const round = word(ROUND, 5);
  roundTo = 0;
  if (round != 0) {
    const record = option(ROUND, 5);
    const nearest = readNumber(a.valueFrom(record), a.valueTo(record));
    if (isNumber && nearest > 0) roundTo = nearest;
  }
}

function addValue(from: usize, to: usize, wordFrom: usize, wordTo: usize): bool {
  const value = readNumber(from, to);
  if (!isNumber) return false;
  const entry = values + usize(valueCount) * VALUE_BYTES;
  store<f64>(entry, value);
  store<i32>(entry, denominator != 0 ? i32(Math.max(Math.floor(Math.log10(denominator) + 0.5), 0)) : precision, 8);
  store<u32>(entry, u32(from), 12);
  store<u32>(entry, u32(to), 16);
  store<u32>(entry, u32(wordFrom), 20);
  store<u32>(entry, u32(wordTo), 24);
  valueCount += 1;
  return true;
}

function putRangeWord(from: usize, to: usize, isShort: bool): void {
  const length = to - from;
  const first = load<u8>(from);
  if (length == 1 && (first == HYPHEN || first == 0x2d)) o.putText(DASH, DASH + 3);
  else if (length == 3 && first == 0xe2) o.putText(DASH, DASH + 3);
  else if (length == 1 && first == 0x78) {
    if (isShort) o.putText(TIMES, TIMES + 4);
    else o.putText(BY, BY + 4);
  } else if (length == 2 && first == 0x62) o.putText(BY, BY + 4);
  else if (length == 2 && first == 0x74) o.putText(TO, TO + 4);
  else if (length == 2 && first == 0x6f) o.putText(OR, OR + 4);
  else if (length == 2 && first == 0xc3) o.putText(TIMES, TIMES + 4);
  else if (length == 3 && first == 0x61) o.putText(AND, AND + 5);
  else if (first == 0x2b || first == 0xc2) o.putText(PLUS_MINUS, PLUS_MINUS + 4);
  else if (first == 0x74) {
    if (isShort) o.putText(DASH, DASH + 3);
    else o.putText(TO, TO + 4);
  } else {
    o.putByte(SPACE);
    o.putText(from, to);
    o.putByte(SPACE);
  }
}

function putInput(
  unit: usize,
  second: usize,
  secondFrom: usize,
  secondTo: usize,
  isShort: bool,
  isHyphenated: bool,
): void {
  let value: f64 = 0;
  for (let i: u32 = 0; i < valueCount; i += 1) {
    const entry = values + usize(i) * VALUE_BYTES;
    if (i > 0) putRangeWord(load<u32>(entry, 20), load<u32>(entry, 24), isShort);
    putCurrency(unit);
    putAsWritten(load<u32>(entry, 12), load<u32>(entry, 16), hasCommas);
    value = load<f64>(entry);
  }
  putUnit(unit, valueCount > 1 ? 2 : value, isShort, isHyphenated);
  if (second == 0) return;
  o.putByte(isHyphenated && !isShort ? HYPHEN : SPACE);
  putAsWritten(secondFrom, secondTo, hasCommas);
  putUnit(second, readNumber(secondFrom, secondTo), isShort, isHyphenated);
}

function putCurrency(unit: usize): void {
  if (load<u8>(unit, KIND) == PRICE) o.putByte(0x24);
}

function putUnit(unit: usize, value: f64, isShort: bool, isHyphenated: bool): void {
  // degrees are written out only on demand
  const isSymbol =
    isShort || (load<u8>(unit, KIND) == TEMPERATURE && !isOutputFull && load<u8>(text(unit, SYMBOL)) > 1);
  if (isSymbol || !hasText(unit, SINGULAR)) {
    const at = text(unit, SYMBOL);
    // `°` of an angle and `%` stand without a space
    const first = load<u8>(at + 1);
    if (first != 0x25 && first != 0x2f && !(first == 0xc2 && load<u8>(at) == 2)) o.putByte(SPACE);
    putUnitText(unit, SYMBOL);
    return;
  }
  o.putByte(isHyphenated ? HYPHEN : SPACE);
  const isOne = isHyphenated || Math.abs(value) == 1 || (Math.abs(value) < 1 && denominator != 0);
  const american = isOne ? AMERICAN : AMERICAN_PLURAL;
  if (isAmerican && hasText(unit, american)) putUnitText(unit, american);
  else putUnitText(unit, isOne ? SINGULAR : PLURAL);
}

/** Each of the output units, separated by spaces or plus signs, of all values. */
function putOutputs(
  unit: usize,
  second: usize,
  secondValue: f64,
  from: usize,
  to: usize,
  isBare: bool,
  isFull: bool,
): bool {
  let at = from;
  let isFirst = true;
  // a name may itself hold a plus sign or a space
  const only = unitNamed(from, to);
  while (at < to) {
    let end = only != 0 ? to : at;
    while (end < to && load<u8>(end) != SPACE && load<u8>(end) != 0x2b) end += 1;
    if (end > at) {
      const output = unitNamed(at, end);
      if (output == 0) return false;
      if (!isFirst) o.putText(COLON_OUT, COLON_OUT + 2);
      isFirst = false;
      if (load<u8>(output, KIND) == COMPOSITE) {
        if (!putComposite(unit, second, secondValue, output, isFull)) return false;
      } else putOutput(unit, second, secondValue, output, isBare, isFull);
    }
    at = end + 1;
  }
  return true;
}

function converted(unit: usize, second: usize, secondValue: f64, value: f64, output: usize): f64 {
  if (load<u8>(unit, KIND) == TEMPERATURE) {
    return (
      ((value - load<f64>(unit, OFFSET)) * load<f64>(unit, SCALE)) / load<f64>(output, SCALE) +
      load<f64>(output, OFFSET)
    );
  }
  let base = value * load<f64>(unit, SCALE);
  if (second != 0) base += secondValue * load<f64>(second, SCALE);
  return base / load<f64>(output, SCALE);
}

function putOutput(unit: usize, second: usize, secondValue: f64, output: usize, isBare: bool, isFull: bool): void {
  let last: f64 = 0;
  // of a range all values have the digits of the most precise one
  let digits = -99;
  for (let i: u32 = 0; i < valueCount; i += 1) {
    const entry = values + usize(i) * VALUE_BYTES;
    const result = converted(unit, second, secondValue, load<f64>(entry), output);
    digits = max(digits, digitsOf(unit, second, load<f64>(entry), load<i32>(entry, 8), output, result));
  }
  for (let i: u32 = 0; i < valueCount; i += 1) {
    const entry = values + usize(i) * VALUE_BYTES;
    if (i > 0) putRangeWord(load<u32>(entry, 20), load<u32>(entry, 24), !isFull);
    putCurrency(output);
    const value = load<f64>(entry);
    const result = converted(unit, second, secondValue, value, output);
    if (roundTo != 0) putRounded(Math.floor(result / roundTo + 0.5) * roundTo, 0, hasCommas);
    else putRounded(result, digits, hasCommas);
    last = result;
  }
  if (!isBare) putUnit(output, valueCount > 1 ? 2 : last, !isFull, isFull && isAdjective);
}

/** How many digits behind the point a result has. */
function digitsOf(unit: usize, second: usize, value: f64, given: i32, output: usize, result: f64): i32 {
  if (givenPrecision != -999) return givenPrecision;
  const size = Math.abs(result);
  if (givenFigures > 0 && size > 0) return givenFigures - 1 - i32(Math.floor(Math.log10(size) + 1e-14));
  let adjust: f64;
  let least: f64;
  if (load<u8>(unit, KIND) == TEMPERATURE) {
    adjust = 0;
    const kelvin = Math.abs((value - load<f64>(unit, OFFSET)) * load<f64>(unit, SCALE));
    least = kelvin < 1e-8 ? 2 : 2 - Math.floor(Math.log10(kelvin) + 1e-14);
  } else {
    if (value == 0 || size == 0) return 0;
    if (second != 0) {
      // in feet and inches, centimetres are whole; else the result is as precise as the smaller unit
      given = 0;
      const isInches = load<f64>(second, SCALE) == INCH;
      adjust = isInches
        ? Math.log10(load<f64>(output, SCALE)) + 2
        : Math.log10(load<f64>(output, SCALE) / load<f64>(second, SCALE));
    } else adjust = Math.log10(Math.abs(value) / size);
    adjust += Math.log10(2);
    least = 1 - Math.floor(Math.log10(size) + 1e-14);
  }
  return i32(Math.max(Math.floor(f64(given) + adjust), least));
}

/** Feet and inches, stones and pounds. */
function putComposite(unit: usize, second: usize, secondValue: f64, output: usize, isFull: bool): bool {
  const larger = unitOf(output, LARGER);
  const smaller = unitOf(output, SMALLER);
  if (larger == 0 || smaller == 0) return false;
  for (let i: u32 = 0; i < valueCount; i += 1) {
    const entry = values + usize(i) * VALUE_BYTES;
    if (i > 0) putRangeWord(load<u32>(entry, 20), load<u32>(entry, 24), true);
    const value = load<f64>(entry);
    const total = converted(unit, second, secondValue, value, smaller);
    const digits = digitsOf(unit, second, value, load<i32>(entry, 8), smaller, total);
    const ratio = Math.round(load<f64>(larger, SCALE) / load<f64>(smaller, SCALE));
    const scale = powerOfTen(max(digits, 0));
    const rounded = Math.floor(Math.abs(total) * scale + 0.5) / scale;
    const whole = Math.floor(rounded / ratio);
    if (value < 0) putMinus();
    const rest = rounded - whole * ratio;
    if ((digits < 0 && rest == 0) || whole > 0) {
      putRounded(whole, 0, hasCommas);
      putUnit(larger, whole, !isFull, false);
      if (digits < -1) continue;
      o.putByte(SPACE);
    }
    putRounded(rest, max(digits, 0), hasCommas);
    putUnit(smaller, rest, !isFull, false);
  }
  return true;
}
