// Tables. In plain text they are left out, or their cells are kept: a row a line, cells separated by tabs. In Markdown a simple
// table is written as GitHub's Markdown has it: every row has the same number of cells, and each cell is one line.

import { EXCLAMATION, GREATER, HYPHEN, isLetter, LESS, NEWLINE, PIPE, PLUS, skipBlanksBack, skipSpaces } from './bytes';
import { emit, emitInline, leaveInline, lineEnd, returnInline } from './emit';
import { findPipe } from './links';
import { isMarkdown, keepsTables } from './options';
import * as o from './output';
import { recordsEnd, returnToRecord, wantsRecords } from './records';
import { step } from './steps';
import { endOf, nextOf, NODE_BYTES, startOf } from './tree';

/** How many tables are open whose cells are written. */
export let tableDepth: i32 = 0;
/** Of Markdown, for the table that is being written. */
let isSimple: bool = false;
let columns: i32 = 0;
let cells: i32 = 0;
let rows: i32 = 0;

export function beginTables(): void {
  tableDepth = 0;
}

export function emitTable(table: usize): void {
  const from = startOf(table) + 2;
  const to = endOf(table) - 2;
  const node = table + NODE_BYTES;
  const last = nextOf(table);
  if (o.muted == 0 && (keepsTables || isMarkdown) && !(isMarkdown && tableDepth > 0)) {
    const begin = lineEnd(from, to, node, last);
    const inline = leaveInline();
    const mark = o.markOf();
    const record = recordsEnd;
    tableDepth += 1;
    isSimple = true;
    columns = 0;
    cells = 0;
    rows = 0;
    o.endBlock();
    if (!isMarkdown) o.beginBlock(o.ROW);
    o.setLineStart(true);
    emit(begin, to, node, last);
    tableDepth -= 1;
    returnInline(inline);
    if (isMarkdown) {
      endRow();
      if (!isSimple || columns == 0 || rows == 0) {
        o.returnTo(mark);
        returnToRecord(record);
        leaveOut(from, to, node, last);
        return;
      }
    }
    o.endBlock();
    o.setLineStart(true);
    return;
  }
  if (isMarkdown) isSimple = false;
  leaveOut(from, to, node, last);
}

/** What a table links to is found all the same. */
function leaveOut(from: usize, to: usize, node: usize, last: usize): void {
  if (wantsRecords) {
    o.mute();
    emitInline(from, to, node, last);
    o.unmute();
  }
  if (o.muted == 0) {
    o.endBlock();
    o.setLineStart(true);
  }
}

/** A table without an end: its cells are kept up to the end of the text. */
export function openTable(): void {
  tableDepth += 1;
  o.endBlock();
  o.beginBlock(o.ROW);
}

/** Something else than a cell begins a line of a table. */
export function meetLine(): void {
  isSimple = false;
}

/** A line of a table that begins with `|` or `!`. Returns where it ends. */
export function emitTableLine(at: usize, to: usize, node: usize, last: usize): usize {
  const end = lineEnd(at, to, node, last);
  const first = load<u8>(at);
  const second = load<u8>(at, 1);
  if (first == PIPE && second == HYPHEN) {
    o.setLineStart(false);
    if (isMarkdown) endRow();
    else {
      o.beginBlock(o.ROW);
      o.setPending(o.LINE);
    }
    return end;
  }
  if (first == PIPE && second == PLUS) {
    if (isMarkdown) {
      isSimple = false;
      o.setLineStart(false);
      return end;
    }
    o.breakBlock();
    putContent(at + 2, end, node, last);
    o.breakBlock();
    return end;
  }
  let from = at + 1;
  while (from <= end) {
    const stop = cellEnd(from, end, node, last, first == EXCLAMATION);
    if (isMarkdown) beginCell();
    else o.putCellMark();
    putContent(from, stop, node, last);
    if (stop == end) break;
    from = stop + 2;
    step(1);
  }
  return end;
}

/** The content of a cell, behind its attributes. */
function putContent(from: usize, to: usize, node: usize, last: usize): void {
  const pipe = findPipe(from, to, node, last);
  let begin = from;
  if (pipe < to && !hasLink(from, pipe, node, last)) begin = pipe + 1;
  emitInline(skipSpaces(begin, to), skipBlanksBack(begin, to), node, last);
}

function hasLink(from: usize, to: usize, node: usize, last: usize): bool {
  for (let n = node; n != last; n = nextOf(n)) {
    if (startOf(n) >= to) return false;
    if (startOf(n) >= from && load<u16>(startOf(n)) == 0x5b5b) return true;
    step(1);
  }
  return false;
}

/** Where the next `||`, or in a line of headers `!!`, stands that is in no node; or the line's end. */
function cellEnd(from: usize, to: usize, node: usize, last: usize, isHeader: bool): usize {
  let at = from;
  let n = node;
  while (true) {
    while (n != last && startOf(n) < at) n = nextOf(n);
    const stop = n != last ? min(startOf(n), to) : to;
    const begin = at;
    for (; at + 1 < stop; at += 1) {
      const two = load<u16>(at);
      if (u8(two) == LESS && isLetter(u8(two >> 8))) {
        // in a tag's attributes these are no marks
        let end = at + 1;
        while (end < stop && load<u8>(end) != GREATER && load<u8>(end) != LESS) end += 1;
        if (end < stop && load<u8>(end) == GREATER) at = end;
        continue;
      }
      if (two == 0x7c7c || (isHeader && two == 0x2121)) return at;
    }
    step(1 + (u32(stop - begin) >> 3));
    if (n == last || stop == to) return to;
    at = endOf(n);
    n = nextOf(n);
  }
}

function beginCell(): void {
  o.setLineStart(false);
  if (cells == 0) {
    o.beginBlock(o.ROW);
    o.flush();
    o.put(PIPE);
  } else {
    o.clearPending();
    o.setEmphasis(0);
    o.put(0x20);
    o.put(PIPE);
  }
  o.put(0x20);
  cells += 1;
}

function endRow(): void {
  if (cells == 0) return;
  o.clearPending();
  o.setEmphasis(0);
  o.put(0x20);
  o.put(PIPE);
  if (rows == 0) {
    columns = cells;
    o.put(NEWLINE);
    for (let i = 0; i < min(columns, 200); i += 1) {
      o.put(PIPE);
      o.put(0x2d);
      o.put(0x2d);
      o.put(0x2d);
    }
    o.put(PIPE);
    if (columns > 200) isSimple = false;
  } else if (cells != columns) isSimple = false;
  rows += 1;
  cells = 0;
}
