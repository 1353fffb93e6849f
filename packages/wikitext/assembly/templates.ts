// Template calls, by the rules of the dictionary. A rule is a program of few operations, compiled from the patterns of the data
// table (see src/template-rules.ts). Each argument is rendered at most once for a call, so the work stays linear.

import * as a from './arguments';
import { COLON, HASH, isBlank, NEWLINE, PIPE, skipBlanks, skipBlanksBack } from './bytes';
import { count } from './counts';
import { copyLower, copySpaced, FUNCTION, lookUp, TEMPLATE, valueEnd, valueOf } from './dictionary';
import { emit } from './emit';
import { callFunction } from './functions';
import { SCRATCH } from './layout';
import { findPipe } from './links';
import { callParserFunction } from './parser-functions';
import * as o from './output';
import { recordsEnd, returnToRecord } from './records';
import { step } from './steps';
import { endOf, HIDDEN_NODE, kindOf, nextOf, NODE_BYTES, startOf, TEMPLATE_NODE } from './tree';

// The operations of a rule.
const END: u8 = 0;
const TEXT: u8 = 1; // length, bytes
const ARGUMENT: u8 = 2; // number of names; each: length, bytes
const GROUP: u8 = 3; // length of the group (u16), its operations, END
const ALL: u8 = 4; // the first argument's number; separator: length, bytes; last separator: length, bytes
const LINE_BREAK: u8 = 5;
const PARAGRAPH_BREAK: u8 = 6;
const CALL: u8 = 7; // which function; length of its parameter, bytes
const ITEMS: u8 = 8; // the first argument's number
/** As ARGUMENT, but nothing is written: whether there is one. */
const TEST: u8 = 9;
/** Whether there is none. */
const TEST_NOT: u8 = 10;
const DROP: u8 = 11;
/** As TEST: a name and a value. */
const TEST_VALUE: u8 = 12;
const TEST_NOT_VALUE: u8 = 13;

/** Of unknown templates: whether and how they are rendered. */
const STAR = memory.data<u8>([0x2a]);
const MAX_NAME: usize = 250;

/** `{{{name|default}}}`: the default, or the call as it stands, as on a page that is not transcluded. */
export function emitArgument(node: usize): void {
  const from = startOf(node) + 3;
  const to = endOf(node) - 3;
  const first = node + NODE_BYTES;
  const last = nextOf(node);
  const pipe = findPipe(from, to, first, last);
  if (pipe == to) {
    o.putText(startOf(node), startOf(node) + 3);
    emit(from, to, first, last);
    o.putText(to, to + 3);
    return;
  }
  const end = findPipe(pipe + 1, to, first, last);
  emit(skipBlanks(pipe + 1, end), skipBlanksBack(pipe + 1, end), first, last);
}

export function emitTemplate(template: usize): void {
  const from = startOf(template) + 2;
  const to = endOf(template) - 2;
  const last = nextOf(template);
  let node = template + NODE_BYTES;
  const isMuted = o.muted > 0;
  if (isMuted) o.setLineStart(false);
  const pipe = findPipe(from, to, node, last);
  let name = skipBlanks(from, pipe);
  // a comment before the name
  while (node != last && kindOf(node) == HIDDEN_NODE && startOf(node) == name) {
    name = skipBlanks(endOf(node), pipe);
    node = nextOf(node);
    step(1);
  }
  let nameTo = pipe;
  const isComposed = node != last && startOf(node) < pipe;
  if (isComposed) nameTo = startOf(node);
  const colon = findColon(name, nameTo);
  if (colon != 0) {
    const end = copyLower(name, skipBlanksBack(name, colon), SCRATCH);
    const entry = lookUp(FUNCTION, SCRATCH, end);
    if (entry != 0 && isMuted) return;
    if (entry != 0) {
      callFunctionOf(valueOf(entry), name, colon, to, node, last);
      return;
    }
    if (isPrefix(end)) name = skipBlanks(colon + 1, nameTo);
    else if (load<u8>(name) == HASH) {
      count(name, colon, false);
      o.setAfterDrop(true);
      return;
    }
  }
  nameTo = skipBlanksBack(name, nameTo);
  if (isComposed && kindOf(node) != HIDDEN_NODE) {
    // a name that depends on another template
    o.setAfterDrop(true);
    return;
  }
  if (nameTo - name > MAX_NAME || nameTo <= name) {
    o.setAfterDrop(true);
    return;
  }
  if (isMuted) {
    count(name, nameTo, false);
    return;
  }
  let entry = lookUp(TEMPLATE, SCRATCH, copySpaced(name, nameTo, SCRATCH));
  if (entry == 0) entry = lookUp(TEMPLATE, SCRATCH, copyLower(name, nameTo, SCRATCH));
  if (entry == 0) {
    count(name, nameTo, false);
    o.setAfterDrop(true);
    return;
  }
  const isDropped = load<u8>(valueOf(entry)) == DROP;
  count(name, nameTo, !isDropped);
  if (isDropped) {
    o.setAfterDrop(true);
    return;
  }
  const callerFrom = a.argumentsFrom;
  const callerTo = a.argumentsTo;
  if (pipe < to) a.splitArguments(pipe + 1, to, node, last);
  else a.setArguments(callerTo, callerTo);
  const mark = o.out;
  run(valueOf(entry), valueEnd(entry));
  if (o.out == mark) o.setAfterDrop(true);
  a.setArguments(callerFrom, callerTo);
}

/** `{{lc:…}}`, `{{#if:…|…}}`: what stands behind the colon is the first argument. */
function callFunctionOf(value: usize, name: usize, colon: usize, to: usize, node: usize, last: usize): void {
  const callerFrom = a.argumentsFrom;
  const callerTo = a.argumentsTo;
  let n = node;
  while (n != last && startOf(n) <= colon) n = nextOf(n);
  a.splitArguments(colon + 1, to, n, last);
  const mark = o.out;
  const isKnown = callParserFunction(load<u8>(value));
  if (o.out == mark) o.setAfterDrop(true);
  count(name, colon, isKnown);
  a.setArguments(callerFrom, callerTo);
}

/** Whether a node is a citation: a template whose name begins with `cite` or is `citation`. */
export function isCitation(node: usize): bool {
  if (kindOf(node) != TEMPLATE_NODE) return false;
  const name = skipBlanks(startOf(node) + 2, endOf(node));
  const first = load<u32>(name) | 0x20202020;
  return first == 0x65746963 || (first == 0x61746963 && (load<u32>(name, 4) | 0x20202020) == 0x6e6f6974);
}

function findColon(from: usize, to: usize): usize {
  const most = min(to, from + 40);
  for (let at = from; at < most; at += 1) if (load<u8>(at) == COLON) return at;
  return 0;
}

/** `subst:`, `template:` and their like are in SCRATCH. */
function isPrefix(end: usize): bool {
  const length = end - SCRATCH;
  if (length == 5) return load<u32>(SCRATCH) == 0x73627573; // subst
  if (length == 9) return load<u32>(SCRATCH) == 0x65666173; // safesubst
  if (length == 8) return load<u32>(SCRATCH) == 0x706d6574; // template
  if (length == 3) return load<u16>(SCRATCH) == 0x736d; // msg
  return false;
}

/** Runs operations up to END or `to`. False where an argument is empty that a group needs. */
export function run(from: usize, to: usize): bool {
  let at = from;
  let isComplete = true;
  while (at < to) {
    const operation = load<u8>(at);
    at += 1;
    step(1);
    if (operation == END) break;
    if (operation == TEXT) {
      const length: usize = load<u8>(at);
      putLiteral(at + 1, at + 1 + length);
      at += 1 + length;
    } else if (operation == ARGUMENT) {
      const end = namesEnd(at);
      if (!putFirst(at)) isComplete = false;
      at = end;
    } else if (operation == GROUP) {
      const length: usize = load<u16>(at);
      runGroup(at + 2, at + 2 + length);
      at += 2 + length;
    } else if (operation == ALL) at = putAll(at);
    else if (operation == ITEMS) {
      putItems(load<u8>(at));
      at += 1;
    } else if (operation == LINE_BREAK) o.setPending(o.LINE);
    else if (operation == PARAGRAPH_BREAK) o.breakBlock();
    else if (operation == CALL) {
      const length: usize = load<u8>(at, 1);
      if (!callFunction(load<u8>(at), at + 2, at + 2 + length)) isComplete = false;
      at += 2 + length;
    } else if (operation == TEST || operation == TEST_NOT) {
      const has = hasOne(at);
      if (has != (operation == TEST)) return false;
      at = namesEnd(at);
    } else if (operation == TEST_VALUE || operation == TEST_NOT_VALUE) {
      if (hasValue(at) != (operation == TEST_VALUE)) return false;
      at = namesEnd(at);
    } else break;
  }
  return isComplete;
}

function runGroup(from: usize, to: usize): void {
  const mark = o.markOf();
  const record = recordsEnd;
  if (run(from, to)) return;
  o.returnTo(mark);
  returnToRecord(record);
}

/** Text of a rule. A space at its beginning is not doubled. */
export function putLiteral(from: usize, to: usize): void {
  let at = from;
  if (load<u8>(at) == 0x20 && o.out > 0 && (load<u8>(o.out - 1) == 0x20 || o.pending != o.NOTHING)) at += 1;
  o.setAfterDrop(false);
  o.putText(at, to);
}

function namesEnd(from: usize): usize {
  let at = from + 1;
  for (let i = load<u8>(from); i > 0; i -= 1) at += 1 + load<u8>(at);
  return at;
}

/** Writes the first of the arguments that has something to show. */
function putFirst(from: usize): bool {
  let at = from + 1;
  for (let i = load<u8>(from); i > 0; i -= 1) {
    const end = at + 1 + load<u8>(at);
    if (putArgument(a.argumentNamed(at + 1, end))) return true;
    at = end;
  }
  return false;
}

function hasOne(from: usize): bool {
  let at = from + 1;
  for (let i = load<u8>(from); i > 0; i -= 1) {
    const end = at + 1 + load<u8>(at);
    if (!a.isEmptyValue(a.argumentNamed(at + 1, end))) return true;
    at = end;
  }
  return false;
}

function hasValue(from: usize): bool {
  const name = from + 2;
  const nameTo = name + load<u8>(from, 1);
  const record = a.argumentNamed(name, nameTo);
  if (a.isEmptyValue(record)) return false;
  const length: usize = load<u8>(nameTo);
  if (a.valueTo(record) - a.valueFrom(record) != length) return false;
  for (let i: usize = 0; i < length; i += 1)
    if (load<u8>(nameTo + 1 + i) != load<u8>(a.valueFrom(record) + i)) return false;
  return true;
}

/** Writes an argument. False where nothing of it is visible. */
export function putArgument(record: usize): bool {
  if (a.isEmptyValue(record)) return false;
  const mark = o.out;
  emitValue(record);
  if (o.out == mark) return false;
  if (load<u8>(o.out - 1) == 0x20) o.trimSpaces(mark);
  return true;
}

/** An argument's frame is its caller's while it is rendered, and then this one again. */
function emitValue(record: usize): void {
  const from = a.argumentsFrom;
  const to = a.argumentsTo;
  emit(a.valueFrom(record), a.valueTo(record), a.valueNode(record), a.valueLast(record));
  a.setArguments(from, to);
}

/** All positional arguments from a number on. */
function putAll(at: usize): usize {
  const first = load<u8>(at);
  const separator = at + 2;
  const separatorTo = separator + load<u8>(at, 1);
  const lastSeparator = separatorTo + 1;
  const lastTo = lastSeparator + load<u8>(separatorTo);
  let position: u32 = 0;
  let final: usize = 0;
  for (let record = a.argumentsFrom; record < a.argumentsTo; record += a.ARGUMENT_BYTES) {
    if (!a.isNamed(record) && !a.isEmptyValue(record)) final = record;
  }
  let isFirst = true;
  for (let record = a.argumentsFrom; record < a.argumentsTo; record += a.ARGUMENT_BYTES) {
    step(1);
    if (a.isNamed(record)) continue;
    position += 1;
    if (position < first || a.isEmptyValue(record)) continue;
    const mark = o.markOf();
    if (!isFirst) {
      if (record == final) putLiteral(lastSeparator, lastTo);
      else putLiteral(separator, separatorTo);
    }
    if (putArgument(record)) isFirst = false;
    else o.returnTo(mark);
  }
  return lastTo;
}

/** Each positional argument as an item of a list. */
function putItems(first: u8): void {
  let position: u32 = 0;
  for (let record = a.argumentsFrom; record < a.argumentsTo; record += a.ARGUMENT_BYTES) {
    step(1);
    if (a.isNamed(record)) continue;
    position += 1;
    if (position < first) continue;
    o.beginItem(STAR, STAR + 1);
    putArgument(record);
  }
  o.setPending(o.LINE);
}

export function isNameEnd(byte: u8): bool {
  return byte == PIPE || byte == NEWLINE || isBlank(byte);
}
