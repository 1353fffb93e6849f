// The kernel: wikitext in INPUT to text and records. What the memory holds where is in layout.ts. One text after the other;
// what a call left is good until the next one. The caller checks nothing: every bound is checked here.

import { beginArguments } from './arguments';
import * as c from './counts';
import { addEntry, clearDictionary } from './dictionary';
import { beginEmit, emit, endEmit, flattened } from './emit';
import { EXCHANGE, INPUT, inputEnd, layOut, MAX_INPUT_BYTES, output, records, reserveInput } from './layout';
import { RECORDS, setOptions } from './options';
import { beginOutput, out } from './output';
import { beginRecords, endSection, recordsEnd } from './records';
import { emitRedirect } from './redirects';
import { beginSteps, isExhausted, steps } from './steps';
import { buildTree, firstNode, lastNode } from './tree';

export { EXCHANGE, INPUT } from './layout';

reserveInput(0x10000);
clearDictionary();
c.clearCounts();

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

// Results of `parse` and `render`.
export const DONE: i32 = 0;
export const TOO_LONG: i32 = 1;
export const EXHAUSTED: i32 = 2;
export const IS_REDIRECT: i32 = 3;

/** Builds the tree of the text in INPUT. */
export function parse(length: u32, variants: bool): i32 {
  if (usize(length) > MAX_INPUT_BYTES || !layOut(usize(length))) return TOO_LONG;
  beginSteps(length);
  beginEmit();
  beginRecords(true);
  setOptions(0);
  beginOutput();
  if (emitRedirect()) return IS_REDIRECT;
  buildTree(variants);
  return isExhausted ? EXHAUSTED : DONE;
}

/** Writes the text that was parsed; `options`: a set of bits of options.ts. */
export function render(options: u32): i32 {
  setOptions(options);
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

export function recordsFrom(): usize {
  return records;
}

export function recordsTo(): usize {
  return recordsEnd;
}

export function stepCount(): u32 {
  return steps;
}

export function flattenedCount(): u32 {
  return flattened;
}

export function countsTo(): usize {
  return c.countsEnd;
}

export function otherRendered(): u32 {
  return c.otherRendered;
}

export function otherDropped(): u32 {
  return c.otherDropped;
}

export function clearCounts(): void {
  c.clearCounts();
}
