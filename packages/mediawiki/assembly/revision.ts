// A revision as MediaWiki's exporters have written it since schema 0.3: known elements, each once, in any order.

import { isInteger, isNegative, valueOf } from './integers';
import * as fields from './layout';
import { begins, clearFields, ends, has, setField } from './layout';
import { firstBytes, literal, otherBytes, standsAt } from './literals';
import {
  attribute,
  begin,
  hasAttribute,
  isAtEnd,
  leaf,
  name,
  nameRest,
  openTag,
  position,
  skipSpace,
  tagEnd,
  take,
  text,
  valueFrom,
  valueTo,
} from './markup';

const ID = firstBytes('id');
const PARENT_ID = firstBytes('parentid');
const TIMESTAMP = firstBytes('timestamp');
const TIMESTAMP_REST = otherBytes('timestamp');
const CONTRIBUTOR = firstBytes('contributor');
const CONTRIBUTOR_REST = otherBytes('contributor');
const USERNAME = firstBytes('username');
const IP = firstBytes('ip');
const MINOR = firstBytes('minor');
const COMMENT = firstBytes('comment');
const SHA1 = firstBytes('sha1');
const CONTENT = firstBytes('content');
const ROLE = firstBytes('role');
const ORIGIN = firstBytes('origin');
const MODEL = firstBytes('model');
const FORMAT = firstBytes('format');
const TEXT = firstBytes('text');
const BYTES = firstBytes('bytes');
const LOCATION = firstBytes('location');
const DELETED = firstBytes('deleted');
const XML_SPACE = firstBytes('xml:space');
const XML_SPACE_REST = otherBytes('xml:space');

const START = literal('<revision>');
const END = literal('</revision>');
const CONTRIBUTOR_END = literal('</contributor>');
const CONTENT_END = literal('</content>');
const TEXT_END = literal('</text>');
const DELETED_ATTRIBUTE = literal(' deleted="deleted"');
const DELETED_VALUE = literal('deleted"');
const PRESERVE_VALUE = literal('preserve"');

/** What is known of the revision beside its fields. */
export let isMinor: bool = false;
export let isCommentHidden: bool = false;
export let isUserVisible: bool = false;
let hasContributor: bool = false;
export let slots: usize = 0;
/** Where a text's body is absent that the caller keeps; and the slot it belongs to, or 0. */
let hole: usize = 0;
export let holeSlot: usize = 0;

/** Reads INPUT into FIELDS. `holeAt`: where in INPUT a body was taken out by the caller; 0 where none was. */
export function readRevision(length: usize, holeAt: usize): bool {
  if (!begin(length) || !take(START)) return false;
  clearFields();
  isMinor = isCommentHidden = isUserVisible = hasContributor = false;
  slots = 1;
  hole = holeAt == 0 ? 0 : fields.INPUT + holeAt;
  holeSlot = 0;
  for (;;) {
    skipSpace();
    if (!openTag()) break;
    if (!element()) return false;
  }
  if (!take(END) || !isAtEnd()) return false;
  if (!has(fields.ID) || !has(fields.TIMESTAMP) || (hole != 0 && holeSlot == 0)) return false;
  return isInteger(fields.ID) && isInteger(fields.PARENT_ID) && isInteger(fields.USER_ID);
}

function element(): bool {
  if (nameRest != 0) {
    if (name == TIMESTAMP && nameRest == TIMESTAMP_REST) return leaf(fields.TIMESTAMP);
    return name == CONTRIBUTOR && nameRest == CONTRIBUTOR_REST && contributor();
  }
  if (name == ID) return leaf(fields.ID);
  if (name == PARENT_ID) return leaf(fields.PARENT_ID);
  if (name == COMMENT) return comment();
  if (name == SHA1) return leaf(fields.SHA1);
  if (name == MINOR) return minor();
  if (name == CONTENT) return content();
  return slotElement(fields.SLOTS);
}

function minor(): bool {
  if (isMinor) return false;
  isMinor = true;
  return tagEnd() == 2;
}

function comment(): bool {
  if (!take(DELETED_ATTRIBUTE)) return leaf(fields.COMMENT);
  isCommentHidden = true;
  return tagEnd() == 2 && setField(fields.COMMENT, position(), position());
}

function contributor(): bool {
  if (hasContributor) return false;
  hasContributor = true;
  if (take(DELETED_ATTRIBUTE)) return tagEnd() == 2;
  if (tagEnd() != 1) return false;
  isUserVisible = true;
  for (;;) {
    skipSpace();
    if (!openTag()) break;
    if (nameRest != 0) return false;
    if (name == USERNAME) {
      if (!leaf(fields.USERNAME)) return false;
    } else if (name == ID) {
      if (!leaf(fields.USER_ID)) return false;
    } else if (name != IP || !leaf(fields.IP)) return false;
  }
  // Of a name and an address one would have no column, and nobody would look at it.
  return take(CONTRIBUTOR_END) && !(has(fields.USERNAME) && has(fields.IP));
}

function content(): bool {
  if (tagEnd() != 1 || slots == fields.MOST_SLOTS) return false;
  const slot = fields.SLOTS + slots * fields.SLOT_BYTES;
  memory.fill(slot, 0, fields.SLOT_BYTES);
  for (;;) {
    skipSpace();
    if (!openTag()) break;
    if (nameRest != 0) return false;
    if (name == ROLE) {
      if (!leaf(slot + fields.ROLE)) return false;
    } else if (!slotElement(slot)) return false;
  }
  if (!take(CONTENT_END) || !isNewRole(slot)) return false;
  slots += 1;
  return true;
}

function isNewRole(slot: usize): bool {
  const from = begins(slot + fields.ROLE);
  const length = ends(slot + fields.ROLE) - from;
  if (!has(slot + fields.ROLE) || length == 0) return false;
  for (let i: usize = 0; i < length; i += 1) {
    const byte = load<u8>(from + i);
    const isLetter = byte >= 0x61 && byte <= 0x7a;
    const isOther = (byte >= 0x30 && byte <= 0x39) || byte == 0x5f || byte == 0x2d;
    if (!isLetter && !(isOther && i > 0)) return false;
  }
  if (length == 4 && load<u32>(from) == 0x6e69616d) return false; // main
  for (let other = fields.SLOTS + fields.SLOT_BYTES; other < slot; other += fields.SLOT_BYTES) {
    const at = begins(other + fields.ROLE);
    if (ends(other + fields.ROLE) - at == length && memory.compare(at, from, length) == 0) return false;
  }
  return true;
}

/** What `<revision>` has of its main slot, and `<content>` of another. */
function slotElement(slot: usize): bool {
  if (nameRest != 0) return false;
  if (name == MODEL) return leaf(slot + fields.MODEL);
  if (name == FORMAT) return leaf(slot + fields.FORMAT);
  if (name == ORIGIN) return leaf(slot + fields.ORIGIN) && isInteger(slot + fields.ORIGIN);
  return name == TEXT && textElement(slot);
}

function textElement(slot: usize): bool {
  let hasSpace = false;
  let hasId = false;
  let hasLocation = false;
  let isDeleted = false;
  while (hasAttribute()) {
    if (!attribute()) return false;
    if (name == BYTES && nameRest == 0) {
      if (!setField(slot + fields.TEXT_BYTES, valueFrom, valueTo)) return false;
    } else if (name == SHA1 && nameRest == 0) {
      if (!setField(slot + fields.TEXT_SHA1, valueFrom, valueTo)) return false;
    } else if (name == XML_SPACE && nameRest == XML_SPACE_REST) {
      if (hasSpace || !standsAt(PRESERVE_VALUE, valueFrom)) return false;
      hasSpace = true;
    } else if (name == ID && nameRest == 0) {
      if (hasId) return false;
      hasId = true;
    } else if (name == LOCATION && nameRest == 0) {
      if (hasLocation) return false;
      hasLocation = true;
    } else if (name == DELETED && nameRest == 0) {
      if (isDeleted || !standsAt(DELETED_VALUE, valueFrom)) return false;
      isDeleted = true;
    } else return false;
  }
  if (!isInteger(slot + fields.TEXT_BYTES)) return false;
  const kind = (isDeleted ? fields.IS_DELETED : 0) | (hasId || hasLocation ? fields.IS_STORED : 0);
  store<u32>(slot + fields.TEXT_KIND, kind);
  const end = tagEnd();
  if (end == 2) return setField(slot + fields.TEXT, position(), position());
  if (end != 1) return false;
  if (position() == hole) holeSlot = slot;
  // What is hidden has no body; where one is there nobody would look at it.
  return text(slot + fields.TEXT) && take(TEXT_END) && !(isDeleted && !isEmpty(slot));
}

/** Whether a slot's text has no body. */
export function isEmpty(slot: usize): bool {
  return slot != holeSlot && begins(slot + fields.TEXT) == ends(slot + fields.TEXT);
}

/** Whether a slot's size stands in the dump; what is negative is no size. */
export function isSizeKnown(slot: usize): bool {
  return has(slot + fields.TEXT_BYTES) && !isNegative(slot + fields.TEXT_BYTES);
}

/** Whether a slot has a body: none where it is deleted, where there is no `<text>`, and in a stub. */
export function hasBody(slot: usize): bool {
  const kind = load<u32>(slot + fields.TEXT_KIND);
  if (!has(slot + fields.TEXT) || (kind & fields.IS_DELETED) != 0) return false;
  const isStored = (kind & fields.IS_STORED) != 0;
  return !(isEmpty(slot) && isStored && !(isSizeKnown(slot) && valueOf(slot + fields.TEXT_BYTES) == 0));
}

/** Whether the text of the main slot is not deleted. */
export function isContentVisible(): bool {
  return (load<u32>(fields.SLOTS + fields.TEXT_KIND) & fields.IS_DELETED) == 0;
}
