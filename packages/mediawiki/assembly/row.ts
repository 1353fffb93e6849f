// The row of the revision in FIELDS, from `{` to its newline.

import { putDigitsBefore, putInteger, valueOf } from './integers';
import { REFUSED, writeText } from './json-text';
import * as fields from './layout';
import { begins, ends, has } from './layout';
import { literal, put } from './literals';
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

const USER_ID = literal('"user_id":');
const USER_TEXT = literal(',"user_text":');
const USER_VISIBLE = literal(',"user_is_visible":true,"revision_id":');
const NO_USER = literal('"user_id":null,"user_text":null,"user_is_visible":false,"revision_id":');
const PARENT_ID = literal(',"revision_parent_id":');
const TIMESTAMP = literal(',"revision_dt":"');
const MAJOR = literal('","revision_is_minor_edit":false,"revision_comment":');
const MINOR = literal('","revision_is_minor_edit":true,"revision_comment":');
const COMMENT_VISIBLE = literal(',"revision_comment_is_visible":true,"revision_sha1":');
const COMMENT_HIDDEN = literal('null,"revision_comment_is_visible":false,"revision_sha1":');
const SIZE = literal(',"revision_size":');
const SLOTS = literal(',"revision_content_slots":{"main":{"content_body":');
const NEXT_SLOT = literal(',"');
const BODY = literal('":{"content_body":');
const FORMAT = literal(',"content_format":');
const MODEL = literal(',"content_model":');
const SHA1 = literal(',"content_sha1":');
const CONTENT_SIZE = literal(',"content_size":');
const ORIGIN = literal(',"origin_rev_id":');
const SLOT_END = literal('}');
const VISIBLE = literal('},"revision_content_is_visible":true}\n');
const HIDDEN = literal('},"revision_content_is_visible":false}\n');
const NULL = literal('null');
const QUOTE = literal('"');
const EMPTY = literal('""');

/** The longest sum of sizes. */
const GAP: usize = 32;

/** The sum of the slots' sizes, and whether all are known. */
let revisionSize: u64 = 0;
let areSizesKnown: bool = true;
/** Whether a text was refused. */
let isRefused: bool = false;

/**
 * Writes the row to OUTPUT: RESULT_FROM says where it begins, RESULT_AT where in it the absent body of `holeBytes`
 * belongs. Returns its length, or 0. The sum of sizes stands before the texts that it is known by, so a gap is left for
 * it, and what is before the gap is moved up to it.
 */
export function writeRow(pageBytes: usize, holeBytes: u32): usize {
  isRefused = false;
  revisionSize = 0;
  areSizesKnown = true;
  memory.copy(fields.OUTPUT, fields.PAGE, pageBytes);
  const start = putStart(fields.OUTPUT + pageBytes);
  let to = put(SLOTS, start + GAP);
  to = putSlot(fields.SLOTS, to, holeBytes);
  for (let i: usize = 1; i < slots; i += 1) {
    const slot = fields.SLOTS + i * fields.SLOT_BYTES;
    to = putInside(slot + fields.ROLE, put(NEXT_SLOT, to));
    to = putSlot(slot, put(BODY, to), holeBytes);
  }
  to = put(isContentVisible() ? VISIBLE : HIDDEN, to);
  if (isRefused) return REFUSED;
  const size = putSizeBefore(start + GAP);
  const from = fields.OUTPUT + size - start;
  memory.copy(from, fields.OUTPUT, start - fields.OUTPUT);
  store<u32>(fields.RESULT_FROM, u32(from - fields.OUTPUT));
  if (holeSlot != 0) store<u32>(fields.RESULT_AT, load<u32>(fields.RESULT_AT) - u32(from));
  return to - from;
}

/** From `user_id` to before the sum of sizes. */
function putStart(target: usize): usize {
  let to = target;
  if (isUserVisible) {
    to = putInteger(fields.USER_ID, put(USER_ID, to));
    to = putText(has(fields.USERNAME) ? fields.USERNAME : fields.IP, put(USER_TEXT, to));
    to = put(USER_VISIBLE, to);
  } else {
    to = put(NO_USER, to);
  }
  to = putInteger(fields.ID, to);
  to = putInteger(fields.PARENT_ID, put(PARENT_ID, to));
  to = putInside(fields.TIMESTAMP, put(TIMESTAMP, to));
  to = put(isMinor ? MINOR : MAJOR, to);
  if (isCommentHidden) {
    to = put(COMMENT_HIDDEN, to);
  } else {
    to = has(fields.COMMENT) ? putText(fields.COMMENT, to) : put(EMPTY, to);
    to = put(COMMENT_VISIBLE, to);
  }
  return put(SIZE, putUnlessEmpty(fields.SHA1, to));
}

function putSizeBefore(to: usize): usize {
  if (areSizesKnown) return putDigitsBefore(revisionSize, to);
  store<u32>(to - 4, load<u32>(NULL));
  return to - 4;
}

/** A slot from its body to its `}`. */
function putSlot(slot: usize, target: usize, holeBytes: u32): usize {
  let isKnown = isSizeKnown(slot);
  let size = isKnown ? valueOf(slot + fields.TEXT_BYTES) : 0;
  let to = target;
  if (!hasBody(slot)) {
    to = put(NULL, to);
  } else {
    to = slot == holeSlot ? putHole(to, holeBytes) : putText(slot + fields.TEXT, to);
    if (!isKnown) size = load<u32>(fields.RESULT_BYTES);
    isKnown = true;
  }
  to = putText(slot + fields.FORMAT, put(FORMAT, to));
  to = putText(slot + fields.MODEL, put(MODEL, to));
  to = putUnlessEmpty(slot + fields.TEXT_SHA1, put(SHA1, to));
  to = putSize(isKnown, size, put(CONTENT_SIZE, to));
  to = putInteger(slot + fields.ORIGIN, put(ORIGIN, to));
  return put(SLOT_END, to);
}

function putSize(isKnown: bool, size: u64, to: usize): usize {
  if (!isKnown) {
    areSizesKnown = false;
    return put(NULL, to);
  }
  revisionSize += size;
  const digits = putDigitsBefore(size, to + GAP);
  const length = to + GAP - digits;
  v128.store(to, v128.load(digits));
  return to + length;
}

/** An absent body: its quotes alone. */
function putHole(target: usize, holeBytes: u32): usize {
  store<u32>(fields.RESULT_AT, u32(target + 1));
  store<u32>(fields.RESULT_BYTES, holeBytes);
  return put(EMPTY, target);
}

/** A JSON string, or `null` where there is no such element. */
function putText(field: usize, to: usize): usize {
  return has(field) ? put(QUOTE, putInside(field, put(QUOTE, to))) : put(NULL, to);
}

function putUnlessEmpty(field: usize, to: usize): usize {
  return begins(field) == ends(field) ? put(NULL, to) : putText(field, to);
}

function putInside(field: usize, to: usize): usize {
  const end = writeText(begins(field), ends(field), to);
  if (end != REFUSED) return end;
  isRefused = true;
  return to;
}
