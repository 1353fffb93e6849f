// From the tree to text: a range of the wikitext with the nodes that stand in it, written in order.

import {
  AMPERSAND,
  APOSTROPHE,
  ASTERISK,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  copyBytes,
  DOT,
  EQUALS,
  EXCLAMATION,
  find,
  GREATER,
  HASH,
  HYPHEN,
  isBlank,
  isLetter,
  LESS,
  NEWLINE,
  OPEN_BRACKET,
  PIPE,
  SEMICOLON,
  skipBlanks,
  skipBlanksBack,
  skipSpaces,
  SLASH,
  SPACE,
  TAB,
  UNDERSCORE,
} from './bytes';
import { copyLower, lookUp, PROTOCOL, REFERENCE_SECTION, SWITCH, valueOf } from './dictionary';
import { putEntity, putSpace } from './entities';
import { emitExtension } from './extensions';
import { outputLimit, output, SCRATCH } from './layout';
import { emitLink } from './links';
import { isMarkdown, keepsReferenceSections, keepsTables, keepsTargets } from './options';
import * as o from './output';
import { emitQuotes, resetQuotes } from './quotes';
import { exhaust, isExhausted, step } from './steps';
import { beginTables, emitTable, emitTableLine, meetLine, openTable, tableDepth } from './tables';
import { emitTag, resetTags } from './tags';
import { voidSection } from './records';
import { emitTemplate, emitArgument, isCitation } from './templates';
import {
  ARGUMENT_NODE,
  DEAD,
  EXTENSION_NODE,
  endOf,
  HIDDEN_NODE,
  kindOf,
  LINK_NODE,
  nextOf,
  OPEN_TABLE_NODE,
  startOf,
  TABLE_NODE,
  TEMPLATE_NODE,
  VARIANT_NODE,
} from './tree';
import { emitVariant } from './variants';

/** MediaWiki expands 100 levels at most; what is nested deeper than this is left out, and counted. */
const MAX_DEPTH: i32 = 100;

let depth: i32 = 0;
/** Within a heading, a label or the like: a line break is a space there. */
export let inlineDepth: i32 = 0;
export let flattened: u32 = 0;
/** External links without a label are numbered. */
let linkNumber: u32 = 0;
/** A `]` was looked for from here on in vain, up to … */
let noBracketFrom: usize = 0;
let noBracketTo: usize = 0;

/** The last heading that was written: its level, where it begins and ends, and whether references were left out below it. */
let headingLevel: usize = 0;
let headingMark: u64 = 0;
let headingEnd: usize = 0;
let hasLeftOut: bool = false;

/** At the end of a text. */
export function endEmit(): void {
  dropEmptyHeading(0);
}

/** The level of the section that is left out, or 0. */
let leftOutLevel: usize = 0;

export function beginEmit(): void {
  leftOutLevel = 0;
  headingLevel = 0;
  hasLeftOut = false;
  depth = 0;
  inlineDepth = 0;
  flattened = 0;
  linkNumber = 0;
  noBracketFrom = 0;
  noBracketTo = 0;
  resetQuotes();
  resetTags();
  beginTables();
}

/** Writes a range; `node` to `last` are the nodes in it, or more. */
export function emit(from: usize, to: usize, node: usize, last: usize): void {
  if (depth == MAX_DEPTH) {
    flattened += 1;
    return;
  }
  depth += 1;
  let at = from;
  let n = node;
  while (true) {
    while (n != last && (startOf(n) < at || kindOf(n) == DEAD)) {
      n = nextOf(n);
      step(1);
    }
    if (n != last && startOf(n) >= to) n = last;
    const stop = n != last ? startOf(n) : to;
    while (at < stop && !isExhausted) at = emitText(at, stop, to, n, last);
    if (isExhausted) break;
    if (n == last || at > stop) {
      if (at >= to) break;
      continue;
    }
    if (kindOf(n) == OPEN_TABLE_NODE) at = emitOpenTable(n, to, last);
    else {
      emitNode(n);
      at = endOf(n);
    }
    n = nextOf(n);
  }
  depth -= 1;
}

/** As `emit`, where no block may begin. */
export function emitInline(from: usize, to: usize, node: usize, last: usize): void {
  inlineDepth += 1;
  emit(from, to, node, last);
  inlineDepth -= 1;
}

function emitNode(node: usize): void {
  step(1);
  const kind = kindOf(node);
  if (kind == HIDDEN_NODE) o.setAfterDrop(true);
  else if (kind == LINK_NODE) emitLink(node);
  else if (kind == TEMPLATE_NODE) emitTemplate(node);
  else if (kind == EXTENSION_NODE) emitExtension(node);
  else if (kind == TABLE_NODE) emitTable(node);
  else if (kind == ARGUMENT_NODE) emitArgument(node);
  else if (kind == VARIANT_NODE) emitVariant(node);
}

/** A table that is not closed goes on to the end, or, where tables are left out, to the next heading. */
function emitOpenTable(node: usize, to: usize, last: usize): usize {
  const end = lineEnd(endOf(node), to, nextOf(node), last);
  if (o.muted > 0) return end;
  if (keepsTables && !isMarkdown) openTable();
  else {
    o.setPending(o.PARAGRAPH);
    o.setMuted(1);
  }
  return end;
}

/** Blocks may begin in a cell, wherever its table stands. */
export function leaveInline(): i32 {
  const saved = inlineDepth;
  inlineDepth = 0;
  return saved;
}

export function returnInline(saved: i32): void {
  inlineDepth = saved;
}

/** Text up to `stop`, or a part of it, or what begins before `stop` and ends behind it. Returns where it went on to. */
function emitText(from: usize, stop: usize, to: usize, node: usize, last: usize): usize {
  let at = from;
  if (o.isLineStart && inlineDepth == 0) {
    at = emitLineStart(at, stop, to, node, last);
    if (at != from) return at;
  }
  let marks = marksAt(at);
  if ((marks & 1) == 0) {
    const first = load<u8>(at);
    if (first == SPACE && o.awaitsEmphasis() && o.muted == 0 && !o.isLineStart && !isSpaceBefore()) {
      o.put(SPACE);
      return at + 1;
    }
    if (first == SPACE && (o.pending != o.NOTHING || o.out == output || isSpaceBefore())) return at + 1;
    if (o.muted > 0) {
      o.setLineStart(false);
      return skipText(at, stop, marks);
    }
    if (o.isAfterDrop) {
      o.setAfterDrop(false);
      if (tidy(first)) return at + 1;
    }
    o.flush();
    return copyText(at, stop, marks);
  }
  const byte = load<u8>(at);
  step(1);
  if (byte == NEWLINE) {
    if (inlineDepth == 0) {
      o.setLineStart(true);
      resetQuotes();
    }
    o.setPending(o.GAP);
    return at + 1;
  }
  if (byte == SPACE || byte == 0) return at + 1;
  if (byte == TAB) {
    putSpace();
    return at + 1;
  }
  if (byte == APOSTROPHE) return emitQuotes(at, stop, to, node, last);
  if (byte == AMPERSAND) return putEntity(at, stop);
  if (byte == LESS) {
    const end = emitTag(at, to, node, last);
    if (end != at) return end;
  } else if (byte == OPEN_BRACKET) {
    const end = emitExternalLink(at, stop, to, node, last);
    if (end != at) return end;
  } else if (byte == UNDERSCORE) {
    const end = skipSwitch(at, stop);
    if (end != at) return end;
  }
  o.putByte(byte);
  if (o.muted > 0) o.setLineStart(false);
  return at + 1;
}

function isSpaceBefore(): bool {
  const byte = load<u8>(o.out - 1);
  // behind `(` where the first thing in the parenthesis was left out
  if (byte == 0x28) return o.isAfterDrop;
  return byte == SPACE || byte == NEWLINE || byte == TAB;
}

/** A bit for each of 16 bytes that is not copied as it is. */
function marksAt(at: usize): i32 {
  const bytes = v128.load(at);
  const space = i8x16.eq(bytes, i8x16.splat(SPACE));
  const spaces = v128.and(space, i8x16.eq(v128.load(at, 1), i8x16.splat(SPACE)));
  // `&` and `'` differ in one bit; so do tab and newline, but for vertical tab and its like, which do not occur
  const quote = i8x16.eq(v128.or(bytes, i8x16.splat(1)), i8x16.splat(APOSTROPHE));
  const control = i8x16.lt_u(bytes, i8x16.splat(SPACE));
  const less = i8x16.eq(bytes, i8x16.splat(LESS));
  // `[` and `_` differ in one bit
  const bracket = i8x16.eq(v128.or(bytes, i8x16.splat(4)), i8x16.splat(UNDERSCORE));
  return i8x16.bitmask(v128.or(v128.or(v128.or(quote, control), v128.or(less, bracket)), spaces));
}

function copyText(from: usize, stop: usize, first: i32): usize {
  let at = from;
  let marks = first;
  let target = o.out;
  if (target + (stop - from) > outputLimit) {
    exhaust();
    return stop;
  }
  while (true) {
    v128.store(target, v128.load(at));
    if (marks != 0) {
      const length = min(usize(ctz(marks)), stop - at);
      o.setOut(target + length);
      step(1 + (u32(at - from) >> 5));
      return at + length;
    }
    if (at + 16 >= stop) {
      o.setOut(target + (stop - at));
      step(1 + (u32(at - from) >> 5));
      return stop;
    }
    at += 16;
    target += 16;
    marks = marksAt(at);
  }
}

function skipText(from: usize, stop: usize, first: i32): usize {
  let at = from;
  let marks = first;
  while (marks == 0 && at < stop) {
    at += 16;
    marks = marksAt(at);
  }
  step(1 + (u32(at - from) >> 5));
  return min(marks == 0 ? at : at + usize(ctz(marks)), stop);
}

/** What was dropped may have left a space before a comma, or an empty parenthesis. Whether `byte` goes too. */
function tidy(byte: u8): bool {
  const isClosing = byte == 0x29;
  if (!isClosing && byte != COMMA && byte != SEMICOLON && byte != DOT && byte != COLON) return false;
  if (o.pending != o.NOTHING || o.out == output) return false;
  o.trimSpaces(output);
  if (o.out == output || load<u8>(o.out - 1) != 0x28) return false;
  if (isClosing) {
    o.setOut(o.out - 1);
    o.setAfterDrop(true);
    return true;
  }
  // `(; a` is `(a`
  o.setAfterDrop(true);
  return true;
}

/** `__NOTOC__` and its like. */
function skipSwitch(at: usize, stop: usize): usize {
  if (load<u8>(at, 1) != UNDERSCORE) return at;
  let end = at + 2;
  const most = min(stop, at + 66);
  while (end < most && load<u8>(end) != UNDERSCORE && load<u8>(end) > SPACE) end += 1;
  step(u32(end - at) >> 3);
  if (end + 1 >= stop || load<u16>(end) != 0x5f5f || end == at + 2) return at;
  if (lookUp(SWITCH, SCRATCH, copyLower(at + 2, end, SCRATCH)) == 0) return at;
  return end + 2;
}

// Lines

/** Where the line ends that `at` stands in, and where what is visible in it ends. */
let visibleEnd: usize = 0;

export function lineEnd(from: usize, to: usize, node: usize, last: usize): usize {
  let at = from;
  let n = node;
  visibleEnd = from;
  while (true) {
    while (n != last && startOf(n) < at) n = nextOf(n);
    const stop = n != last ? min(startOf(n), to) : to;
    const end = find(NEWLINE, at, stop);
    const visible = skipBlanksBack(at, end);
    if (visible > at) visibleEnd = visible;
    if (end < stop || n == last || stop == to) return end;
    step(1);
    const kind = kindOf(n);
    at = endOf(n);
    // a comment may take its line's end with it
    if (kind == HIDDEN_NODE) {
      if (load<u8>(at - 1) == NEWLINE) return at - 1;
    } else if (kind != DEAD) visibleEnd = at;
    n = nextOf(n);
  }
}

/** What the beginning of a line says of the block. Returns `at` where the line is prose, which is not begun yet. */
function emitLineStart(at: usize, stop: usize, to: usize, node: usize, last: usize): usize {
  const byte = load<u8>(at);
  if (tableDepth > 0 && o.muted == 0) {
    const text = skipSpaces(at, stop);
    const mark = load<u8>(text);
    if (text < stop && (mark == PIPE || mark == EXCLAMATION)) return emitTableLine(text, to, node, last);
    if (text < stop && mark != NEWLINE) meetLine();
  }
  if (byte > 0x40) {
    o.setSwallowsLine(false);
    return at;
  }
  step(1);
  if (byte == NEWLINE) {
    if (o.swallowsLine) o.setSwallowsLine(false);
    else o.endBlock();
    return at + 1;
  }
  if (byte == SPACE || byte == TAB) return emitIndented(at, stop, to);
  if (byte == EQUALS) return emitHeading(at, to, node, last);
  if (byte == ASTERISK || byte == HASH || byte == COLON || byte == SEMICOLON) return emitItem(at, stop, to, node, last);
  if (byte == HYPHEN && load<u32>(at) == 0x2d2d2d2d) {
    let end = at + 4;
    while (end < stop && load<u8>(end) == HYPHEN) end += 1;
    step(u32(end - at) >> 2);
    o.endBlock();
    if (end < stop && load<u8>(end) != NEWLINE) o.breakBlock();
    return end;
  }
  return at;
}

/** A line that begins with spaces is preformatted, unless nothing else or something of another kind is in it. */
function emitIndented(at: usize, stop: usize, to: usize): usize {
  const text = skipSpaces(at, stop);
  if (text == to) return to;
  if (text == stop) return stop;
  const byte = load<u8>(text);
  if (byte == NEWLINE) {
    o.endBlock();
    return text + 1;
  }
  if (byte == LESS) {
    return text;
  }
  if (o.muted == 0) o.beginBlock(o.PREFORMATTED);
  else o.setLineStart(false);
  return text;
}

function emitHeading(at: usize, to: usize, node: usize, last: usize): usize {
  const end = lineEnd(at, to, node, last);
  let titleEnd = visibleEnd;
  let first = at;
  while (first < titleEnd && load<u8>(first) == EQUALS) first += 1;
  let behind = titleEnd;
  while (behind > first && load<u8>(behind - 1) == EQUALS) behind -= 1;
  step(u32(first - at + titleEnd - behind) >> 2);
  let level: usize;
  if (first == titleEnd) {
    const count = first - at;
    if (count < 3) return at;
    level = min((count - 1) / 2, 6);
  } else {
    level = min(min(first - at, titleEnd - behind), 6);
    if (level == 0) return at;
  }
  const from = skipSpaces(at + level, titleEnd - level);
  titleEnd = skipBlanksBack(from, titleEnd - level);
  resetTags();
  if (leftOutLevel == 0 || level <= leftOutLevel) {
    // whatever was left open ends here
    const isLeftOut =
      !keepsReferenceSections &&
      lookUp(REFERENCE_SECTION, SCRATCH, copyLower(from, min(titleEnd, from + 250), SCRATCH)) != 0;
    leftOutLevel = isLeftOut ? level : 0;
    o.setMuted(isLeftOut ? 1 : 0);
  } else o.setMuted(1);
  if (o.muted > 0) emitInline(from, titleEnd, node, last);
  else {
    dropEmptyHeading(level);
    headingMark = o.markOf();
    o.beginHeading(u32(level));
    emitInline(from, titleEnd, node, last);
    o.endHeading();
    headingEnd = o.out;
    headingLevel = level;
    hasLeftOut = false;
  }
  resetQuotes();
  o.setLineStart(true);
  return min(end + 1, to);
}

function emitItem(at: usize, stop: usize, to: usize, node: usize, last: usize): usize {
  let end = at;
  while (end < stop && isItemMark(load<u8>(end))) end += 1;
  step(u32(end - at) >> 2);
  const text = skipSpaces(end, stop);
  // a table that is indented
  if (text == stop && node != last && kindOf(node) >= TABLE_NODE) return text;
  if (o.muted > 0) {
    o.setLineStart(false);
    return text;
  }
  if (text == stop && node != last && startOf(node) == text && isCitation(node) && !keepsReferenceSections) {
    return leaveOutReference(text, to, node, last);
  }
  o.beginItem(at, end);
  if (load<u8>(end - 1) != SEMICOLON) return text == stop && stop == to ? to : text;
  const limit = lineEnd(text, to, node, last);
  const colon = findColon(text, limit, node, last);
  if (colon == limit) return text;
  emitInline(text, colon, node, last);
  o.setLineStart(true);
  o.beginItem(at, end);
  const definition = skipSpaces(colon + 1, limit);
  return definition;
}

/** A list item that begins with a citation is a reference. */
function leaveOutReference(from: usize, to: usize, node: usize, last: usize): usize {
  const end = lineEnd(from, to, node, last);
  o.mute();
  emitInline(from, end, node, last);
  o.unmute();
  hasLeftOut = true;
  o.setLineStart(true);
  return min(end + 1, to);
}

/** The last heading goes too, where nothing but references stood below it. */
function dropEmptyHeading(level: usize): void {
  if (headingLevel >= level && hasLeftOut && o.out == headingEnd && headingLevel != 0) {
    o.returnTo(headingMark);
    voidSection();
  }
  headingLevel = 0;
}

function isItemMark(byte: u8): bool {
  return byte == ASTERISK || byte == HASH || byte == COLON || byte == SEMICOLON;
}

/** The colon that ends a term: not in a link, a tag or an address. */
function findColon(from: usize, to: usize, node: usize, last: usize): usize {
  let at = from;
  let n = node;
  let tags = 0;
  let isEmphasised = false;
  let resume: usize = 0;
  while (true) {
    while (n != last && startOf(n) < at) n = nextOf(n);
    const stop = n != last ? min(startOf(n), to) : to;
    for (; at < stop; at += 1) {
      const byte = load<u8>(at);
      if (byte == LESS) {
        if (load<u8>(at, 1) == SLASH) tags -= 1;
        else if (isLetter(load<u8>(at, 1))) tags += 1;
        const end = find(GREATER, at, stop);
        if (end == stop) continue;
        if (load<u8>(end - 1) == SLASH) tags -= 1;
        at = end;
      } else if (byte == APOSTROPHE && load<u8>(at, 1) == APOSTROPHE) {
        while (at + 1 < stop && load<u8>(at, 1) == APOSTROPHE) at += 1;
        isEmphasised = !isEmphasised;
      } else if (byte == OPEN_BRACKET && isAddress(at + 1, stop)) {
        const end = findBracket(at, to, n, last);
        if (end < stop) at = end;
        else if (end < to) {
          resume = end;
          break;
        }
      } else if (byte == COLON && tags <= 0 && !isEmphasised && !endsProtocol(from, at, stop)) return at;
    }
    step(1 + (u32(to - from) >> 6));
    if (resume != 0) {
      at = resume;
      resume = 0;
      continue;
    }
    if (n == last || stop == to) return to;
    at = endOf(n);
    n = nextOf(n);
  }
}

/** Whether a colon belongs to an address, as in `http://…` and `news:…`. */
function endsProtocol(from: usize, colon: usize, stop: usize): bool {
  let at = colon;
  while (at > from && colon - at < 16 && isLetter(load<u8>(at - 1))) at -= 1;
  return at < colon && isAddress(at, stop) && colon + 1 < stop && load<u8>(colon, 1) > SPACE;
}

// External links

/** `[http://… label]`. Returns `at` where it is none. */
function emitExternalLink(at: usize, stop: usize, to: usize, node: usize, last: usize): usize {
  const address = at + 1;
  if (address >= stop || !isAddress(address, stop)) return at;
  if (at >= noBracketFrom && at < noBracketTo) return at;
  const end = findBracket(addressStart(address, stop), to, node, last);
  if (end == to) return at;
  let label = addressStart(address, min(end, stop));
  const addressStop = min(end, stop);
  while (label < addressStop && !endsAddress(load<u8>(label)) && !isWideSpace(label)) label += 1;
  step(u32(label - address) >> 2);
  // quotes end an address
  for (let i = address; i + 1 < label; i += 1) {
    if (load<u16>(i) == 0x2727) label = i;
  }
  let n = node;
  if (label == stop && stop < end) {
    // a template in the address: to the next space
    let place = stop;
    while (n != last && startOf(n) < end) {
      if (startOf(n) > place) break;
      place = endOf(n);
      n = nextOf(n);
      step(1);
    }
    label = place;
    const next = n != last ? min(startOf(n), end) : end;
    while (label < next && !endsAddress(load<u8>(label))) label += 1;
    step(u32(label - place) >> 2);
  }
  let text = skipSpaces(label, end);
  while (text + 3 <= end && isWideSpace(text)) text += 3;
  if (text == end) {
    linkNumber += 1;
    if (o.muted == 0) {
      o.flush();
      o.put(OPEN_BRACKET);
      o.putNumber(linkNumber);
      o.put(CLOSE_BRACKET);
    }
  } else {
    const hasTarget = isMarkdown && keepsTargets && o.muted == 0;
    if (hasTarget) o.putByte(OPEN_BRACKET);
    emitInline(text, end, n, last);
    if (hasTarget) {
      o.putByte(CLOSE_BRACKET);
      o.putByte(0x28);
      o.putText(address, min(label, stop));
      o.putByte(0x29);
    }
  }
  return end + 1;
}

/** U+3000 and its like end an address as a space does. */
function isWideSpace(at: usize): bool {
  const first = load<u8>(at);
  if (first == 0xe3) return load<u16>(at, 1) == 0x8080;
  return first == 0xe2 && load<u8>(at, 1) == 0x80 && load<u8>(at, 2) <= 0x8a;
}

/** Behind the protocol, and behind a host that is an address of IPv6 in brackets. */
function addressStart(from: usize, to: usize): usize {
  let at = from;
  while (at < to && load<u8>(at) != COLON && load<u8>(at) != SLASH) at += 1;
  if (load<u32>(at) != 0x5b2f2f3a) return from;
  let end = at + 4;
  while (end < to && (isHexOrColon(load<u8>(end)) || load<u8>(end) == DOT)) end += 1;
  // the bracket that was found may be this one
  return end <= to && load<u8>(end) == CLOSE_BRACKET ? end + 1 : from;
}

function isHexOrColon(byte: u8): bool {
  return byte == COLON || byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 6;
}

function endsAddress(byte: u8): bool {
  return (
    byte <= SPACE ||
    byte == LESS ||
    byte == GREATER ||
    byte == 0x22 ||
    byte == OPEN_BRACKET ||
    byte == CLOSE_BRACKET ||
    byte == 0x7f
  );
}

/** Of a protocol: it is followed by two slashes. */
const WITH_SLASHES: u8 = 1;

/** Whether something follows a protocol that MediaWiki links. */
function isAddress(at: usize, stop: usize): bool {
  if (load<u16>(at) == 0x2f2f) return at + 2 < stop && !endsAddress(load<u8>(at, 2));
  let end = at;
  const most = min(stop, at + 16);
  while (end < most && (isLetter(load<u8>(end)) || load<u8>(end) == DOT || load<u8>(end) == 0x2b)) end += 1;
  if (end == at || end >= stop || load<u8>(end) != COLON) return false;
  const entry = lookUp(PROTOCOL, SCRATCH, copyLower(at, end + 1, SCRATCH));
  if (entry == 0) return false;
  end += 1;
  const hasSlashes = load<u16>(end) == 0x2f2f;
  if (load<u8>(valueOf(entry)) == WITH_SLASHES && !hasSlashes) return false;
  if (hasSlashes) end += 2;
  // a template may follow, or an address of IPv6
  return end >= stop || load<u8>(end) == OPEN_BRACKET || !endsAddress(load<u8>(end));
}

/** The next `]` of the line that is in no node, or `to`. */
function findBracket(from: usize, to: usize, node: usize, last: usize): usize {
  let at = from;
  let n = node;
  while (true) {
    while (n != last && startOf(n) < at) n = nextOf(n);
    const stop = n != last ? min(startOf(n), to) : to;
    const begin = at;
    while (at < stop && load<u8>(at) != CLOSE_BRACKET && load<u8>(at) != NEWLINE) at += 1;
    step(1 + (u32(at - begin) >> 3));
    if (at < stop && load<u8>(at) == CLOSE_BRACKET) return at;
    if (at < stop || n == last || stop == to) {
      noBracketFrom = from;
      noBracketTo = at;
      return to;
    }
    at = endOf(n);
    n = nextOf(n);
  }
}

export function trimmedFrom(from: usize, to: usize): usize {
  return skipBlanks(from, to);
}

export function isBlankByte(byte: u8): bool {
  return isBlank(byte);
}

export function copyOut(from: usize, to: usize, target: usize): usize {
  return copyBytes(from, to, target);
}
