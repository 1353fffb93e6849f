// The kernel of the fast engine: a unit's bytes in, the row's bytes out, as JSON or as values. It answers 0 for whatever it does not know
// exactly; then nothing it left in memory means anything. What the memory holds where is in layout.ts; the bounds of
// PAGE and INPUT are the caller's to check, all others follow from them.

import { claimMemory, INPUT, OUTPUT, RESULT_BYTES } from './layout';
import { literalsEnd } from './literals';
import { begin } from './markup';
import { writeText } from './json-text';
import { readPage, writePage } from './page';
import { readRevision } from './revision';
import { writeRow } from './row';
import { writePageValues, writeRowValues } from './value-row';
import { writeValue } from './value-text';

export { INPUT, INPUT_BYTES, OUTPUT, PAGE, PAGE_BYTES, RESULTS } from './layout';

claimMemory(literalsEnd());

/** A page's head, from behind `<page>`, to its columns. Returns their length. */
export function page(length: i32): i32 {
  return readPage(length) ? i32(writePage()) : 0;
}

/**
 * A revision to its row, behind PAGE's so many bytes. Returns its length. Where the caller took a text's body out, `holeAt`
 * says where in INPUT it was, and `holeBytes` its UTF-8 length; else `holeAt` is 0.
 */
export function revision(length: i32, pageBytes: i32, holeAt: i32, holeBytes: i32): i32 {
  return readRevision(length, holeAt) ? i32(writeRow(pageBytes, holeBytes)) : 0;
}

/**
 * A slice of a text to JSON; it begins and ends between characters and references. The two bytes before INPUT must be
 * those before the slice. Returns its length.
 */
export function text(length: i32): i32 {
  if (!begin(length)) return 0;
  const end = writeText(INPUT, INPUT + length, OUTPUT);
  return end == 0 ? 0 : i32(end - OUTPUT);
}

/** As `page`, with the columns as values. */
export function pageValues(length: i32): i32 {
  return readPage(length) ? i32(writePageValues()) : 0;
}

/** As `revision`, with the row as values. */
export function revisionValues(length: i32, pageBytes: i32, holeAt: i32, holeBytes: i32): i32 {
  return readRevision(length, holeAt) ? i32(writeRowValues(pageBytes, holeBytes)) : 0;
}

/** As `text`, in UTF-8: RESULT_BYTES gets its length, which it returns. */
export function textValue(length: i32): i32 {
  if (!begin(length)) return 0;
  const end = writeValue(INPUT, INPUT + length, OUTPUT);
  if (end == 0) return 0;
  store<u32>(RESULT_BYTES, u32(end - OUTPUT));
  return i32(end - OUTPUT);
}
