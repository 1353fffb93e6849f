// A page's head as the exporters write it: known elements, each once, in any order.

import { isInteger, isNegative, putInteger, valueOf } from './integers';
import { REFUSED, writeText } from './json-text';
import * as fields from './layout';
import { begins, clearFields, ends, has, setField } from './layout';
import { firstBytes, literal, put } from './literals';
import {
  begin,
  isAtEnd,
  leaf,
  name,
  nameRest,
  openTag,
  position,
  quotedValue,
  skipSpace,
  tagEnd,
  take,
  valueFrom,
  valueTo,
} from './markup';

const ID = firstBytes('id');
const NS = firstBytes('ns');
const TITLE = firstBytes('title');
const REDIRECT = firstBytes('redirect');
const TITLE_ATTRIBUTE = literal(' title="');

const PAGE_ID = literal('"page_id":');
const NAMESPACE = literal(',"page_namespace_id":');
const PAGE_TITLE = literal(',"page_title":"');
const REDIRECT_TARGET = literal('","page_redirect_target":"');
const NO_REDIRECT = literal('","page_redirect_target":null,');
const REDIRECT_END = literal('",');

/** In bytes, which are no fewer than the characters that the rows' bound counts. */
const LONGEST_TITLE: usize = 2048;

export function readPage(length: usize): bool {
  if (!begin(length)) return false;
  clearFields();
  for (;;) {
    skipSpace();
    if (!openTag()) break;
    if (nameRest != 0 || !element()) return false;
  }
  if (!isAtEnd() || !has(fields.PAGE_ID) || !has(fields.TITLE)) return false;
  if (!isInteger(fields.PAGE_ID) || isNegative(fields.PAGE_ID) || !isInteger(fields.NAMESPACE)) return false;
  return isShort(fields.TITLE) && isShort(fields.REDIRECT);
}

function element(): bool {
  if (name == TITLE) return leaf(fields.TITLE);
  if (name == NS) return leaf(fields.NAMESPACE);
  if (name == ID) return leaf(fields.PAGE_ID);
  if (name != REDIRECT) return false;
  if (!take(TITLE_ATTRIBUTE)) return tagEnd() == 2 && setField(fields.REDIRECT, position(), position());
  return quotedValue() && setField(fields.REDIRECT, valueFrom, valueTo) && tagEnd() == 2;
}

function isShort(field: usize): bool {
  return ends(field) - begins(field) <= LONGEST_TITLE;
}

/**
 * Writes the page's columns to OUTPUT, from `"page_id"` to the comma after them; RESULT_AT and RESULT_BYTES say where the
 * inside of the title stands. Returns their length, or 0.
 */
export function writePage(): usize {
  let to = putInteger(fields.PAGE_ID, put(PAGE_ID, fields.OUTPUT));
  to = put(PAGE_TITLE, putInteger(fields.NAMESPACE, put(NAMESPACE, to)));
  const title = to;
  to = writeText(begins(fields.TITLE), ends(fields.TITLE), to);
  if (to == REFUSED) return REFUSED;
  const titleBytes = to - title;
  if (has(fields.REDIRECT)) {
    to = writeText(begins(fields.REDIRECT), ends(fields.REDIRECT), put(REDIRECT_TARGET, to));
    if (to == REFUSED) return REFUSED;
    to = put(REDIRECT_END, to);
  } else {
    to = put(NO_REDIRECT, to);
  }
  store<f64>(fields.RESULT_ID, f64(valueOf(fields.PAGE_ID)));
  store<u32>(fields.RESULT_AT, u32(title - fields.OUTPUT));
  store<u32>(fields.RESULT_BYTES, u32(titleBytes));
  return to - fields.OUTPUT;
}
