import { FleetError, messageOf } from '@wikifleet/domain/errors';
import { ENTRY_BYTES, parseEntries, segmentsOf, windowOf } from '@wikifleet/domain/page-index';
import type { EntryRange, IndexEntry } from '@wikifleet/domain/page-index';

/**
 * The members that have a title's rows, ascending, by a hash of it: one read of some KiB a segment; where the hashes are
 * no even ones, or the page has many members, up to some dozen. `read` gives bytes `[start, end)` of the index.
 */
export async function searchIndex(
  bytes: number,
  wanted: bigint,
  read: (start: number, end: number) => Promise<Uint8Array>,
): Promise<number[]> {
  const members = new Set<number>();
  for (const segment of segmentsOf(bytes)) {
    for (const { hash, member } of await searchSegment(segment, wanted, read)) {
      if (hash === wanted) members.add(member);
    }
  }
  return [...members].sort((a, b) => a - b);
}

/** Entries of a segment around those of a hash, all of these included. */
async function searchSegment(
  segment: EntryRange,
  wanted: bigint,
  read: (start: number, end: number) => Promise<Uint8Array>,
): Promise<IndexEntry[]> {
  let { from, to } = windowOf(wanted, segment);
  for (;;) {
    const entries = parseEntries(await read(from * ENTRY_BYTES, to * ENTRY_BYTES));
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined || entries.length !== to - from) {
      throw new FleetError('INDEX_CUT', `expected ${to - from} entries, received ${entries.length}`);
    }
    const isLow = first.hash >= wanted && from > segment.from;
    const isHigh = last.hash <= wanted && to < segment.to;
    if (!isLow && !isHigh) return entries;
    // doubled at least to that side: log2 of the segment's size at most
    const width = to - from;
    if (isLow) from = Math.max(segment.from, from - width);
    if (isHigh) to = Math.min(segment.to, to + width);
  }
}

/** Names the index in what was thrown about it. */
export function indexError(key: string, error: unknown): unknown {
  if (!(error instanceof FleetError) || error.message.startsWith(key)) return error;
  return new FleetError(error.code, `${key}: ${messageOf(error)}`, { cause: error, place: key });
}
