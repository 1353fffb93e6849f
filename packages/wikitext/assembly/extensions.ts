// Extension tags whose content is shown.

import { AMPERSAND, find, LESS, NEWLINE, skipBlanks, skipBlanksBack, SPACE, APOSTROPHE } from './bytes';
import { putEntity } from './entities';
import { output } from './layout';
import { isMarkdown } from './options';
import * as o from './output';
import { step } from './steps';
import { bodyEnd, bodyOf, CHEMISTRY, CODE, detailOf, GALLERY, MATH, NOWIKI, POEM, PRE, startOf } from './tree';

export function emitExtension(node: usize): void {
  if (o.muted > 0) {
    o.setLineStart(false);
    return;
  }
  const what = detailOf(node);
  const from = bodyOf(node);
  const to = bodyEnd(node);
  if (what == NOWIKI) {
    // what follows begins no list or heading
    if (o.isLineStart) o.beginBlock(o.PROSE);
    emitLiteral(from, to, false);
  } else if (what == PRE || what == CODE) {
    const isPre = what == PRE;
    if (!isPre && isInline(startOf(node), from)) {
      if (isMarkdown) o.putByte(0x60);
      emitFormula(from, to);
      if (isMarkdown) o.putByte(0x60);
      return;
    }
    o.breakBlock();
    if (isMarkdown) putFence();
    emitLines(from, to, isPre);
    if (isMarkdown) putFence();
    o.breakBlock();
  } else if (what == POEM) {
    o.breakBlock();
    emitLines(from, to, true);
    o.breakBlock();
  } else if (what == MATH || what == CHEMISTRY) {
    if (!isMarkdown) emitFormula(from, to);
    else if (skipBlanks(from, to) < to) {
      o.putByte(0x24);
      if (what == CHEMISTRY) o.putText(CHEMICAL, CHEMICAL + 4);
      emitFormula(from, to);
      if (what == CHEMISTRY) o.putByte(0x7d);
      o.putByte(0x24);
    }
  } else if (what == GALLERY) {
    o.setAfterDrop(true);
  }
}

/** The macro of LaTeX for a chemical formula. */
const CHEMICAL = memory.data<u8>([0x5c, 0x63, 0x65, 0x7b]); // \\ce{
const FENCE = memory.data<u8>([0x60, 0x60, 0x60]);

function putFence(): void {
  o.putText(FENCE, FENCE + 3);
  o.setPending(o.LINE);
}

/** Whether the tag has the attribute `inline`. */
function isInline(from: usize, to: usize): bool {
  for (let at = from; at + 7 < to; at += 1) {
    if (load<u8>(at) <= SPACE && load<u32>(at, 1) == 0x696c6e69 && load<u16>(at, 5) == 0x656e) return true;
  }
  step(u32(to - from) >> 3);
  return false;
}

/** Text without markup, but with references. */
function emitLiteral(from: usize, to: usize, keepsSpaces: bool): void {
  let at = from;
  while (at < to) {
    const begin = at;
    while (at < to && load<u8>(at) != AMPERSAND && load<u8>(at) != NEWLINE && !isDoubleSpace(at, begin, keepsSpaces))
      at += 1;
    step(1 + (u32(at - begin) >> 3));
    o.putText(begin, at);
    if (at == to) break;
    const byte = load<u8>(at);
    if (byte == AMPERSAND) at = putEntity(at, to);
    else {
      if (byte == NEWLINE) o.setPending(o.GAP);
      at += 1;
    }
  }
}

function isDoubleSpace(at: usize, begin: usize, keepsSpaces: bool): bool {
  if (keepsSpaces || load<u8>(at) != SPACE) return false;
  return load<u8>(at + 1) == SPACE || (at == begin && (o.pending != o.NOTHING || o.out == output));
}

/** The lines as they are. */
function emitLines(from: usize, to: usize, hasReferences: bool): void {
  let at = from;
  while (at < to) {
    const end = find(NEWLINE, at, to);
    if (hasReferences) emitPreformatted(at, end);
    else o.putText(at, end);
    o.setPending(o.LINE);
    at = end + 1;
  }
}

/** A line of `<pre>`, in which `<nowiki>` is not shown. */
function emitPreformatted(from: usize, to: usize): void {
  let at = from;
  while (at < to) {
    const less = find(LESS, at, to);
    emitLiteral(at, less, true);
    if (less == to) return;
    const tag = nowikiTag(less);
    if (tag == 0) o.putByte(LESS);
    at = less + max(tag, 1);
  }
}

/** The length of `<nowiki>` or `</nowiki>`, or 0. */
function nowikiTag(at: usize): usize {
  // `nowiki>`
  const name = load<u8>(at, 1) == 0x2f ? at + 2 : at + 1;
  return load<u32>(name) == 0x69776f6e && load<u16>(name, 4) == 0x696b && load<u8>(name, 6) == 0x3e ? name + 7 - at : 0;
}

function emitFormula(from: usize, to: usize): void {
  const begin = skipBlanks(from, to);
  const end = skipBlanksBack(begin, to);
  if (begin == end) return;
  emitLiteral(begin, end, false);
}
