// What a rule can call that a pattern cannot say.

import * as a from './arguments';
import { DOT, HYPHEN, isDigit, SPACE } from './bytes';
import { putConversion } from './convert';
import { lookUp, valueEnd, valueOf, WORD } from './dictionary';
import { lowerText, upperText } from './letters';
import { isNumber, putAsWritten, putMinus, readNumber } from './numbers';
import * as o from './output';
import { putArgument, putLiteral } from './templates';

const CONVERT: u8 = 1;
const DATE: u8 = 2;
const NUMBER: u8 = 3;
const MONTH_DATE: u8 = 4;
const COORDINATES: u8 = 5;
const CHEMISTRY: u8 = 6;
const VALUE: u8 = 7;
const UPPER: u8 = 8;
const LOWER: u8 = 9;
const ORDINAL: u8 = 10;
const LANGUAGE: u8 = 11;
const PRONUNCIATION: u8 = 16;
const COUNTRY: u8 = 17;

/** `from` to `to` is the parameter of the rule. False where nothing could be made of the arguments. */
export function callFunction(which: u8, from: usize, to: usize): bool {
  if (which == CONVERT) return putConversion(from < to) || putNumberAndUnit();
  if (which == DATE) return putDate(from, to);
  if (which == NUMBER) return putNumber();
  if (which == MONTH_DATE) return putMonthDate();
  if (which == COORDINATES) return putCoordinates();
  if (which == CHEMISTRY) return putFormula();
  if (which == VALUE) return putValue();
  if (which == UPPER || which == LOWER) {
    o.flush();
    const begin = o.out;
    if (!putArgument(a.argumentAt(1))) return false;
    if (which == UPPER) upperText(begin, o.out, false);
    else lowerText(begin, o.out, false);
    return true;
  }
  if (which == ORDINAL) return putOrdinal();
  if (which == LANGUAGE) return putLanguage();
  if (which == PRONUNCIATION) return putPronunciation();
  if (which == COUNTRY) return putCountry();
  return false;
}

/** Of a conversion that is not known: the number and the unit as they stand. */
function putNumberAndUnit(): bool {
  if (!putArgument(a.argumentAt(1))) return false;
  const unit = a.argumentAt(2);
  if (a.isEmptyValue(unit)) return true;
  o.putByte(SPACE);
  putArgument(unit);
  return true;
}

/** A number with commas. */
function putNumber(): bool {
  const record = a.argumentAt(1);
  if (a.isEmptyValue(record)) return false;
  readNumber(a.valueFrom(record), a.valueTo(record));
  if (!isNumber) return putArgument(record);
  putAsWritten(a.valueFrom(record), a.valueTo(record), true);
  return true;
}

// Dates

const MONTHS = memory.data<u8>([
  7, 0x4a, 0x61, 0x6e, 0x75, 0x61, 0x72, 0x79, 8, 0x46, 0x65, 0x62, 0x72, 0x75, 0x61, 0x72, 0x79, 5, 0x4d, 0x61, 0x72,
  0x63, 0x68, 5, 0x41, 0x70, 0x72, 0x69, 0x6c, 3, 0x4d, 0x61, 0x79, 4, 0x4a, 0x75, 0x6e, 0x65, 4, 0x4a, 0x75, 0x6c,
  0x79, 6, 0x41, 0x75, 0x67, 0x75, 0x73, 0x74, 9, 0x53, 0x65, 0x70, 0x74, 0x65, 0x6d, 0x62, 0x65, 0x72, 7, 0x4f, 0x63,
  0x74, 0x6f, 0x62, 0x65, 0x72, 8, 0x4e, 0x6f, 0x76, 0x65, 0x6d, 0x62, 0x65, 0x72, 8, 0x44, 0x65, 0x63, 0x65, 0x6d,
  0x62, 0x65, 0x72,
]);
const COMMA_SPACE = memory.data<u8>([0x2c, 0x20]);
const DF = memory.data<u8>([0x64, 0x66]);
const MF = memory.data<u8>([0x6d, 0x66]);

function putMonth(month: i32): void {
  let at = MONTHS;
  for (let i = 1; i < month; i += 1) at += 1 + usize(load<u8>(at));
  o.putText(at + 1, at + 1 + usize(load<u8>(at)));
}

/** An argument's value as a whole number; -1 where it is none. */
function integerAt(position: u32): i32 {
  const record = a.argumentAt(position);
  if (a.isEmptyValue(record)) return -1;
  const value = readNumber(a.valueFrom(record), a.valueTo(record));
  return isNumber && value >= 0 && value < 100000 && value == Math.floor(value) ? i32(value) : -1;
}

/** 1 to 12 by number or English name, else 0. */
function monthAt(position: u32): i32 {
  const record = a.argumentAt(position);
  if (a.isEmptyValue(record)) return 0;
  const number = integerAt(position);
  if (number >= 1 && number <= 12) return number;
  const from = a.valueFrom(record);
  if (a.valueTo(record) - from < 3) return 0;
  let at = MONTHS;
  for (let month = 1; month <= 12; month += 1) {
    let isSame = true;
    for (let i: usize = 0; i < 3; i += 1)
      if ((load<u8>(at + 1 + i) | 0x20) != (load<u8>(from + i) | 0x20)) isSame = false;
    if (isSame) return month;
    at += 1 + usize(load<u8>(at));
  }
  return 0;
}

/** `dayFirst` as 1 by the template's default; `df` and `mf` decide otherwise. */
function isDayFirst(byDefault: bool): bool {
  const df = a.argumentNamed(DF, DF + 2);
  if (!a.isEmptyValue(df)) {
    const first = load<u8>(a.valueFrom(df)) | 0x20;
    // `US` and `mdy` are the other order
    return first == 0x79 || first == 0x64 || first == 0x31;
  }
  if (!a.isEmptyValue(a.argumentNamed(MF, MF + 2))) return false;
  return byDefault;
}

/** A date from a year, a month and a day that begin at the argument `from` names; `d` behind it: the day stands first. */
function putDate(from: usize, to: usize): bool {
  let position: u32 = 1;
  if (from < to && isDigit(load<u8>(from))) position = u32(load<u8>(from) - 0x30);
  const byDefault = to - from > 1 && load<u8>(to - 1) == 0x64;
  if (!putDateAt(position, isDayFirst(byDefault))) return false;
  if (to - from > 1 && load<u8>(to - 1) == 0x61) putAge();
  return true;
}

function putDateAt(position: u32, dayFirst: bool): bool {
  const year = integerAt(position);
  if (year < 0) return putArgument(a.argumentAt(position));
  const month = monthAt(position + 1);
  if (month == 0) return putArgument(a.argumentAt(position));
  const day = integerAt(position + 2);
  const hasDay = day >= 1 && day <= 31;
  if (hasDay && dayFirst) {
    o.flush();
    o.putNumber(u32(day));
    o.putByte(SPACE);
  }
  putMonth(month);
  o.putByte(SPACE);
  if (hasDay && !dayFirst) {
    o.putNumber(u32(day));
    o.putText(COMMA_SPACE, COMMA_SPACE + 2);
  }
  putArgument(a.argumentAt(position));
  return true;
}

/** `{{as of|2020|5|6}}`: what stands behind "As of". */
function putMonthDate(): bool {
  return putDateAt(1, isDayFirst(true));
}

// Coordinates

const DISPLAY = memory.data<u8>([0x64, 0x69, 0x73, 0x70, 0x6c, 0x61, 0x79]);

/** `{{coord|57|18|22|N|4|27|32|W}}`: "57°18′22″N 4°27′32″W". Nothing where it is shown beside the title only. */
function putCoordinates(): bool {
  const display = a.argumentNamed(DISPLAY, DISPLAY + 7);
  if (!a.isEmptyValue(display)) {
    let isInline = false;
    for (let at = a.valueFrom(display); at < a.valueTo(display); at += 1)
      if (load<u8>(at) == 0x69 && load<u8>(at, 1) == 0x6e) isInline = true;
    if (a.valueTo(display) - a.valueFrom(display) <= 2)
      isInline = load<u8>(a.valueFrom(display)) == 0x69 || load<u8>(a.valueTo(display) - 1) == 0x69;
    if (!isInline) return false;
  }
  let position: u32 = 1;
  for (let axis = 0; axis < 2; axis += 1) {
    let count: u32 = 0;
    while (count < 3 && isNumeric(position + count)) count += 1;
    if (count == 0) return axis == 1;
    const letter = a.argumentAt(position + count);
    const hasLetter = !a.isEmptyValue(letter) && isCompass(letter);
    if (axis == 1) o.putByte(SPACE);
    if (!hasLetter) {
      // decimal: the sign says which half
      const record = a.argumentAt(position);
      const value = readNumber(a.valueFrom(record), a.valueTo(record));
      const from = a.valueFrom(record);
      o.putText(value < 0 ? from + (load<u8>(from) == HYPHEN ? 1 : 3) : from, a.valueTo(record));
      putDegree();
      o.putByte(axis == 0 ? (value < 0 ? 0x53 : 0x4e) : value < 0 ? 0x57 : 0x45);
      position += 1;
      continue;
    }
    for (let i: u32 = 0; i < count; i += 1) {
      const record = a.argumentAt(position + i);
      if (i > 0 && a.valueTo(record) - a.valueFrom(record) == 1) o.putByte(0x30);
      o.putText(a.valueFrom(record), a.valueTo(record));
      if (i == 0) putDegree();
      else {
        o.putByte(0xe2);
        o.putByte(0x80);
        o.putByte(i == 1 ? 0xb2 : 0xb3);
      }
    }
    o.putText(a.valueFrom(letter), a.valueTo(letter));
    position += count + 1;
  }
  return true;
}

function putDegree(): void {
  o.putByte(0xc2);
  o.putByte(0xb0);
}

function isNumeric(position: u32): bool {
  const record = a.argumentAt(position);
  if (a.isEmptyValue(record)) return false;
  readNumber(a.valueFrom(record), a.valueTo(record));
  return isNumber;
}

function isCompass(record: usize): bool {
  if (a.valueTo(record) - a.valueFrom(record) != 1) return false;
  const byte = load<u8>(a.valueFrom(record)) & 0xdf;
  return byte == 0x4e || byte == 0x53 || byte == 0x45 || byte == 0x57;
}

// Formulas

/** `{{chem|CO|2}}`, `{{chem|14|C}}`: the parts in their order. */
function putFormula(): bool {
  let isAny = false;
  for (let record = a.argumentsFrom; record < a.argumentsTo; record += a.ARGUMENT_BYTES) {
    if (a.isNamed(record)) continue;
    if (putArgument(record)) isAny = true;
  }
  return isAny;
}

const E_NAME = memory.data<u8>([0x65]);
const TIMES_TEN = memory.data<u8>([0xc3, 0x97, 0x31, 0x30]); // ×10
const PLUS_MINUS = memory.data<u8>([0xc2, 0xb1]);
const UNIT_NAMES = memory.data<u8>([0x75, 0x75, 0x6c, 0x75, 0x70, 0x75, 0x70, 0x6c]); // u, ul, up, upl

/** `{{val|1.5|0.2|e=6|u=km}}`: "(1.5±0.2)×106 km". */
function putValue(): bool {
  const first = a.argumentAt(1);
  if (a.isEmptyValue(first)) return false;
  const exponent = a.argumentNamed(E_NAME, E_NAME + 1);
  const second = a.argumentAt(2);
  const third = a.argumentAt(3);
  const hasExponent = !a.isEmptyValue(exponent);
  const hasError = !a.isEmptyValue(second);
  if (hasExponent && hasError) o.putByte(0x28);
  putSigned(first);
  if (hasError) {
    if (!a.isEmptyValue(third)) {
      putSignedWith(second, 0x2b);
      putSignedWith(third, HYPHEN);
    } else {
      o.putText(PLUS_MINUS, PLUS_MINUS + 2);
      putArgument(second);
    }
  }
  if (hasExponent) {
    if (hasError) o.putByte(0x29);
    o.putText(TIMES_TEN, TIMES_TEN + 4);
    putSigned(exponent);
  }
  let unit = a.argumentNamed(UNIT_NAMES, UNIT_NAMES + 1);
  if (unit == 0) unit = a.argumentNamed(UNIT_NAMES + 1, UNIT_NAMES + 3);
  if (!a.isEmptyValue(unit)) {
    const byte = load<u8>(a.valueFrom(unit));
    if (byte != 0x25 && !(byte == 0xc2 && a.valueTo(unit) - a.valueFrom(unit) == 2)) o.putByte(SPACE);
    putArgument(unit);
  }
  const per = a.argumentNamed(UNIT_NAMES + 3, UNIT_NAMES + 5);
  if (!a.isEmptyValue(per)) {
    o.putByte(0x2f);
    putArgument(per);
  }
  return true;
}

function putSigned(record: usize): void {
  const from = a.valueFrom(record);
  let at = from;
  if (load<u8>(from) == HYPHEN) {
    putMinus();
    at += 1;
  } else if (!isDigit(load<u8>(from))) {
    putArgument(record);
    return;
  }
  let end = at;
  while (end < a.valueTo(record) && (load<u8>(end) | 0x20) != 0x65) end += 1;
  o.putText(at, end);
  if (end == a.valueTo(record)) return;
  // 3e-14
  o.putText(TIMES_TEN, TIMES_TEN + 4);
  end += 1;
  if (load<u8>(end) == HYPHEN) {
    putMinus();
    end += 1;
  }
  o.putText(end, a.valueTo(record));
}

function putSignedWith(record: usize, sign: u8): void {
  const from = a.valueFrom(record);
  const byte = load<u8>(from);
  if (sign == HYPHEN) putMinus();
  else o.putByte(sign);
  o.putText(byte == HYPHEN || byte == 0x2b ? from + 1 : from, a.valueTo(record));
}

/** 1st, 2nd, 3rd, 4th. */
function putOrdinal(): bool {
  const record = a.argumentAt(1);
  if (a.isEmptyValue(record)) return false;
  const value = readNumber(a.valueFrom(record), a.valueTo(record));
  if (!putArgument(record)) return false;
  if (!isNumber) return true;
  const number = i64(Math.abs(value));
  const tens = number % 100;
  const unit = tens >= 11 && tens <= 13 ? 0 : number % 10;
  if (unit == 1) putTwo(0x73, 0x74);
  else if (unit == 2) putTwo(0x6e, 0x64);
  else if (unit == 3) putTwo(0x72, 0x64);
  else putTwo(0x74, 0x68);
  return true;
}

function putTwo(first: u8, second: u8): void {
  o.putByte(first);
  o.putByte(second);
}

/** `{{langx|fr|…}}`: the name of the language, from the dictionary. */
function putLanguage(): bool {
  const record = a.argumentAt(1);
  if (a.isEmptyValue(record)) return false;
  let to = a.valueFrom(record);
  while (to < a.valueTo(record) && load<u8>(to) != HYPHEN && load<u8>(to) != DOT) to += 1;
  let entry = lookUp(WORD, a.valueFrom(record), a.valueTo(record));
  if (entry == 0) entry = lookUp(WORD, a.valueFrom(record), to);
  if (entry == 0) return false;
  putLiteral(valueOf(entry), valueEnd(entry));
  return true;
}

/** `{{IPAc-en|UK|ˈ|m|æ|n}}`: "UK: /ˈmæn/". */
function putPronunciation(): bool {
  let isOpen = false;
  let isAny = false;
  for (let record = a.argumentsFrom; record < a.argumentsTo; record += a.ARGUMENT_BYTES) {
    if (a.isNamed(record)) continue;
    const from = a.valueFrom(record);
    const length = a.valueTo(record) - from;
    if (length == 0) continue;
    const first = load<u8>(from);
    // UK, US, also, lang, pron and their like stand before it
    if (
      !isOpen &&
      length == 2 &&
      (first | 0x20) == 0x75 &&
      ((load<u8>(from, 1) | 0x20) == 0x6b || (load<u8>(from, 1) | 0x20) == 0x73)
    ) {
      o.flush();
      const begin = o.out;
      o.putText(from, from + 2);
      upperText(begin, o.out, false);
      o.putByte(0x3a);
      o.putByte(SPACE);
      isAny = true;
      continue;
    }
    if (!isOpen && length >= 3 && length <= 5 && first - 0x61 < 26) {
      // also, lang, local, pron
      if (first == 0x61) {
        o.putText(from, from + length);
        o.putByte(SPACE);
      }
      if (first == 0x61 || first == 0x6c || first == 0x70) continue;
    }
    if (!isOpen) {
      o.putByte(0x2f);
      isOpen = true;
    }
    if (length == 1 && first == 0x5f) o.putByte(SPACE);
    else if (length == 1 && first == 0x2c) putTwo(0x2c, SPACE);
    else putArgument(record);
  }
  if (isOpen) o.putByte(0x2f);
  return isAny || isOpen;
}

/** A flag's country: by its name, or its code. */
function putCountry(): bool {
  const name = a.argumentNamed(NAME, NAME + 4);
  if (!a.isEmptyValue(name)) return putArgument(name);
  const record = a.argumentAt(1);
  if (a.isEmptyValue(record)) return false;
  const entry = lookUp(WORD, a.valueFrom(record), a.valueTo(record));
  if (entry == 0) return putArgument(record);
  o.putText(valueOf(entry), valueEnd(entry));
  return true;
}

const NAME = memory.data<u8>([0x6e, 0x61, 0x6d, 0x65]);
const AGED = memory.data<u8>([0x20, 0x28, 0x61, 0x67, 0x65, 0x64, 0x20]);

/** Of a death date with a birth date behind it. */
function putAge(): void {
  const died = integerAt(1);
  const born = integerAt(4);
  if (died < 0 || born < 0 || died < born) return;
  const month = monthAt(2);
  const birthMonth = monthAt(5);
  const isBefore = month < birthMonth || (month == birthMonth && integerAt(3) < integerAt(6));
  o.putText(AGED, AGED + 7);
  o.putNumber(u32(died - born - (isBefore ? 1 : 0)));
  o.putByte(0x29);
}
