// The columns of a row, made of what was rendered last: as JSON (`"name":value`), or as values without keys, little-endian,
// which formats other than JSON Lines are made of (domain/src/row-values.ts): a string is its length (u32) and its bytes, a
// list the number of its entries (u32) and the entries, an integer 64 bits; null is NULL_LENGTH.

import { COLON, NEWLINE, SPACE, TAB, UNDERSCORE } from './bytes';
import { copyLower, LANGUAGE, lookUp, NAMESPACE } from './dictionary';
import { INPUT, inputEnd, output, records, recordsLimit, reserveTo, SCRATCH } from './layout';
import { upperText } from './letters';
import { out } from './output';
import { CATEGORY_RECORD, LINK_RECORD, RECORD_BYTES, recordsEnd, SECTION_RECORD } from './records';

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const NULL_LENGTH: u32 = 0xffffffff;
/** Bytes of a record's keys and quotes at most. */
const RECORD_SPARE: usize = 96;

/** Columns are written behind everything that belongs to the text. */
export let columnsFrom: usize = 0;
export let columnsTo: usize = 0;
let isJson: bool = true;
/** Of the list that is being written: where its number of entries stands, and how many there are so far. */
let listAt: usize = 0;
let entries: u32 = 0;

/** Begins the columns of a row. */
export function beginColumns(json: bool): void {
  isJson = json;
  columnsFrom = (recordsLimit + 255) & ~15;
  columnsTo = columnsFrom;
}

/** Room for a column: each byte of text takes two at most. False where memory ends. */
function reserveColumn(): bool {
  const texts = 2 * (out - output) + 2 * (inputEnd - INPUT);
  return reserveTo(columnsTo + texts + RECORD_SPARE * ((recordsEnd - records) / RECORD_BYTES) + 0x20000);
}

/** What stands before a JSON value; nothing where there are no keys. */
export function putBytes(from: usize, length: usize): bool {
  if (!reserveTo(columnsTo + length + 0x1000)) return false;
  if (!isJson) return true;
  memory.copy(columnsTo, from, length);
  columnsTo += length;
  return true;
}

function putKey(text: string): void {
  if (!isJson) return;
  for (let i = 0; i < text.length; i += 1) store<u8>(columnsTo + usize(i), u8(text.charCodeAt(i)));
  columnsTo += text.length;
}

function putByte(byte: u8): void {
  store<u8>(columnsTo, byte);
  columnsTo += 1;
}

function putU32(value: u32): void {
  store<u32>(columnsTo, value);
  columnsTo += 4;
}

/** Begins a string; the result is for `endString`. */
function beginString(): usize {
  if (isJson) putByte(QUOTE);
  else putU32(0);
  return columnsTo;
}

function endString(begin: usize): void {
  if (isJson) putByte(QUOTE);
  else store<u32>(begin - 4, u32(columnsTo - begin));
}

/** Text within a string: what JSON escapes is escaped there; control characters but line breaks and tabs are left out. */
function putInside(from: usize, to: usize): void {
  let at = from;
  let target = columnsTo;
  const quote = i8x16.splat(isJson ? QUOTE : 0);
  const backslash = i8x16.splat(isJson ? BACKSLASH : 0);
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
    if (isJson) {
      store<u8>(target, BACKSLASH);
      store<u8>(target, sign, 1);
      target += 2;
    } else {
      store<u8>(target, byte);
      target += 1;
    }
  }
  columnsTo = target;
}

function putString(from: usize, to: usize): void {
  const begin = beginString();
  putInside(from, to);
  endString(begin);
}

function putNullValue(): void {
  if (isJson) putKey('null');
  else putU32(NULL_LENGTH);
}

function putInteger(value: u32): void {
  if (!isJson) {
    store<u64>(columnsTo, u64(value));
    columnsTo += 8;
    return;
  }
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) putByte(u8(0x30 + ((value / divisor) % 10)));
}

function beginList(): void {
  listAt = columnsTo;
  entries = 0;
  if (isJson) putByte(0x5b);
  else putU32(0);
}

function beginEntry(): void {
  if (isJson && entries > 0) putByte(0x2c);
  entries += 1;
}

function endEntry(): void {
  if (isJson) putByte(0x7d);
}

function endList(): void {
  if (isJson) putByte(0x5d);
  else store<u32>(listAt, entries);
}

/** A column that has no value. */
export function putNull(): bool {
  if (!reserveTo(columnsTo + 0x1000)) return false;
  putNullValue();
  return true;
}

/** The text that was written. */
export function putTextColumn(): bool {
  if (!reserveColumn()) return false;
  putString(output, trimmed(output, out));
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
  beginList();
  putSection(0, output, output, output, leadEnd);
  for (let record = records; record < recordsEnd; record += RECORD_BYTES) {
    const kind = load<u32>(record);
    if ((kind & 0xff) != SECTION_RECORD) continue;
    putSection(kind >> 8, load<u32>(record, 4), load<u32>(record, 8), load<u32>(record, 12), load<u32>(record, 16));
  }
  endList();
  return true;
}

function putSection(level: u32, titleFrom: usize, titleTo: usize, textFrom: usize, textTo: usize): void {
  beginEntry();
  putKey('{"level":');
  putInteger(level);
  putKey(',"title":');
  putTrimmed(titleFrom, titleTo);
  putKey(',"text":');
  putTrimmed(textFrom, max(textFrom, textTo));
  endEntry();
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
  beginList();
  for (let record = records; record < recordsEnd; record += RECORD_BYTES) {
    if (load<u32>(record) != LINK_RECORD) continue;
    beginEntry();
    putKey('{"target":');
    putTitle(load<u32>(record, 4), load<u32>(record, 8));
    putKey(',"anchor":');
    if (load<u32>(record, 12) == load<u32>(record, 16)) putNullValue();
    else {
      const begin = beginString();
      putSpaced(load<u32>(record, 12), load<u32>(record, 16));
      endString(begin);
    }
    putKey(',"label":');
    putString(load<u32>(record, 20), load<u32>(record, 24));
    endEntry();
  }
  endList();
  return true;
}

export function putCategories(): bool {
  if (!reserveColumn()) return false;
  beginList();
  for (let record = records; record < recordsEnd; record += RECORD_BYTES) {
    if (load<u32>(record) != CATEGORY_RECORD) continue;
    beginEntry();
    putKey('{"name":');
    putTitle(load<u32>(record, 4), load<u32>(record, 8));
    putKey(',"sort_key":');
    if (load<u32>(record, 12) == load<u32>(record, 16)) putNullValue();
    else putTrimmed(load<u32>(record, 12), load<u32>(record, 16));
    endEntry();
  }
  endList();
  return true;
}

/** A title as MediaWiki names pages: spaces for underscores, and a capital first, behind a namespace too. */
function putTitle(from: usize, to: usize): void {
  const begin = beginString();
  putSpaced(from, to);
  if (columnsTo > begin) {
    let colon = begin;
    while (colon < columnsTo && load<u8>(colon) != COLON) colon += 1;
    // the prefix of another language stays as it is
    const isForeign =
      colon < columnsTo && lookUp(LANGUAGE, SCRATCH, copyLower(begin, min(colon, begin + 200), SCRATCH)) != 0;
    if (!isForeign) upperText(begin, columnsTo, true);
    if (colon < columnsTo && lookUp(NAMESPACE, SCRATCH, copyLower(begin, min(colon, begin + 200), SCRATCH)) != 0) {
      // no space behind the colon
      let rest = colon + 1;
      while (rest < columnsTo && load<u8>(rest) == SPACE) rest += 1;
      if (rest > colon + 1) {
        memory.copy(colon + 1, rest, columnsTo - rest);
        columnsTo -= rest - colon - 1;
      }
      if (colon + 1 < columnsTo) upperText(colon + 1, columnsTo, true);
    }
  }
  endString(begin);
}

/** Underscores and runs of spaces as one space. */
function putSpaced(from: usize, to: usize): void {
  let wasSpace = true;
  const begin = columnsTo;
  for (let at = from; at < to; at += 1) {
    const byte = load<u8>(at);
    if (byte == UNDERSCORE || byte <= SPACE) {
      if (!wasSpace) putByte(SPACE);
      wasSpace = true;
      continue;
    }
    wasSpace = false;
    if (isJson && (byte == QUOTE || byte == BACKSLASH)) putByte(BACKSLASH);
    putByte(byte);
  }
  if (columnsTo > begin && load<u8>(columnsTo - 1) == SPACE) columnsTo -= 1;
}

/** Entries of a table of counts (counts.ts), in the order in which the names came. */
export function putTemplates(from: usize, to: usize): bool {
  if (!reserveTo(columnsTo + 4 * (to - from) + 0x1000)) return false;
  beginList();
  for (let entry = from; entry < to; entry = (entry + 20 + load<u32>(entry, 12) + 3) & ~3) {
    beginEntry();
    const rendered = load<u32>(entry, 4);
    putKey('{"name":');
    putString(entry + 20, entry + 20 + load<u32>(entry, 12));
    putKey(',"count":');
    putInteger(rendered + load<u32>(entry, 8));
    putKey(',"rendered":');
    putInteger(rendered);
    endEntry();
  }
  endList();
  return true;
}
