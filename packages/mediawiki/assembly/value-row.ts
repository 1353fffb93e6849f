// The row of the revision in FIELDS, and a page's columns, as values (packages/domain/src/row-values.ts).

import { isNegative, valueOf } from './integers';
import { REFUSED } from './json-text';
import * as fields from './layout';
import { begins, ends, has } from './layout';
import {
  hasBody,
  holeSlot,
  isCommentHidden,
  isContentVisible,
  isMinor,
  isSizeKnown,
  isUserVisible,
  slots,
} from './revision';
import { writeValue } from './value-text';

const NULL_LENGTH: u32 = 0xffffffff;
const NULL_INTEGER: i64 = i64.MIN_VALUE;
const MAIN_LENGTH: u32 = 4;
const MAIN: u32 = 0x6e69616d; // main

/** Whether a text was refused. */
let isRefused: bool = false;

/**
 * Writes the page's columns to OUTPUT, but for `wiki_id`; RESULT_AT and RESULT_BYTES say where the title stands. Returns
 * their length, or 0.
 */
export function writePageValues(): usize {
  isRefused = false;
  let to = putInteger(fields.PAGE_ID, fields.OUTPUT);
  to = putInteger(fields.NAMESPACE, to);
  const title = to + 4;
  to = putText(fields.TITLE, to);
  store<u32>(fields.RESULT_AT, u32(title - fields.OUTPUT));
  store<u32>(fields.RESULT_BYTES, u32(to - title));
  to = putText(fields.REDIRECT, to);
  store<f64>(fields.RESULT_ID, f64(valueOf(fields.PAGE_ID)));
  return isRefused ? REFUSED : to - fields.OUTPUT;
}

/** Writes the row to OUTPUT: RESULT_AT says where in it the absent body of `holeBytes` belongs. Returns its length, or 0. */
export function writeRowValues(pageBytes: usize, holeBytes: u32): usize {
  isRefused = false;
  memory.copy(fields.OUTPUT, fields.PAGE, pageBytes);
  const sum = putStart(fields.OUTPUT + pageBytes);
  store<u32>(sum, u32(slots), 8);
  store<u32>(sum, MAIN_LENGTH, 12);
  store<u32>(sum, MAIN, 16);
  let to = putSlot(fields.SLOTS, sum + 20, holeBytes);
  let size = lastSize;
  for (let i: usize = 1; i < slots; i += 1) {
    const slot = fields.SLOTS + i * fields.SLOT_BYTES;
    to = putSlot(slot, putText(slot + fields.ROLE, to), holeBytes);
    size = size == NULL_INTEGER || lastSize == NULL_INTEGER ? NULL_INTEGER : size + lastSize;
  }
  store<i64>(sum, size);
  to = putFlag(isContentVisible(), to);
  store<u32>(fields.RESULT_FROM, 0);
  return isRefused ? REFUSED : to - fields.OUTPUT;
}

/** From `user_id` to before the sum of sizes. */
function putStart(target: usize): usize {
  let to = target;
  if (isUserVisible) {
    to = putInteger(fields.USER_ID, to);
    to = putText(has(fields.USERNAME) ? fields.USERNAME : fields.IP, to);
  } else {
    to = putNull(putNumber(NULL_INTEGER, to));
  }
  to = putFlag(isUserVisible, to);
  to = putInteger(fields.ID, to);
  to = putInteger(fields.PARENT_ID, to);
  to = putText(fields.TIMESTAMP, to);
  to = putFlag(isMinor, to);
  if (isCommentHidden) to = putNull(to);
  else to = has(fields.COMMENT) ? putText(fields.COMMENT, to) : putLength(0, to);
  to = putFlag(!isCommentHidden, to);
  return putUnlessEmpty(fields.SHA1, to);
}

/** The `content_size` of the slot that was written last. */
let lastSize: i64 = 0;

function putSlot(slot: usize, target: usize, holeBytes: u32): usize {
  lastSize = isSizeKnown(slot) ? i64(valueOf(slot + fields.TEXT_BYTES)) : NULL_INTEGER;
  let to = target;
  if (!hasBody(slot)) {
    to = putNull(to);
  } else if (slot == holeSlot) {
    to = putLength(holeBytes, to);
    store<u32>(fields.RESULT_AT, u32(to - fields.OUTPUT));
    if (lastSize == NULL_INTEGER) lastSize = holeBytes;
  } else {
    to = putText(slot + fields.TEXT, to);
    if (lastSize == NULL_INTEGER) lastSize = i64(to - target - 4);
  }
  to = putText(slot + fields.FORMAT, to);
  to = putText(slot + fields.MODEL, to);
  to = putUnlessEmpty(slot + fields.TEXT_SHA1, to);
  to = putNumber(lastSize, to);
  return putInteger(slot + fields.ORIGIN, to);
}

function putLength(length: u32, to: usize): usize {
  store<u32>(to, length);
  return to + 4;
}

/** Of a string. */
function putNull(to: usize): usize {
  return putLength(NULL_LENGTH, to);
}

function putFlag(flag: bool, to: usize): usize {
  store<u8>(to, flag ? 1 : 0);
  return to + 1;
}

function putNumber(value: i64, to: usize): usize {
  store<i64>(to, value);
  return to + 8;
}

function putInteger(field: usize, to: usize): usize {
  if (!has(field)) return putNumber(NULL_INTEGER, to);
  if (!isNegative(field)) return putNumber(i64(valueOf(field)), to);
  return putNumber(-i64(digitsOf(begins(field) + 1, ends(field))), to);
}

function digitsOf(from: usize, to: usize): u64 {
  let value: u64 = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + (load<u8>(at) - 0x30);
  return value;
}

/** A string, or null where there is no such element. */
function putText(field: usize, to: usize): usize {
  if (!has(field)) return putNull(to);
  const end = writeValue(begins(field), ends(field), to + 4);
  if (end == REFUSED) {
    isRefused = true;
    return putNull(to);
  }
  store<u32>(to, u32(end - to - 4));
  return end;
}

function putUnlessEmpty(field: usize, to: usize): usize {
  return begins(field) == ends(field) ? putNull(to) : putText(field, to);
}
