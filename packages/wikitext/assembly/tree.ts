// The structure of a text as MediaWiki's preprocessor sees it, in one pass: templates `{{…}}`, arguments `{{{…}}}`, links
// `[[…]]`, tables, comments, extension tags. Everything that stands within a pair of brackets is a node within that node.
//
// The tree is flat: nodes in the order of their beginnings (pre-order), so that a node's children are the nodes behind it, up to
// the node that `nextOf` names. A run of brackets that was never closed leaves dead nodes, and its bytes are text.
// A node takes NODE_BYTES, and there is at most one for two bytes of text. While a run is open its first node holds the stack.

import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  EXCLAMATION,
  GREATER,
  HYPHEN,
  isBlank,
  isLetter,
  LESS,
  NEWLINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PIPE,
  SLASH,
  SPACE,
  TAB,
  find,
} from './bytes';
import { copyLower, EXTENSION, lookUp, valueOf } from './dictionary';
import { inputEnd, INPUT, SCRATCH, tree } from './layout';
import { isExhausted, step } from './steps';

export const NODE_BYTES: usize = 16;
const START: usize = 0; // u32: address of its first byte
const END: usize = 4; // u32: address behind its last byte; of an open run: how many brackets are open
const NEXT: usize = 8; // u32: address of the node behind it and its children; of an open run: the run that it stands in
const KIND: usize = 12; // u8
const DETAIL: usize = 13; // u8: what kind of extension tag; of an open run: how many of its nodes are used
const RUN_NODES: usize = 14; // u16: of an open run: how many nodes it has

export const DEAD: u8 = 0;
export const TEMPLATE_NODE: u8 = 1;
export const ARGUMENT_NODE: u8 = 2;
export const LINK_NODE: u8 = 3;
export const VARIANT_NODE: u8 = 4;
/** Nothing of it is shown. */
export const HIDDEN_NODE: u8 = 5;
/** Its body is described by the node behind it. */
export const EXTENSION_NODE: u8 = 6;
export const TABLE_NODE: u8 = 7;
/** A table that is never closed: only its `{|`. */
export const OPEN_TABLE_NODE: u8 = 8;
const BODY_NODE: u8 = 9;
const OPEN_BRACES: u8 = 16;
const OPEN_BRACKETS: u8 = 17;
const OPEN_VARIANT: u8 = 18;
const OPEN_TABLE: u8 = 19;

// What an extension tag is: the first byte of its entry in the dictionary.
export const DROPPED: u8 = 1;
export const NOWIKI: u8 = 2;
export const PRE: u8 = 3;
export const MATH: u8 = 4;
export const GALLERY: u8 = 5;
export const POEM: u8 = 6;
export const CODE: u8 = 7;
/** The tags are hidden, and what is between them is shown. */
export const TRANSPARENT: u8 = 8;
/** As DROPPED, and to the end of the text where it is not closed. */
export const INCLUDE_ONLY: u8 = 9;
/** Counts as an element of its own, but its content is wikitext. */
export const CHEMISTRY: u8 = 10;

/** Of a longer run of brackets only the last so many count. */
const MAX_RUN: u32 = 500;
/** A closing table looks through so many links that were never closed. */
const MAX_LINKS_IN_TABLE: i32 = 8;

let nodes: usize = 0;
/** The innermost open run, or 0. */
let top: usize = 0;
let hasVariants: bool = false;
/** Extension tags of which no closing tag follows: a bit for each kind of entry, see `findClosingTag`. */
let noGreater: bool = false;

export function firstNode(): usize {
  return tree;
}

export function lastNode(): usize {
  return nodes;
}

export function startOf(node: usize): usize {
  return load<u32>(node, START);
}

export function endOf(node: usize): usize {
  return load<u32>(node, END);
}

export function nextOf(node: usize): usize {
  return load<u32>(node, NEXT);
}

export function kindOf(node: usize): u8 {
  return load<u8>(node, KIND);
}

export function detailOf(node: usize): u8 {
  return load<u8>(node, DETAIL);
}

/** Of an extension node: where its body begins … */
export function bodyOf(node: usize): usize {
  return load<u32>(node + NODE_BYTES, START);
}

/** … and ends. */
export function bodyEnd(node: usize): usize {
  return load<u32>(node + NODE_BYTES, END);
}

/** Reads INPUT. `variants`: whether the wiki's language has variants, so that `-{…}-` means something. */
export function buildTree(variants: bool): void {
  hasVariants = variants;
  nodes = tree;
  top = 0;
  noGreater = false;
  forgetClosingTags();
  const to = inputEnd;
  let block = INPUT;
  let marks = marksAt(block);
  let resume = INPUT;
  while (true) {
    while (marks == 0) {
      block += 64;
      if (block >= to) break;
      step(1);
      marks = marksAt(block);
    }
    if (block >= to) break;
    const at = block + usize(ctz(marks));
    marks &= marks - 1;
    if (at >= to) break;
    if (at < resume) continue;
    step(1);
    const byte = load<u8>(at);
    if (byte == LESS) resume = readTag(at);
    else if (byte == OPEN_BRACKET) resume = openBrackets(at);
    else if (byte == CLOSE_BRACKET) resume = closeBrackets(at);
    else if (byte == OPEN_BRACE) resume = openBraces(at);
    else resume = closeBraces(at);
    if (resume >= block + 64) {
      block = resume - 64;
      marks = 0;
    }
    if (isExhausted) break;
  }
  while (top != 0) abandon();
}

/** A bit for each of 64 bytes that is one of `[]{}<`. */
function marksAt(at: usize): u64 {
  return (
    marksOf(v128.load(at)) |
    (marksOf(v128.load(at, 16)) << 16) |
    (marksOf(v128.load(at, 32)) << 32) |
    (marksOf(v128.load(at, 48)) << 48)
  );
}

function marksOf(bytes: v128): u64 {
  // `[` and `{`, `]` and `}` differ in one bit
  const folded = v128.or(bytes, i8x16.splat(0x20));
  const open = i8x16.eq(folded, i8x16.splat(OPEN_BRACE));
  const close = i8x16.eq(folded, i8x16.splat(CLOSE_BRACE));
  const less = i8x16.eq(bytes, i8x16.splat(LESS));
  return u64(i8x16.bitmask(v128.or(v128.or(open, close), less)));
}

function addNode(kind: u8, from: usize, to: usize): usize {
  const node = nodes;
  store<u32>(node, u32(from), START);
  store<u32>(node, u32(to), END);
  store<u32>(node, u32(node + NODE_BYTES), NEXT);
  store<u32>(node, kind, KIND);
  nodes += NODE_BYTES;
  return node;
}

/** Opens a run of `count` brackets; it has a node for each pair. */
function openRun(kind: u8, from: usize, length: u32): void {
  const run = nodes;
  const count = min(length, MAX_RUN);
  const at = from + (length - count);
  for (let i: u32 = 0; i < count >> 1; i += 1) addNode(DEAD, at, at);
  store<u32>(run, count, END);
  store<u32>(run, u32(top), NEXT);
  store<u8>(run, kind, KIND);
  store<u8>(run, 0, DETAIL);
  store<u16>(run, u16(count >> 1), RUN_NODES);
  top = run;
}

/** Takes the innermost run from the stack; what is left of it is text. */
function abandon(): void {
  const run = top;
  top = load<u32>(run, NEXT);
  const isTable = load<u8>(run, KIND) == OPEN_TABLE;
  store<u32>(run, load<u32>(run, START) + (isTable ? 2 : 0), END);
  store<u32>(run, u32(run + NODE_BYTES), NEXT);
  store<u8>(run, isTable ? OPEN_TABLE_NODE : DEAD, KIND);
}

/** Closes `count` brackets of the innermost run at `end`. */
function closeRun(kind: u8, count: u32, end: usize): void {
  const run = top;
  const open = load<u32>(run, END);
  const left = open - count;
  const start = load<u32>(run, START) + left;
  // the pairs within come later in the order of nodes
  const used = u32(load<u8>(run, DETAIL));
  const node = run + usize(u32(load<u16>(run, RUN_NODES)) - 1 - used) * NODE_BYTES;
  const isLast = left < 2 || node == run;
  if (isLast) {
    top = load<u32>(run, NEXT);
    // nodes of the run that no pair took
    if (node != run) {
      store<u32>(run, load<u32>(run, START), END);
      store<u32>(run, u32(run + NODE_BYTES), NEXT);
      store<u8>(run, DEAD, KIND);
    }
  } else {
    store<u32>(run, left, END);
    store<u8>(run, u8(min(used + 1, 255)), DETAIL);
  }
  store<u32>(node, start, START);
  store<u32>(node, u32(end), END);
  store<u32>(node, u32(kind == DEAD ? node + NODE_BYTES : nodes), NEXT);
  store<u32>(node, kind, KIND);
}

/** What an open run is, or DEAD where none is open. */
function topKind(): u8 {
  return top == 0 ? DEAD : load<u8>(top, KIND);
}

/** How many of a byte follow each other, at most `most`. */
function runLength(byte: u8, from: usize, most: usize = 0xffffff): u32 {
  let at = from;
  while (load<u8>(at) == byte && at - from < most) at += 1;
  step(u32(at - from) >> 2);
  return u32(at - from);
}

function openBrackets(at: usize): usize {
  const count = runLength(OPEN_BRACKET, at);
  if (count >= 2) openRun(OPEN_BRACKETS, at, count);
  return at + count;
}

function closeBrackets(at: usize): usize {
  const count = runLength(CLOSE_BRACKET, at, 2);
  if (count < 2) return at + count;
  if (topKind() == OPEN_TABLE) abandonTables(OPEN_BRACKETS);
  if (topKind() != OPEN_BRACKETS) return at + count;
  // `[[[a]]]` is no link: what stands between the brackets begins with one
  closeRun((load<u32>(top, END) & 1) == 1 ? DEAD : LINK_NODE, 2, at + 2);
  return at + 2;
}

/** Tables are nothing to the preprocessor: those that are open within the brackets that close now are not closed in them. */
function abandonTables(kind: u8): void {
  let run = top;
  let seen = 0;
  while (run != 0 && load<u8>(run, KIND) == OPEN_TABLE && seen < MAX_LINKS_IN_TABLE) {
    run = load<u32>(run, NEXT);
    seen += 1;
    step(1);
  }
  if (run == 0 || load<u8>(run, KIND) != kind) return;
  while (top != run) abandon();
}

function openBraces(at: usize): usize {
  const count = runLength(OPEN_BRACE, at);
  const before = load<u8>(at - 1);
  if (hasVariants && before == HYPHEN && at > INPUT) {
    // `-{{{` is a `-{` before a template, `-{{` a template
    if (count == 1 || count == 3) {
      openRun(OPEN_VARIANT, at - 1, 2);
      if (count == 3) openRun(OPEN_BRACES, at + 1, 2);
      return at + count;
    }
  }
  if (load<u8>(at + count) == PIPE && (count == 1 || count == 3) && isLineStart(at)) {
    // `{|` and `{{{|`, which is `{{` and `{|` only where it is closed so: taken as an argument
    if (count == 1) {
      openRun(OPEN_TABLE, at, 2);
      return at + 2;
    }
  }
  if (count >= 2) openRun(OPEN_BRACES, at, count);
  return at + count;
}

/** Whether only spaces, tabs, colons and comments' ends stand between a line's beginning and `at`. */
function isLineStart(at: usize): bool {
  let before = at - 1;
  let seen = 0;
  for (; before >= INPUT && seen < 64; before -= 1, seen += 1) {
    const byte = load<u8>(before);
    if (byte == NEWLINE) return true;
    if (byte == GREATER) return before >= INPUT + 2 && load<u16>(before - 2) == 0x2d2d;
    if (byte != SPACE && byte != TAB && byte != COLON && byte != 0x2a && byte != 0x23) return false;
  }
  return before < INPUT;
}

function closeBraces(at: usize): usize {
  const before = load<u8>(at - 1);
  // `|}` at a line's beginning
  if (before == PIPE && at > INPUT && isLineStart(at - 1) && closeTable(at + 1)) return at + 1;
  const count = runLength(CLOSE_BRACE, at, 4);
  if (hasVariants && count == 1 && load<u8>(at + 1) == HYPHEN) {
    if (topKind() == OPEN_TABLE) abandonTables(OPEN_VARIANT);
    if (topKind() == OPEN_VARIANT) {
      closeRun(VARIANT_NODE, 2, at + 2);
      return at + 2;
    }
  }
  if (count < 2) return at + count;
  if (topKind() == OPEN_TABLE) abandonTables(OPEN_BRACES);
  if (topKind() != OPEN_BRACES) {
    // `}}}-` ends a template and a variant
    return at + (hasVariants && count > 1 && load<u8>(at + count) == HYPHEN ? count - 1 : count);
  }
  const open = load<u32>(top, END);
  const taken = min(min(count, open), 3);
  closeRun(taken == 3 ? ARGUMENT_NODE : TEMPLATE_NODE, taken, at + taken);
  return at + taken;
}

/** Closes the innermost table, where only links that were never closed are open within it. */
function closeTable(end: usize): bool {
  let run = top;
  for (let seen = 0; run != 0 && seen < MAX_LINKS_IN_TABLE; seen += 1) {
    step(1);
    const kind = load<u8>(run, KIND);
    if (kind == OPEN_TABLE) {
      while (top != run) abandon();
      closeRun(TABLE_NODE, 2, end);
      return true;
    }
    if (kind != OPEN_BRACKETS) return false;
    run = load<u32>(run, NEXT);
  }
  return false;
}

// Extension tags and comments

/** Entries whose closing tag is known not to follow: their addresses, at most as many as there are extension tags. */
const MAX_EXTENSIONS: usize = 64;
const absent = memory.data(256);
let absentCount: usize = 0;

function forgetClosingTags(): void {
  absentCount = 0;
}

function readTag(at: usize): usize {
  const second = load<u8>(at, 1);
  if (second == EXCLAMATION) return load<u16>(at, 2) == 0x2d2d ? readComment(at) : at + 1;
  const isClosing = second == SLASH;
  const name = at + (isClosing ? 2 : 1);
  let end = name;
  while (isLetter(load<u8>(end)) && end - name < 20) end += 1;
  if (end == name) return at + 1;
  const after = load<u8>(end);
  if (after != GREATER && after != SLASH && !isBlank(after)) return at + 1;
  const entry = lookUp(EXTENSION, SCRATCH, copyLower(name, end, SCRATCH));
  if (entry == 0) return at + 1;
  return readExtension(at, end, entry, isClosing);
}

/** A comment that has a line for itself takes the line with it. */
function readComment(at: usize): usize {
  let end = at + 4;
  while (true) {
    end = find(GREATER, end, inputEnd);
    if (end == inputEnd) break;
    end += 1;
    if (load<u16>(end - 3) == 0x2d2d && end - 3 >= at + 4) break;
    // `<!-->` is not closed
  }
  let from = at;
  while (from > INPUT && (load<u8>(from - 1) == SPACE || load<u8>(from - 1) == TAB)) from -= 1;
  step(u32(at - from) >> 2);
  if (from == INPUT || load<u8>(from - 1) == NEWLINE) {
    let to = end;
    while (load<u8>(to) == SPACE || load<u8>(to) == TAB) to += 1;
    step(u32(to - end) >> 2);
    if (load<u8>(to) == NEWLINE && to < inputEnd && from >= lastEnd()) {
      addNode(HIDDEN_NODE, from, to + 1);
      return to + 1;
    }
  }
  addNode(HIDDEN_NODE, at, end);
  return end;
}

/** Where the last node that is complete ends, so that no two nodes overlap. */
function lastEnd(): usize {
  return nodes == tree
    ? INPUT
    : max(usize(load<u32>(nodes - NODE_BYTES, END)), usize(load<u32>(nodes - NODE_BYTES, START)));
}

function readExtension(at: usize, attributes: usize, entry: usize, isClosing: bool): usize {
  const what = load<u8>(valueOf(entry));
  if (noGreater) return at + 1;
  const greater = find(GREATER, attributes, inputEnd);
  if (greater == inputEnd) {
    noGreater = true;
    return at + 1;
  }
  const end = greater + 1;
  if (what == TRANSPARENT) {
    addNode(HIDDEN_NODE, at, end);
    return end;
  }
  if (isClosing) return at + 1;
  if (load<u8>(greater - 1) == SLASH) {
    if (what == NOWIKI) addExtension(what, at, end, end, end);
    else addNode(HIDDEN_NODE, at, end);
    return end;
  }
  const closing = findClosingTag(entry, attributes - at - 1, at + 1, end);
  if (closing == 0) {
    if (what != INCLUDE_ONLY) return at + 1;
    addNode(HIDDEN_NODE, at, inputEnd);
    return inputEnd;
  }
  const after = find(GREATER, closing, inputEnd);
  if (after == inputEnd) return at + 1;
  if (what == DROPPED || what == INCLUDE_ONLY) {
    addNode(HIDDEN_NODE, at, after + 1);
    return after + 1;
  }
  addExtension(what, at, after + 1, end, closing);
  return after + 1;
}

function addExtension(what: u8, from: usize, to: usize, body: usize, bodyTo: usize): void {
  const node = addNode(EXTENSION_NODE, from, to);
  store<u8>(node, what, DETAIL);
  addNode(BODY_NODE, body, bodyTo);
  store<u32>(node, u32(nodes), NEXT);
}

/** Where the next `</name` begins, whatever its case, or 0; the search that fails is made once for a name. */
function findClosingTag(entry: usize, length: usize, name: usize, from: usize): usize {
  for (let i: usize = 0; i < absentCount; i += 1) if (load<u32>(absent + i * 4) == u32(entry)) return 0;
  let at = from;
  while (true) {
    at = find(LESS, at, inputEnd);
    if (at == inputEnd) break;
    if (load<u8>(at, 1) == SLASH && isSameName(at + 2, name, length)) {
      const after = load<u8>(at + 2 + length);
      if (after == GREATER || isBlank(after)) return at;
    }
    at += 1;
  }
  if (absentCount < MAX_EXTENSIONS) {
    store<u32>(absent + absentCount * 4, u32(entry));
    absentCount += 1;
  }
  return 0;
}

function isSameName(at: usize, name: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i += 1) if ((load<u8>(at + i) | 0x20) != (load<u8>(name + i) | 0x20)) return false;
  return true;
}
