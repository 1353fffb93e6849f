// Apostrophes as MediaWiki's doQuotes reads them, line by line: two are italic, three bold, five both; four are an apostrophe
// and bold, and of more than five the first are apostrophes. Where a line has an odd number of both bold and italic, one
// `'''` was an apostrophe and italic.

import { APOSTROPHE, find, SPACE } from './bytes';
import { inlineDepth, lineEnd } from './emit';
import * as o from './output';
import { step } from './steps';
import { endOf, nextOf, startOf } from './tree';

/** The line that was looked through. */
let lineTo: usize = 0;
/** The run of three that is an apostrophe and italic, or 0. */
let exception: usize = 0;
/** Emphasis that is open. */
let emphasis: u8 = 0;

const ITALIC: u8 = 1;
const BOLD: u8 = 2;

export function resetQuotes(): void {
  lineTo = 0;
  exception = 0;
  if (emphasis != 0) {
    emphasis = 0;
    o.setEmphasis(0);
  }
}

/** An element of HTML begins or ends emphasis: italic is 1, bold 2. */
export function markEmphasis(bit: u8, isOn: bool): void {
  emphasis = isOn ? emphasis | bit : emphasis & ~bit;
  o.setEmphasis(emphasis);
}

// A label has emphasis of its own.

export function saveQuotes(): u64 {
  const saved = u64(lineTo) | (u64(exception != 0) << 32) | (u64(emphasis) << 40);
  lineTo = 0;
  return saved;
}

export function restoreQuotes(saved: u64): void {
  lineTo = usize(saved & 0xffffffff);
  const before = u8((saved >> 40) & 0xff);
  if (before != emphasis) {
    emphasis = before;
    o.setEmphasis(before);
  }
}

export function emitQuotes(at: usize, stop: usize, to: usize, node: usize, last: usize): usize {
  let end = at;
  while (end < stop && load<u8>(end) == APOSTROPHE) end += 1;
  let count = u32(end - at);
  step(1 + (count >> 3));
  if (count == 1) {
    o.putByte(APOSTROPHE);
    return end;
  }
  if (at >= lineTo) lookThrough(at, to, node, last);
  let literals: u32 = 0;
  if (count == 4) literals = 1;
  else if (count > 5) literals = count - 5;
  count -= literals;
  if (count == 3 && end - 3 == exception) {
    literals += 1;
    count = 2;
  }
  for (let i: u32 = 0; i < literals; i += 1) o.putByte(APOSTROPHE);
  step(literals >> 2);
  if (count == 2) emphasis ^= ITALIC;
  else if (count == 3) emphasis ^= BOLD;
  else emphasis ^= ITALIC | BOLD;
  o.setEmphasis(emphasis);
  return end;
}

/** Counts the runs from here to the line's end, and finds the exception. */
function lookThrough(from: usize, to: usize, node: usize, last: usize): void {
  exception = 0;
  lineTo = inlineDepth > 0 ? to : lineEnd(from, to, node, last);
  let bold: u32 = 0;
  let italic: u32 = 0;
  let afterLetter: usize = 0;
  let afterWord: usize = 0;
  let afterSpace: usize = 0;
  let at = from;
  let n = node;
  while (true) {
    while (n != last && startOf(n) < at) n = nextOf(n);
    const stop = n != last ? min(startOf(n), lineTo) : lineTo;
    const begin = at;
    while (at + 1 < stop) {
      if (load<u16>(at) != 0x2727) {
        at = find(APOSTROPHE, at + 1, stop);
        continue;
      }
      const start = at;
      while (at < stop && load<u8>(at) == APOSTROPHE) at += 1;
      const count = u32(at - start);
      if (count == 2) italic += 1;
      else if (count == 3 || count == 4) {
        bold += 1;
        const run = at - 3;
        const before = load<u8>(run - 1);
        if (before == SPACE) {
          if (afterSpace == 0) afterSpace = run;
        } else if (load<u8>(run - 2) == SPACE) {
          if (afterLetter == 0) afterLetter = run;
        } else if (afterWord == 0) afterWord = run;
      } else {
        bold += 1;
        italic += 1;
      }
    }
    step(1 + (u32(stop - begin) >> 3));
    if (n == last || stop == lineTo) break;
    at = endOf(n);
    // a node without an end reaches beyond the line
    if (at >= lineTo) break;
    n = nextOf(n);
  }
  if ((bold & 1) == 1 && (italic & 1) == 1) {
    exception = afterLetter != 0 ? afterLetter : afterWord != 0 ? afterWord : afterSpace;
  }
}
