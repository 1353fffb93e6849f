// JSON, both ways: a text from the body of a row, and columns of a row.

import { NEWLINE, SPACE, TAB, UNDERSCORE, COLON } from './bytes';
import { copyLower, lookUp, NAMESPACE } from './dictionary';
import { inputEnd, INPUT, output, recordsLimit, reserveTo, records, SCRATCH } from './layout';
import { upperText } from './letters';
import { out } from './output';
import { CATEGORY_RECORD, LINK_RECORD, RECORD_BYTES, recordsEnd, SECTION_RECORD } from './records';

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/** Where JSON is written: behind everything that belongs to the text. */
export let jsonFrom: usize = 0;
export let jsonTo: usize = 0;

// From JSON

/** Where the body of a text of so many bytes of JSON stands before it is read. */
export function rawOf(length: usize): usize {
  return (INPUT + length + 256) & ~15;
}

/** Reads the inside of a JSON string into INPUT. Returns the length of the text. */
export function readString(from: usize, to: usize): usize {
  let at = from;
  let target = INPUT;
  const mark = i8x16.splat(BACKSLASH);
  while (at < to) {
    const bytes = v128.load(at);
    v128.store(target, bytes);
    const marks = i8x16.bitmask(i8x16.eq(bytes, mark));
    const run = min(marks == 0 ? 16 : usize(ctz(marks)), to - at);
    at += run;
    target += run;
    if (at < to && load<u8>(at) == BACKSLASH) {
      const escaped = load<u8>(at, 1);
      if (escaped == 0x75) {
        target = putCode(hexAt(at + 2), target);
        at += 6;
        continue;
      }
      store<u8>(target, unescaped(escaped));
      target += 1;
      at += 2;
    }
  }
  return target - INPUT;
}

function unescaped(byte: u8): u8 {
  if (byte == 0x6e) return NEWLINE;
  if (byte == 0x74) return TAB;
  if (byte == 0x72) return 0x0d;
  if (byte == 0x62) return 0x08;
  if (byte == 0x66) return 0x0c;
  return byte;
}

function hexAt(at: usize): u32 {
  let code: u32 = 0;
  for (let i: usize = 0; i < 4; i += 1) {
    const byte = load<u8>(at + i);
    code = code * 16 + (byte < 0x3a ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return code;
}

/** Control characters, which are all that rows escape so. */
function putCode(code: u32, target: usize): usize {
  if (code < 0x80) {
    store<u8>(target, u8(code));
    return target + 1;
  }
  if (code < 0x800) {
    store<u8>(target, u8(0xc0 | (code >> 6)));
    store<u8>(target, u8(0x80 | (code & 63)), 1);
    return target + 2;
  }
  store<u8>(target, u8(0xe0 | (code >> 12)));
  store<u8>(target, u8(0x80 | ((code >> 6) & 63)), 1);
  store<u8>(target, u8(0x80 | (code & 63)), 2);
  return target + 3;
}

// To JSON

/** Begins the columns of a row. */
export function beginJson(): void {
  jsonFrom = (recordsLimit + 255) & ~15;
  jsonTo = jsonFrom;
}

/** Room for a column: each byte of text takes six at most, and a record its keys. False where memory ends. */
function reserveColumn(): bool {
  const texts = 2 * (out - output) + 2 * (inputEnd - INPUT);
  return reserveTo(jsonTo + texts + 96 * ((recordsEnd - records) / RECORD_BYTES) + 0x20000);
}

function putKey(text: string): void {
  for (let i = 0; i < text.length; i += 1) store<u8>(jsonTo + usize(i), u8(text.charCodeAt(i)));
  jsonTo += text.length;
}

function putByte(byte: u8): void {
  store<u8>(jsonTo, byte);
  jsonTo += 1;
}

/** The inside of a string: quotes, backslashes, line breaks and tabs are escaped; other control characters are left out. */
function putInside(from: usize, to: usize): void {
  let at = from;
  let target = jsonTo;
  const quote = i8x16.splat(QUOTE);
  const backslash = i8x16.splat(BACKSLASH);
  const space = i8x16.splat(SPACE);
  while (at < to) {
    const bytes = v128.load(at);
    v128.store(target, bytes);
    const special = v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, space));
    const marks = i8x16.bitmask(special);
    const run = min(marks == 0 ? 16 : usize(ctz(marks)), to - at);
    at += run;
    target += run;
    if (marks == 0 || at >= to) continue;
    const byte = load<u8>(at);
    at += 1;
    const sign: u8 = byte == NEWLINE ? 0x6e : byte == TAB ? 0x74 : byte == QUOTE || byte == BACKSLASH ? byte : 0;
    if (sign == 0) continue;
    store<u8>(target, BACKSLASH);
    store<u8>(target, sign, 1);
    target += 2;
  }
  jsonTo = target;
}

function putString(from: usize, to: usize): void {
  putByte(QUOTE);
  putInside(from, to);
  putByte(QUOTE);
}

/** The text that was written, as a string. */
export function putTextColumn(): bool {
  if (!reserveColumn()) return false;
  putString(output, trimmed(output, out));
  return true;
}

/** `null` or another literal. */
export function putNull(): bool {
  if (!reserveTo(jsonTo + 0x1000)) return false;
  putKey('null');
  return true;
}

/** A key with what stands before it; it is in EXCHANGE. */
export function putBytes(from: usize, length: usize): bool {
  if (!reserveTo(jsonTo + length + 0x1000)) return false;
  memory.copy(jsonTo, from, length);
  jsonTo += length;
  return true;
}

/** The lead as level 0, and each section with its own text, without its subsections. */
export function putSections(): bool {
  if (!reserveColumn()) return false;
  let leadEnd = out;
  for (let record = records; record < recordsEnd; record += RECORD_BYTES) {
    if ((load<u32>(record) & 0xff) == SECTION_RECORD) {
      leadEnd = load<u32>(record, 4);
      break;
    }
  }
  putKey('[{"level":0,"title":"","text":');
  putTrimmed(output, leadEnd);
  putByte(0x7d);
  for (let record = records; record < recordsEnd; record += RECORD_BYTES) {
    const kind = load<u32>(record);
    if ((kind & 0xff) != SECTION_RECORD) continue;
    putKey(',{"level":');
    putByte(u8(0x30 + (kind >> 8)));
    putKey(',"title":');
    putTrimmed(load<u32>(record, 4), load<u32>(record, 8));
    putKey(',"text":');
    putTrimmed(load<u32>(record, 12), max(load<u32>(record, 12), load<u32>(record, 16)));
    putByte(0x7d);
  }
  putByte(0x5d);
  return true;
}

function trimmed(from: usize, to: usize): usize {
  let end = to;
  while (end > from && load<u8>(end - 1) <= SPACE) end -= 1;
  return end;
}

function putTrimmed(from: usize, to: usize): void {
  let begin = from;
  while (begin < to && load<u8>(begin) <= SPACE) begin += 1;
  putString(begin, trimmed(begin, to));
}

export function putLinks(): bool {
  if (!reserveColumn()) return false;
  putByte(0x5b);
  let isFirst = true;
  for (let record = records; record < recordsEnd; record += RECORD_BYTES) {
    if (load<u32>(record) != LINK_RECORD) continue;
    if (!isFirst) putByte(0x2c);
    isFirst = false;
    putKey('{"target":');
    putTitle(load<u32>(record, 4), load<u32>(record, 8));
    putKey(',"anchor":');
    if (load<u32>(record, 12) == load<u32>(record, 16)) putKey('null');
    else {
      putByte(QUOTE);
      putSpaced(load<u32>(record, 12), load<u32>(record, 16));
      putByte(QUOTE);
    }
    putKey(',"label":');
    putString(load<u32>(record, 20), load<u32>(record, 24));
    putByte(0x7d);
  }
  putByte(0x5d);
  return true;
}

export function putCategories(): bool {
  if (!reserveColumn()) return false;
  putByte(0x5b);
  let isFirst = true;
  for (let record = records; record < recordsEnd; record += RECORD_BYTES) {
    if (load<u32>(record) != CATEGORY_RECORD) continue;
    if (!isFirst) putByte(0x2c);
    isFirst = false;
    putKey('{"name":');
    putTitle(load<u32>(record, 4), load<u32>(record, 8));
    putKey(',"sort_key":');
    if (load<u32>(record, 12) == load<u32>(record, 16)) putKey('null');
    else putTrimmed(load<u32>(record, 12), load<u32>(record, 16));
    putByte(0x7d);
  }
  putByte(0x5d);
  return true;
}

/** A title as MediaWiki names pages: spaces for underscores, and a capital first, behind a namespace too. */
function putTitle(from: usize, to: usize): void {
  putByte(QUOTE);
  const begin = jsonTo;
  putSpaced(from, to);
  if (jsonTo > begin) {
    upperText(begin, jsonTo, true);
    let colon = begin;
    while (colon < jsonTo && load<u8>(colon) != COLON) colon += 1;
    if (colon < jsonTo && lookUp(NAMESPACE, SCRATCH, copyLower(begin, min(colon, begin + 200), SCRATCH)) != 0) {
      let rest = colon + 1;
      while (rest < jsonTo && load<u8>(rest) == SPACE) rest += 1;
      // no space behind the colon
      if (rest > colon + 1) {
        memory.copy(colon + 1, rest, jsonTo - rest);
        jsonTo -= rest - colon - 1;
      }
      if (colon + 1 < jsonTo) upperText(colon + 1, jsonTo, true);
    }
  }
  putByte(QUOTE);
}

/** Underscores and runs of spaces as one space. */
function putSpaced(from: usize, to: usize): void {
  let wasSpace = true;
  const begin = jsonTo;
  for (let at = from; at < to; at += 1) {
    const byte = load<u8>(at);
    if (byte == UNDERSCORE || byte <= SPACE) {
      if (!wasSpace) putByte(SPACE);
      wasSpace = true;
      continue;
    }
    wasSpace = false;
    if (byte == QUOTE || byte == BACKSLASH) putByte(BACKSLASH);
    putByte(byte);
  }
  if (jsonTo > begin && load<u8>(jsonTo - 1) == SPACE) jsonTo -= 1;
}

/** Template names of the text with their counts, in the order in which they came: of the table that `counts` is. */
export function putTemplates(from: usize, to: usize): bool {
  if (!reserveTo(jsonTo + 4 * (to - from) + 0x1000)) return false;
  putByte(0x5b);
  let isFirst = true;
  for (let entry = from; entry < to; entry = (entry + 20 + load<u32>(entry, 12) + 3) & ~3) {
    if (!isFirst) putByte(0x2c);
    isFirst = false;
    const rendered = load<u32>(entry, 4);
    putKey('{"name":');
    putString(entry + 20, entry + 20 + load<u32>(entry, 12));
    putKey(',"count":');
    putNumber(rendered + load<u32>(entry, 8));
    putKey(',"rendered":');
    putNumber(rendered);
    putByte(0x7d);
  }
  putByte(0x5d);
  return true;
}

function putNumber(value: u32): void {
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) putByte(u8(0x30 + ((value / divisor) % 10)));
}
