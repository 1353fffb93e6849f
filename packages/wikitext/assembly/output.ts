// The text that is written, block by block. What stands between two pieces of visible text is decided late: breaks and
// prefixes are pending until something visible comes, so that what turns out to be empty leaves no trace.

import { copyBytes, SPACE } from './bytes';
import { output, outputLimit } from './layout';
import { isMarkdown } from './options';
import { exhaust, step } from './steps';
import { addSection, setSectionText } from './records';

// What separates the next visible byte from the last one.
export const NOTHING: u8 = 0;
export const GAP: u8 = 1;
export const LINE: u8 = 2;
export const PARAGRAPH: u8 = 3;

// Kinds of blocks.
export const NO_BLOCK: u8 = 0;
export const PROSE: u8 = 1;
export const ITEM: u8 = 2;
export const HEADING: u8 = 3;
export const PREFORMATTED: u8 = 4;
export const ROW: u8 = 5;

export let out: usize = 0;
export let pending: u8 = NOTHING;
/** The block that is being written, and whether a line of wikitext begins at which a block may begin. */
export let block: u8 = NO_BLOCK;
export let isLineStart: bool = true;
/** How many elements are open whose content is left out. */
export let muted: i32 = 0;
/** What was left out stood directly before: a space or an empty parenthesis may be left over. */
export let isAfterDrop: bool = false;
/** A category or the like had a line for itself: the line counts as if it were not there. */
export let swallowsLine: bool = false;

/** Of Markdown: what the next block begins with, until something visible comes. */
let prefixKind: u8 = NO_BLOCK;
/** Of a list item: its marks in the wikitext. Of a heading: its level. */
let marksFrom: usize = 0;
let marksTo: usize = 0;
let level: u32 = 0;
/** Of Markdown: emphasis that is open in the text, and that is wanted from the next visible byte on; bits. */
let emphasis: u8 = 0;
let wantedEmphasis: u8 = 0;
let quoteDepth: i32 = 0;
/** Of the block that was written last. */
let lastQuoteDepth: i32 = 0;
const counters = memory.data(64);

export function beginOutput(): void {
  out = output;
  pending = NOTHING;
  block = NO_BLOCK;
  isLineStart = true;
  muted = 0;
  isAfterDrop = false;
  swallowsLine = false;
  prefixKind = NO_BLOCK;
  emphasis = 0;
  wantedEmphasis = 0;
  quoteDepth = 0;
  lastQuoteDepth = 0;
  memory.fill(counters, 0, 64);
}

export function setLineStart(value: bool): void {
  isLineStart = value;
}

export function setPending(kind: u8): void {
  if (kind > pending) pending = kind;
}

/** What comes next is written directly. */
export function clearPending(): void {
  pending = NOTHING;
}

export function setAfterDrop(value: bool): void {
  isAfterDrop = value;
}

export function setSwallowsLine(value: bool): void {
  swallowsLine = value;
}

export function mute(): void {
  muted += 1;
}

export function unmute(): void {
  if (muted > 0) muted -= 1;
}

export function setMuted(value: i32): void {
  muted = value;
}

export function setQuoteDepth(change: i32): void {
  quoteDepth = max(0, quoteDepth + change);
}

/** An empty line of wikitext. */
export function endBlock(): void {
  pending = PARAGRAPH;
  block = NO_BLOCK;
}

/** Prose begins in the middle of a line, as an element of HTML does. */
export function breakBlock(): void {
  pending = PARAGRAPH;
  block = PROSE;
  isLineStart = false;
  prefixKind = NO_BLOCK;
}

/** A block begins with the next visible byte. */
export function beginBlock(kind: u8): void {
  if (kind == block && kind != HEADING) setPending(kind == PROSE ? GAP : LINE);
  else setPending(PARAGRAPH);
  block = kind;
  isLineStart = false;
  prefixKind = NO_BLOCK;
}

export function beginItem(from: usize, to: usize): void {
  beginBlock(ITEM);
  prefixKind = ITEM;
  marksFrom = from;
  marksTo = to;
}

export function beginHeading(depth: u32): void {
  beginBlock(HEADING);
  prefixKind = HEADING;
  level = depth;
}

/** Of the heading that was begun: its title is complete. */
export function endHeading(): void {
  if (prefixKind == NO_BLOCK) setSectionText(out);
  prefixKind = NO_BLOCK;
  pending = PARAGRAPH;
  block = NO_BLOCK;
}

/** Before something visible: begins a paragraph where no block was begun, and writes what is pending. */
export function flush(): void {
  if (isLineStart) beginBlock(PROSE);
  if (pending != NOTHING) writePending();
  if (isMarkdown && wantedEmphasis != emphasis) writeEmphasis();
  if (out > outputLimit) {
    exhaust();
    out = output;
  }
}

function writePending(): void {
  while (out > output && load<u8>(out - 1) == SPACE) out -= 1;
  if (pending >= LINE) closeEmphasis();
  if (out > output) {
    if (pending == GAP) {
      const last = load<u8>(out - 1);
      if (last != 0x0a && last != 0x09) put(SPACE);
    } else {
      put(0x0a);
      if (pending == PARAGRAPH) {
        if (isMarkdown) writeQuoteMarks(min(quoteDepth, lastQuoteDepth));
        put(0x0a);
      }
    }
  }
  if (pending == PARAGRAPH && prefixKind == NO_BLOCK) memory.fill(counters, 0, 64);
  const breaks = pending >= LINE || out == output;
  pending = NOTHING;
  if (isMarkdown && breaks) {
    writeQuoteMarks(quoteDepth);
    lastQuoteDepth = quoteDepth;
    if (prefixKind != NO_BLOCK) writePrefix();
  }
  if (prefixKind == HEADING) addSection(level, out);
  prefixKind = NO_BLOCK;
}

function writeQuoteMarks(depth: i32): void {
  for (let i = 0; i < min(depth, 4); i += 1) {
    put(0x3e);
    put(SPACE);
  }
}

/** Whether emphasis begins with the next visible byte: no space may follow its mark. */
export function awaitsEmphasis(): bool {
  return isMarkdown && (wantedEmphasis & ~emphasis) != 0;
}

/** `## `, or a list's marks by its depth. */
function writePrefix(): void {
  if (prefixKind == HEADING) {
    for (let i: u32 = 0; i < level; i += 1) put(0x23);
    put(SPACE);
    return;
  }
  if (prefixKind != ITEM) return;
  const depth = min(marksTo - marksFrom, 8);
  for (let i: usize = 0; i + 1 < depth; i += 1) {
    const mark = load<u8>(marksFrom + i);
    if (mark == 0x2a) putTwo(SPACE, SPACE);
    else if (mark == 0x23) {
      putTwo(SPACE, SPACE);
      put(SPACE);
    }
  }
  const mark = load<u8>(marksFrom + depth - 1);
  for (let i = depth; i < 8; i += 1) store<u32>(counters + i * 4, 0);
  if (mark == 0x2a) {
    store<u32>(counters + (depth - 1) * 4, 0);
    putTwo(0x2d, SPACE);
  } else if (mark == 0x23) {
    const count = load<u32>(counters + (depth - 1) * 4) + 1;
    store<u32>(counters + (depth - 1) * 4, count);
    putNumber(count);
    putTwo(0x2e, SPACE);
  } else store<u32>(counters + (depth - 1) * 4, 0);
}

/** Italic (1) and bold (2) begin or end here. */
export function setEmphasis(bits: u8): void {
  wantedEmphasis = bits;
  if (isMarkdown && (emphasis & ~bits) != 0) writeEmphasisEnd(emphasis & ~bits);
}

/** Ends what is open and no longer wanted; spaces before an end stand behind it. */
function writeEmphasisEnd(bits: u8): void {
  let spaces: usize = 0;
  while (out > output && load<u8>(out - 1) == SPACE) {
    out -= 1;
    spaces += 1;
  }
  // to end what is outer, what is inner ends too
  const ends: u8 =
    (emphasis & 4) != 0 && (bits & 1) != 0
      ? 3 & emphasis
      : bits == 2 && (emphasis & 4) == 0 && (emphasis & 1) != 0
        ? 3
        : bits;
  if ((emphasis & 4) != 0) {
    // italic is the outer one
    if ((ends & 2) != 0) putTwo(0x2a, 0x2a);
    if ((ends & 1) != 0) put(0x2a);
  } else {
    if ((ends & 1) != 0) put(0x2a);
    if ((ends & 2) != 0) putTwo(0x2a, 0x2a);
  }
  emphasis &= ~ends;
  if ((emphasis & 3) == 0) emphasis = 0;
  for (; spaces > 0; spaces -= 1) put(SPACE);
}

function writeEmphasis(): void {
  const begins = wantedEmphasis & ~emphasis & 3;
  if (begins == 0) return;
  if ((begins & 2) != 0) putTwo(0x2a, 0x2a);
  if ((begins & 1) != 0) put(0x2a);
  // bit 4: italic was begun before bold
  if (begins == 2 && (emphasis & 1) != 0) emphasis |= 4;
  emphasis |= begins;
}

function closeEmphasis(): void {
  if (isMarkdown && emphasis != 0) writeEmphasisEnd(emphasis & 3);
}

export function put(byte: u8): void {
  store<u8>(out, byte);
  out += 1;
}

function putTwo(first: u8, second: u8): void {
  store<u8>(out, first);
  store<u8>(out, second, 1);
  out += 2;
}

/** Visible bytes of our own. */
export function putByte(byte: u8): void {
  if (muted > 0) return;
  flush();
  put(byte);
}

/** Visible text as it is; it holds no line breaks. */
export function putText(from: usize, to: usize): void {
  if (muted > 0 || from >= to) return;
  flush();
  if (out + (to - from) > outputLimit) {
    exhaust();
    return;
  }
  step(1 + (u32(to - from) >> 5));
  out = copyBytes(from, to, out);
}

export function putNumber(value: u32): void {
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) put(u8(0x30 + ((value / divisor) % 10)));
}

export function putCodePoint(code: u32): void {
  if (muted > 0) return;
  flush();
  if (code < 0x80) put(u8(code));
  else if (code < 0x800) putTwo(u8(0xc0 | (code >> 6)), u8(0x80 | (code & 63)));
  else if (code < 0x10000) {
    put(u8(0xe0 | (code >> 12)));
    putTwo(u8(0x80 | ((code >> 6) & 63)), u8(0x80 | (code & 63)));
  } else {
    putTwo(u8(0xf0 | (code >> 18)), u8(0x80 | ((code >> 12) & 63)));
    putTwo(u8(0x80 | ((code >> 6) & 63)), u8(0x80 | (code & 63)));
  }
}

/** Moves the end of what was written: back, or behind what a caller wrote itself. */
export function setOut(end: usize): void {
  out = end;
}

export function trimSpaces(floor: usize): void {
  while (out > floor && load<u8>(out - 1) == SPACE) out -= 1;
}

// A place to return to, when what was written turns out not to be wanted: three words on the caller's side.

export function markOf(): u64 {
  return (
    u64(out) |
    (u64(pending) << 32) |
    (u64(block) << 40) |
    (u64(isLineStart) << 48) |
    (u64(prefixKind) << 52) |
    (u64(isAfterDrop) << 56)
  );
}

/** Only where nothing was flushed since that began a block, or the block is given up too. */
export function returnTo(mark: u64): void {
  out = usize(mark & 0xffffffff);
  pending = u8((mark >> 32) & 0xff);
  block = u8((mark >> 40) & 0xff);
  isLineStart = ((mark >> 48) & 1) != 0;
  prefixKind = u8((mark >> 52) & 0xf);
  isAfterDrop = ((mark >> 56) & 1) != 0;
}

/** Between the cells of a row. */
export function putCellMark(): void {
  if (muted > 0) return;
  if (block == ROW && pending >= LINE) return;
  if (block != ROW) beginBlock(ROW);
  else {
    while (out > output && load<u8>(out - 1) == SPACE) out -= 1;
    pending = NOTHING;
    put(0x09);
  }
}
