// What is found in a text beside the text: links, categories, sections. Each record is RECORD_BYTES; addresses are of OUTPUT
// or INPUT, except that target and label may be anywhere in memory until the next call.

import { INPUT, records, recordsLimit } from './layout';
import { exhaust } from './steps';

export const RECORD_BYTES: usize = 32;
export const LINK_RECORD: u32 = 1;
export const CATEGORY_RECORD: u32 = 2;
export const SECTION_RECORD: u32 = 3;

const KIND: usize = 0; // u32: what it is; of a section also its level << 8
const FIRST: usize = 4; // a link's target, a category's name, a section's title: from, to
const SECOND: usize = 12; // a link's anchor, a category's sort key, a section's text: from, to
const THIRD: usize = 20; // a link's label: from, to

export let recordsEnd: usize = 0;
/** Texts that stand nowhere else are kept at the end of the memory for records, the latest first. */
let keptFrom: usize = 0;
/** The section that is open. */
let section: usize = 0;
export let wantsRecords: bool = false;

export function beginRecords(wanted: bool): void {
  recordsEnd = records;
  keptFrom = recordsLimit;
  section = 0;
  wantsRecords = wanted;
}

function add(kind: u32): usize {
  if (recordsEnd + RECORD_BYTES > keptFrom) {
    exhaust();
    return 0;
  }
  const record = recordsEnd;
  recordsEnd += RECORD_BYTES;
  memory.fill(record, 0, RECORD_BYTES);
  store<u32>(record, kind, KIND);
  return record;
}

export function addLink(targetFrom: usize, targetTo: usize, anchorFrom: usize, anchorTo: usize): usize {
  if (!wantsRecords) return 0;
  const record = add(LINK_RECORD);
  if (record == 0) return 0;
  keepRange(record, FIRST, targetFrom, targetTo);
  keepRange(record, SECOND, anchorFrom, anchorTo);
  return record;
}

export function setLabel(record: usize, from: usize, to: usize): void {
  if (record != 0 && record < recordsEnd) setRange(record, THIRD, from, to);
}

export function addCategory(from: usize, to: usize, keyFrom: usize, keyTo: usize): void {
  if (!wantsRecords) return;
  const record = add(CATEGORY_RECORD);
  if (record == 0) return;
  keepRange(record, FIRST, from, to);
  setRange(record, SECOND, keyFrom, keyTo);
}

/** A heading of which something is visible begins at `title`. */
export function addSection(level: u32, title: usize): void {
  if (!wantsRecords) return;
  endSection(title);
  section = add(SECTION_RECORD | (level << 8));
  if (section != 0) setRange(section, FIRST, title, title);
}

/** Its title ends, and its text begins, at `at`. */
export function setSectionText(at: usize): void {
  if (section == 0) return;
  store<u32>(section, u32(at), FIRST + 4);
  setRange(section, SECOND, at, at);
}

/** Its heading is taken back. */
export function voidSection(): void {
  if (section != 0) store<u32>(section, 0, KIND);
  section = 0;
}

export function endSection(at: usize): void {
  if (section != 0) store<u32>(section, u32(at), SECOND + 4);
}

/** What was made of the text, such as a target with references, is overwritten by the next one: a copy is kept. */
function keepRange(record: usize, field: usize, from: usize, to: usize): void {
  if (from >= INPUT || from >= to) {
    setRange(record, field, from, to);
    return;
  }
  const length = to - from;
  if (keptFrom < recordsEnd + length) {
    exhaust();
    return;
  }
  keptFrom -= length;
  memory.copy(keptFrom, from, length);
  setRange(record, field, keptFrom, keptFrom + length);
}

function setRange(record: usize, field: usize, from: usize, to: usize): void {
  store<u32>(record + field, u32(from));
  store<u32>(record + field, u32(to), 4);
}

export function returnToRecord(end: usize): void {
  if (end < recordsEnd) {
    recordsEnd = end;
    if (section >= end) section = 0;
  }
}
