// Internal links: `[[target|label]]`, files, categories, links to other languages.

import {
  AMPERSAND,
  COLON,
  find,
  HASH,
  NEWLINE,
  OPEN_BRACKET,
  PIPE,
  skipBlanks,
  skipBlanksBack,
  SLASH,
  SPACE,
} from './bytes';
import { copyLower, LANGUAGE, lookUp, NAMESPACE, PROTOCOL, valueOf } from './dictionary';
import { emit, emitInline } from './emit';
import { decodeReference, putEntity, referenceEnd } from './entities';
import { SCRATCH } from './layout';
import { isMarkdown, keepsTargets } from './options';
import * as o from './output';
import { restoreQuotes, saveQuotes } from './quotes';
import { addCategory, addLink, recordsEnd, returnToRecord, setLabel } from './records';
import { step } from './steps';
import { endOf, EXTENSION_NODE, kindOf, LINK_NODE, nextOf, NODE_BYTES, startOf } from './tree';

// What a namespace is: the first byte of its entry.
const FILES: u8 = 1;
const CATEGORIES: u8 = 2;

/** The first pipe in a range that is in no node, or its end. */
export function findPipe(from: usize, to: usize, node: usize, last: usize): usize {
  let at = from;
  let n = node;
  while (true) {
    while (n != last && startOf(n) < at) n = nextOf(n);
    const stop = n != last ? min(startOf(n), to) : to;
    const begin = at;
    while (at < stop && load<u8>(at) != PIPE) at += 1;
    step(1 + (u32(at - begin) >> 3));
    if (at < stop || n == last || stop == to) return at;
    at = endOf(n);
    n = nextOf(n);
  }
}

/** The last pipe, or 0. */
function lastPipe(from: usize, to: usize, node: usize, last: usize): usize {
  let found: usize = 0;
  let at = from;
  while (true) {
    const pipe = findPipe(at, to, node, last);
    if (pipe == to) return found;
    found = pipe;
    at = pipe + 1;
  }
}

export function emitLink(link: usize): void {
  const from = startOf(link) + 2;
  const to = endOf(link) - 2;
  const node = link + NODE_BYTES;
  const last = nextOf(link);
  const pipe = findPipe(from, to, node, last);
  // a template, a comment or the like in the target
  if (node != last && startOf(node) < pipe) {
    const kind = kindOf(node);
    if (kind == LINK_NODE || kind == EXTENSION_NODE) emitLiteral(link);
    else emitComposed(link, pipe);
    return;
  }
  emitTarget(link, from, pipe, pipe, to, node, last);
}

/** A link whose target must be rendered first: behind what is written, and not kept. */
function emitComposed(link: usize, pipe: usize): void {
  const from = startOf(link) + 2;
  const to = endOf(link) - 2;
  const node = link + NODE_BYTES;
  const last = nextOf(link);
  if (o.muted > 0) return;
  const mark = o.markOf();
  const record = recordsEnd;
  const saved = saveQuotes();
  o.flush();
  const begin = o.out;
  emitInline(from, pipe, node, last);
  restoreQuotes(saved);
  const end = o.out;
  const length = end - begin;
  if (length == 0 || length > 1000) {
    if (length == 0) o.returnTo(mark);
    returnToRecord(record);
    return;
  }
  memory.copy(SCRATCH + 0x2000, begin, length);
  store<u64>(SCRATCH + 0x2000 + length, 0);
  o.returnTo(mark);
  returnToRecord(record);
  emitTarget(link, SCRATCH + 0x2000, SCRATCH + 0x2000 + length, pipe, to, node, last);
}

function emitTarget(link: usize, from: usize, targetTo: usize, pipe: usize, to: usize, node: usize, last: usize): void {
  let target = skipBlanks(from, targetTo);
  const isForced = target < targetTo && load<u8>(target) == COLON;
  if (isForced) target += 1;
  let targetEnd = skipBlanksBack(target, targetTo);
  if (isSimple(target, targetEnd) && !contains(AMPERSAND, target, targetEnd) && pipe + 1 != to) {
    emitPage(link, target, targetEnd, targetEnd, pipe, to, node, last);
    return;
  }
  if (targetEnd - target < 1000 && contains(AMPERSAND, target, targetEnd)) {
    const end = decodeReferences(target, targetEnd);
    target = REFERENCES;
    targetEnd = end;
    if (holdsReference(target, targetEnd)) {
      emitLiteral(link);
      return;
    }
  }
  if (hasPercent(target, targetEnd)) {
    const end = decodePercents(target, targetEnd);
    target = DECODED;
    targetEnd = end;
  }
  if (!isTitle(target, targetEnd) || pipe + 1 == to) {
    emitLiteral(link);
    return;
  }
  if (!isForced) {
    const colon = findColon(target, targetEnd);
    if (colon != 0) {
      const end = copyLower(target, skipBlanksBack(target, colon), SCRATCH);
      const namespace = lookUp(NAMESPACE, SCRATCH, end);
      if (namespace != 0) {
        const what = load<u8>(valueOf(namespace));
        if (what == FILES) {
          emitFile(pipe, to, node, last);
          return;
        }
        if (skipBlanks(colon + 1, targetEnd) == targetEnd || load<u8>(skipBlanks(colon + 1, targetEnd)) == HASH) {
          emitLiteral(link);
          return;
        }
        if (what == CATEGORIES) {
          emitCategory(skipBlanks(colon + 1, targetEnd), targetEnd, pipe, to);
          return;
        }
      } else if (lookUp(LANGUAGE, SCRATCH, end) != 0) {
        hideLine();
        return;
      } else if (isProtocol(SCRATCH, end, colon)) {
        emitLiteral(link);
        return;
      }
    }
  }
  let anchor = target;
  while (anchor < targetEnd && load<u8>(anchor) != HASH) anchor += 1;
  step(u32(targetEnd - target) >> 3);
  emitPage(link, target, targetEnd, anchor, pipe, to, node, last);
}

/** A link to a page, or a section from `anchor` on. */
function emitPage(
  link: usize,
  target: usize,
  targetEnd: usize,
  anchor: usize,
  pipe: usize,
  to: usize,
  node: usize,
  last: usize,
): void {
  // a link's label holds no link
  if (node != last && hasLinkIn(pipe, node, last)) {
    emitLiteral(link);
    return;
  }
  const record = addLink(target, skipBlanksBack(target, anchor), min(anchor + 1, targetEnd), targetEnd);
  const begin = o.out;
  const saved = saveQuotes();
  const hasTarget = isMarkdown && keepsTargets && o.muted == 0;
  const before = o.markOf();
  if (hasTarget) o.putByte(OPEN_BRACKET);
  const labelFrom = o.out;
  if (pipe < to) {
    const mark = o.out;
    emitInline(skipBlanks(pipe + 1, to), skipBlanksBack(pipe + 1, to), node, last);
    if (o.out == mark) o.setAfterDrop(true);
    else if (load<u8>(to - 1) == SPACE) o.putByte(SPACE);
  } else emitName(target, targetEnd);
  restoreQuotes(saved);
  if (hasTarget) {
    if (o.out == labelFrom) o.returnTo(before);
    else putTarget(target, targetEnd);
    setLabel(record, labelFrom, o.out);
    return;
  }
  setLabel(record, labelStart(begin), o.out);
}

/** `](target)`, with underscores for spaces. */
function putTarget(from: usize, to: usize): void {
  o.putByte(0x5d);
  o.putByte(0x28);
  for (let at = from; at < to; at += 1) {
    const byte = load<u8>(at);
    if (byte == SPACE) o.putByte(0x5f);
    else if (byte == 0x28 || byte == 0x29) {
      // a parenthesis would end it
      o.putByte(0x25);
      o.putByte(0x32);
      o.putByte(byte == 0x28 ? 0x38 : 0x39);
    } else o.putByte(byte);
  }
  o.putByte(0x29);
}

/** Behind the break that was written before a label. */
function labelStart(begin: usize): usize {
  let at = begin;
  while (at < o.out && load<u8>(at) <= SPACE) at += 1;
  return at;
}

/** Whether a target has no byte that means something: most have none. */
function isSimple(from: usize, to: usize): bool {
  if (from >= to || to - from > 255 || load<u8>(from) == 0x2e) return false;
  let found = i8x16.splat(0);
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    // the three between `{` and `}`, and `[` to `]`
    const bracket = i8x16.le_u(i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x7b)), i8x16.splat(2));
    const angle = i8x16.eq(v128.or(bytes, i8x16.splat(2)), i8x16.splat(0x3e));
    const control = v128.or(i8x16.lt_u(bytes, i8x16.splat(SPACE)), i8x16.eq(bytes, i8x16.splat(0x7f)));
    const mark = v128.or(i8x16.eq(bytes, i8x16.splat(0x25)), i8x16.eq(bytes, i8x16.splat(HASH)));
    const sign = v128.or(i8x16.eq(bytes, i8x16.splat(COLON)), i8x16.eq(bytes, i8x16.splat(SLASH)));
    const special = v128.or(v128.or(bracket, angle), v128.or(control, v128.or(mark, sign)));
    const left = to - at;
    if (left < 16) return !v128.any_true(found) && (i8x16.bitmask(special) & ((1 << i32(left)) - 1)) == 0;
    found = v128.or(found, special);
  }
  return !v128.any_true(found);
}

function hasLinkIn(pipe: usize, node: usize, last: usize): bool {
  for (let n = node; n != last; n = nextOf(n)) {
    step(1);
    if (kindOf(n) == LINK_NODE && startOf(n) > pipe) return true;
  }
  return false;
}

/** Where a target is decoded to, and one with references before. */
const DECODED: usize = SCRATCH + 0x6000;
const REFERENCES: usize = SCRATCH + 0x7000;

function contains(byte: u8, from: usize, to: usize): bool {
  return find(byte, from, to) < to;
}

/** Resolves `&amp;` and its like. Returns where the result ends. */
function decodeReferences(from: usize, to: usize): usize {
  let target = REFERENCES;
  let at = from;
  while (at < to) {
    if (load<u8>(at) == AMPERSAND) {
      target = decodeReference(at, to, target);
      at = referenceEnd;
    } else {
      store<u8>(target, load<u8>(at));
      target += 1;
      at += 1;
    }
  }
  store<u64>(target, 0);
  return target;
}

/** Whether something is left that looks like a reference: no title holds one. */
function holdsReference(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 1) {
    if (load<u8>(at) != AMPERSAND) continue;
    const end = decodeReference(at, to, DECODED);
    if (referenceEnd > at + 1 && end > DECODED) return true;
  }
  return false;
}

function hasPercent(from: usize, to: usize): bool {
  if (to - from > 1000) return false;
  for (let at = from; at + 2 < to; at += 1) {
    if (load<u8>(at) == 0x25 && hexOf(load<u8>(at, 1)) < 16 && hexOf(load<u8>(at, 2)) < 16) return true;
  }
  return false;
}

/** `%25` is a percent sign in a target. Returns where the decoded text ends. */
function decodePercents(from: usize, to: usize): usize {
  let out = DECODED;
  let at = from;
  while (at < to) {
    const byte = load<u8>(at);
    if (byte == 0x25 && at + 2 < to && hexOf(load<u8>(at, 1)) < 16 && hexOf(load<u8>(at, 2)) < 16) {
      store<u8>(out, u8(hexOf(load<u8>(at, 1)) * 16 + hexOf(load<u8>(at, 2))));
      at += 3;
    } else {
      store<u8>(out, byte);
      at += 1;
    }
    out += 1;
  }
  store<u64>(out, 0);
  return out;
}

function hexOf(byte: u8): u32 {
  if (byte - 0x30 < 10) return byte - 0x30;
  const letter = byte | 0x20;
  return letter - 0x61 < 6 ? letter - 0x57 : 16;
}

/** A target that is shown itself; apostrophes mean nothing there. */
function emitName(from: usize, to: usize): void {
  let end = to;
  let at = from;
  // `[[/a/]]` is shown without its slashes
  if (load<u8>(from) == SLASH && to > from + 2 && load<u8>(to - 1) == SLASH && load<u8>(from - 1) != COLON) {
    while (end > from + 1 && load<u8>(end - 1) == SLASH) end -= 1;
    at += 1;
  }
  while (at < end) {
    const begin = at;
    while (at < end && load<u8>(at) != AMPERSAND && !(load<u8>(at) == SPACE && load<u8>(at + 1) == SPACE)) at += 1;
    o.putText(begin, at);
    if (at == end) break;
    at = load<u8>(at) == AMPERSAND ? putEntity(at, end) : at + 1;
  }
  step(1 + (u32(to - from) >> 3));
}

/** What is no link after all: its brackets are text, and the rest is what it is. */
function emitLiteral(link: usize): void {
  const from = startOf(link);
  o.putByte(OPEN_BRACKET);
  emit(from + 1, endOf(link), link + NODE_BYTES, nextOf(link));
}

/** Files are left out, but what their caption links to is found. */
function emitFile(pipe: usize, to: usize, node: usize, last: usize): void {
  o.setAfterDrop(true);
  if (pipe == to) return;
  const caption = lastPipe(pipe, to, node, last);
  if (caption == 0) return;
  const saved = saveQuotes();
  const isLineStart = o.isLineStart;
  o.mute();
  emitInline(caption + 1, to, node, last);
  o.unmute();
  o.setLineStart(isLineStart);
  restoreQuotes(saved);
}

function emitCategory(from: usize, to: usize, pipe: usize, end: usize): void {
  const key = min(pipe + 1, end);
  addCategory(from, to, key, end);
  hideLine();
}

function hideLine(): void {
  o.setAfterDrop(true);
  if (o.isLineStart) o.setSwallowsLine(true);
}

function findColon(from: usize, to: usize): usize {
  for (let at = from; at < to; at += 1) if (load<u8>(at) == COLON) return at;
  return 0;
}

function isProtocol(from: usize, to: usize, colon: usize): bool {
  store<u8>(to, COLON);
  return lookUp(PROTOCOL, from, to + 1) != 0;
}

/** `.`, `..`, and what holds them between slashes, are paths and no titles. */
function hasDots(from: usize, to: usize): bool {
  let begin = from;
  for (let at = from; at <= to; at += 1) {
    if (at < to && load<u8>(at) == HASH) return false;
    if (at < to && load<u8>(at) != SLASH) continue;
    const length = at - begin;
    if (length == 1 && load<u8>(begin) == 0x2e) return true;
    if (length == 2 && load<u16>(begin) == 0x2e2e) return true;
    begin = at + 1;
  }
  return false;
}

/** Whether MediaWiki takes it for a title or a section. */
export function isTitle(from: usize, to: usize): bool {
  if (from >= to) return false;
  let length = to - from;
  if (load<u16>(from) == 0x2f2f || hasDots(from, to)) return false;
  for (let at = from; at < to; at += 1) {
    const byte = load<u8>(at);
    if (byte == 0x25 && at + 2 < to && hexOf(load<u8>(at, 1)) < 16 && hexOf(load<u8>(at, 2)) < 16) return false;
    if (byte < SPACE || byte == 0x7f || byte == 0x3c || byte == 0x3e) return false;
    if ((from == DECODED || from == REFERENCES) && length < to - from) continue;
    if (byte == OPEN_BRACKET || byte == 0x5d || byte == 0x7b || byte == 0x7d || byte == PIPE || byte == NEWLINE)
      return false;
    if (byte == HASH) length = at - from;
  }
  step(1 + (u32(to - from) >> 3));
  return length <= 512;
}
