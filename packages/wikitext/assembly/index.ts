// The kernel: wikitext in INPUT to text and records. What the memory holds where is in layout.ts. One text after the other;
// what a call left is good until the next one. The caller checks nothing: every bound is checked here.

import { beginArguments } from './arguments';
import * as c from './counts';
import { addEntry, clearDictionary } from './dictionary';
import { beginEmit, emit, endEmit, flattened } from './emit';
import {
  beginColumns,
  columnsFrom as firstColumn,
  columnsTo as lastColumn,
  putBytes,
  putCategories,
  putLinks,
  putNull,
  putSections,
  putTemplates,
  putTextColumn,
} from './columns';
import { rawOf, readString } from './json-string';
import {
  COUNTS,
  EXCHANGE,
  INPUT,
  inputEnd,
  layOut,
  MAX_INPUT_BYTES,
  output,
  reserveInput,
  reserveTo,
  TOTALS,
} from './layout';
import { COUNTED, RECORDS, setOptions } from './options';
import { beginOutput, out } from './output';
import { beginRecords, endSection } from './records';
import { isRedirect } from './redirects';
import { beginSteps, isExhausted, steps } from './steps';
import { buildTree, firstNode, lastNode } from './tree';

export { EXCHANGE, INPUT } from './layout';

reserveInput(0x10000);
layOut(0);
clearDictionary();

/** An entry of the dictionary from EXCHANGE. */
export function define(domain: u8, nameLength: u32, valueLength: u32): bool {
  return addEntry(domain, nameLength, valueLength);
}

export function reset(): void {
  clearDictionary();
}

/** Makes room for a text. False where it is too long. */
export function prepare(length: u32): bool {
  return usize(length) <= MAX_INPUT_BYTES && reserveInput(usize(length));
}

/** Makes room for the inside of a JSON string. Returns where it belongs; 0 where it is too long. */
export function prepareString(length: u32): usize {
  // escapes are longer than what they stand for
  if (usize(length) > 2 * MAX_INPUT_BYTES) return 0;
  const raw = rawOf(usize(length));
  return reserveTo(raw + usize(length)) ? raw : 0;
}

// Results of `parse` and `render`.
export const DONE: i32 = 0;
export const TOO_LONG: i32 = 1;
export const EXHAUSTED: i32 = 2;
export const IS_REDIRECT: i32 = 3;

/** As `parse`, of the inside of a JSON string. */
export function parseString(length: u32, variants: bool): i32 {
  const raw = rawOf(usize(length));
  return parse(u32(readString(raw, raw + usize(length))), variants);
}

/** Builds the tree of the text in INPUT. */
export function parse(length: u32, variants: bool): i32 {
  if (usize(length) > MAX_INPUT_BYTES || !layOut(usize(length))) return TOO_LONG;
  c.beginCounts();
  beginSteps(length);
  buildTree(variants);
  if (isExhausted) return EXHAUSTED;
  return isRedirect() ? IS_REDIRECT : DONE;
}

/** Writes the text that was parsed; `options`: a set of bits of options.ts. */
export function render(options: u32): i32 {
  setOptions(options);
  c.setCounting((options & COUNTED) != 0);
  if ((options & COUNTED) != 0) c.beginCounts();
  beginArguments();
  beginEmit();
  beginRecords((options & RECORDS) != 0);
  beginOutput();
  emit(INPUT, inputEnd, firstNode(), lastNode());
  endEmit();
  endSection(out);
  return isExhausted ? EXHAUSTED : DONE;
}

export function outputFrom(): usize {
  return output;
}

export function outputTo(): usize {
  let end = out;
  while (end > output && load<u8>(end - 1) <= 0x20) end -= 1;
  return end;
}

export function stepCount(): u32 {
  return steps;
}

export function flattenedCount(): u32 {
  return flattened;
}

// The columns of a row

/** As JSON, or as values without keys. */
export function startColumns(json: bool): void {
  beginColumns(json);
}

/** `,"name":`, which is in EXCHANGE. */
export function putKey(length: u32): bool {
  return putBytes(EXCHANGE, usize(length));
}

export const NULL_COLUMN: i32 = 0;
export const TEXT_COLUMN: i32 = 1;
export const SECTIONS_COLUMN: i32 = 2;
export const LINKS_COLUMN: i32 = 3;
export const CATEGORIES_COLUMN: i32 = 4;
export const TEMPLATES_COLUMN: i32 = 5;

/** A column's value, of what was rendered last. False where memory ends. */
export function putColumn(which: i32): bool {
  if (which == TEXT_COLUMN) return putTextColumn();
  if (which == SECTIONS_COLUMN) return putSections();
  if (which == LINKS_COLUMN) return putLinks();
  if (which == CATEGORIES_COLUMN) return putCategories();
  if (which == TEMPLATES_COLUMN) return putTemplates(COUNTS, c.countsEnd);
  return putNull();
}

export function columnsFrom(): usize {
  return firstColumn;
}

export function columnsTo(): usize {
  return lastColumn;
}

// Sums of template counts

export function sumCounts(): void {
  c.sumCounts();
}

export function totalsFrom(): usize {
  return TOTALS;
}

export function totalsTo(): usize {
  return c.totalsEnd;
}

export function otherRendered(): u32 {
  return c.totalOtherRendered;
}

export function otherDropped(): u32 {
  return c.totalOtherDropped;
}

export function clearTotals(): void {
  c.clearTotals();
}
