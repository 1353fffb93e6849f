import { hash } from 'node:crypto';
import { PermanentError } from './errors.js';

/** A page and its title. */
export type IndexedPage = readonly [id: number, title: string];

/**
 * The index of a part: which of its members hold the rows of a title. An entry a page and member, in 20 bytes, all of
 * them big-endian:
 *
 *     0   8  the first 64 bits of the SHA-256 of the title in UTF-8
 *     8   8  the page's id, signed
 *     16  4  the member, from 0, as the receipt counts them
 *
 * Every `SEGMENT_ENTRIES` entries are a segment, sorted by hash, then as the rows stand; only the last one is shorter.
 * So a writer holds one segment, and a reader finds a title by one small range of each: hashes spread evenly, so where
 * one must stand is known to within some entries. Ids need none of it: they ascend, and receipts have their ranges.
 */
export const ENTRY_BYTES = 20;
export const SEGMENT_ENTRIES = 1 << 18;

export interface IndexEntry {
  readonly hash: bigint;
  readonly pageId: number;
  readonly member: number;
}

/** Entries `[from, to)` of an index. */
export interface EntryRange {
  readonly from: number;
  readonly to: number;
}

/** The first 8 bytes of an entry. Nobody makes titles that share them by chance, nor many by intent. */
export function titleDigest(title: string): Buffer {
  return hash('sha256', title, 'buffer').subarray(0, 8);
}

export function titleHash(title: string): bigint {
  return titleDigest(title).readBigUInt64BE();
}

/** The segments of an index of `bytes` bytes. Throws `INDEX_MALFORMED` where it has no whole number of entries. */
export function segmentsOf(bytes: number): EntryRange[] {
  const entries = bytes / ENTRY_BYTES;
  if (!Number.isSafeInteger(entries) || entries < 0) {
    throw new PermanentError(
      'INDEX_MALFORMED',
      `an index of ${bytes} bytes: expected a whole number of ${ENTRY_BYTES} bytes`,
    );
  }
  return Array.from({ length: Math.ceil(entries / SEGMENT_ENTRIES) }, (_, at) => {
    return { from: at * SEGMENT_ENTRIES, to: Math.min(entries, (at + 1) * SEGMENT_ENTRIES) };
  });
}

/**
 * Where in a segment the entries of a hash stand, very likely: four standard deviations to either side of where it falls
 * (of n even hashes, the count below a given one deviates by at most √n / 2).
 */
export function windowOf(wanted: bigint, { from, to }: EntryRange): EntryRange {
  const count = to - from;
  const middle = from + Math.floor((Number(wanted) / 2 ** 64) * count);
  const reach = Math.ceil(2 * Math.sqrt(count)) + 2;
  return { from: Math.max(from, middle - reach), to: Math.min(to, middle + reach) };
}

/** Throws `INDEX_MALFORMED` where they are no entries, or not sorted. */
export function parseEntries(bytes: Uint8Array): IndexEntry[] {
  const { buffer, byteOffset, length } = bytes;
  const view = new DataView(buffer, byteOffset, length);
  const entries: IndexEntry[] = [];
  let before = 0n;
  for (let at = 0; at + ENTRY_BYTES <= length; at += ENTRY_BYTES) {
    const entry = {
      hash: view.getBigUint64(at),
      pageId: Number(view.getBigInt64(at + 8)),
      member: view.getUint32(at + 16),
    };
    if (entry.hash < before) throw new PermanentError('INDEX_MALFORMED', `entry ${at / ENTRY_BYTES}: not sorted`);
    before = entry.hash;
    entries.push(entry);
  }
  return entries;
}
