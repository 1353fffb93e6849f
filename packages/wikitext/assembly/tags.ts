// Elements of HTML that MediaWiki lets through. All others are text.

import { find, GREATER, isDigit, isLetter, LESS, SLASH } from './bytes';
import { copyLower, lookUp, TAG, valueOf } from './dictionary';
import { SCRATCH } from './layout';
import { isMarkdown, keepsTables } from './options';
import * as o from './output';
import { markEmphasis } from './quotes';
import { step } from './steps';
import { endOf, nextOf, startOf } from './tree';

// What an element is: the first byte of its entry.
const BREAK: u8 = 2;
const BLOCK: u8 = 3;
const LIST_ITEM: u8 = 4;
const TABLE: u8 = 5;
const TITLE: u8 = 6;
const CELL: u8 = 7;
const TABLE_ROW: u8 = 8;
const QUOTE: u8 = 9;
const MONOSPACE: u8 = 10;
const ITALIC: u8 = 11;
const BOLD: u8 = 12;

/** The mark of a list item that HTML made. */
const STAR = memory.data<u8>([0x2a]);

/** The element that a style hides, and how many of its name are open in it. */
let hidden: usize = 0;
let hiddenDepth: i32 = 0;
/** Tables whose content is left out. */
let openTables: i32 = 0;

export function resetTags(): void {
  hidden = 0;
  hiddenDepth = 0;
  openTables = 0;
}

/** Where the tag's `>` is, or `to`; templates may stand in its attributes. */
function findEnd(from: usize, to: usize, node: usize, last: usize): usize {
  let at = from;
  let n = node;
  while (true) {
    while (n != last && startOf(n) < at) n = nextOf(n);
    const stop = n != last ? min(startOf(n), to) : to;
    const begin = at;
    while (at < stop && load<u8>(at) != GREATER && load<u8>(at) != LESS) at += 1;
    step(1 + (u32(at - begin) >> 3));
    if (at < stop) return load<u8>(at) == GREATER ? at : to;
    if (n == last || stop == to) return to;
    at = endOf(n);
    n = nextOf(n);
  }
}

/** Returns where the tag ends; `at` where there is none. */
export function emitTag(at: usize, to: usize, node: usize, last: usize): usize {
  const isClosing = load<u8>(at, 1) == SLASH;
  const name = at + (isClosing ? 2 : 1);
  if (!isLetter(load<u8>(name))) return at;
  let end = name;
  while (isLetter(load<u8>(end)) || isDigit(load<u8>(end))) end += 1;
  if (end - name > 12) return at;
  const entry = lookUp(TAG, SCRATCH, copyLower(name, end, SCRATCH));
  if (entry == 0) return at;
  const after = load<u8>(end);
  if (after != GREATER && after != SLASH && after > 0x20) return at;
  const greater = findEnd(end, to, node, last);
  if (greater == to) return at;
  const what = load<u8>(valueOf(entry));
  const isEmpty = load<u8>(greater - 1) == SLASH;
  if (hidden != 0) {
    if (entry == hidden && !isEmpty) {
      hiddenDepth += isClosing ? -1 : 1;
      if (hiddenDepth == 0) {
        hidden = 0;
        o.unmute();
      }
    }
    return greater + 1;
  }
  if (what != BREAK && !isClosing && !isEmpty && greater > end && isHidden(end, greater)) {
    hidden = entry;
    hiddenDepth = 1;
    o.mute();
    return greater + 1;
  }
  write(what, isClosing, load<u8>(end - 1), isEmpty);
  return greater + 1;
}

function write(what: u8, isClosing: bool, lastByte: u8, isEmpty: bool): void {
  if (what == TABLE) {
    if (keepsTables) {
      if (o.muted == 0) o.breakBlock();
      return;
    }
    if (isClosing) {
      if (openTables > 0) {
        openTables -= 1;
        o.unmute();
      }
      if (o.muted == 0) o.breakBlock();
    } else if (!isEmpty) {
      openTables += 1;
      o.mute();
    }
    return;
  }
  if (o.muted > 0) return;
  if (what == BREAK) o.setPending(o.LINE);
  else if (what == BLOCK) o.breakBlock();
  else if (what == QUOTE) {
    o.breakBlock();
    o.setQuoteDepth(isClosing ? -1 : 1);
  } else if (what == LIST_ITEM) {
    if (!isClosing) o.beginItem(STAR, STAR + 1);
  } else if (what == TITLE) {
    if (isClosing) o.endHeading();
    else o.beginHeading(u32(lastByte) - 0x30);
  } else if (what == MONOSPACE) {
    if (isMarkdown && !isEmpty) o.putByte(0x60);
  } else if (what == ITALIC || what == BOLD) {
    if (!isEmpty) markEmphasis(what == ITALIC ? 1 : 2, !isClosing);
  } else if (what == CELL) {
    if (!isClosing) o.putCellMark();
  } else if (what == TABLE_ROW) {
    if (!isClosing) o.beginBlock(o.ROW);
  }
}

/** Whether the attributes hide the element: `display:none`. */
function isHidden(from: usize, to: usize): bool {
  for (let at = from; at + 12 <= to; at += 1) {
    at = find(0x64, at, to); // d
    if (at + 12 > to) return false;
    // `display`
    if (load<u32>(at) != 0x70736964 || load<u16>(at, 4) != 0x616c || load<u8>(at, 6) != 0x79) continue;
    let value = at + 7;
    while (value < to && (load<u8>(value) == 0x20 || load<u8>(value) == 0x3a)) value += 1;
    if (load<u32>(value) == 0x656e6f6e) return true; // `none`
  }
  return false;
}
