/**
 * Dump files of a few bytes, and what they become. Behind the first four bytes (`BZh9`) each byte is a page: its value
 * decides what the page becomes. A split owns the pages that begin in it, as splits of real dumps do.
 */
import { createHash } from 'node:crypto';
import type { Convert } from '@wikifleet/converter/convert-split';
import { PermanentError } from '@wikifleet/domain/errors';
import { emptyCounts } from '@wikifleet/domain/receipts';
import type { Counts } from '@wikifleet/domain/receipts';

/** Fingerprints of the compressors of two builds, which write different bytes. */
export const BUILDS = ['none', 'none-b'] as const;
export type Build = (typeof BUILDS)[number];

export const HEAD_BYTES = 4;
/** A page at which every conversion fails. */
export const BROKEN_PAGE = 255;
/** A page whose end nobody sees: the receipts of its file do not join. */
export const ENDLESS_PAGE = 254;

/** What a split becomes: a function of the file's bytes, its range and the build. */
export interface SplitTruth {
  readonly rows: Buffer;
  readonly index: Buffer;
  readonly quarantine: Buffer;
  readonly counts: Counts;
  readonly pages: { readonly first: number; readonly next: number } | null;
  readonly isBroken: boolean;
  readonly isEndless: boolean;
}

export function truthOfSplit(bytes: Uint8Array, range: { start: number; end: number }, build: string): SplitTruth {
  const counts = emptyCounts();
  let [rows, quarantine] = ['', ''];
  const first = Math.max(HEAD_BYTES, range.start);
  let [isBroken, isEndless] = [false, false];
  for (let at = first; at < range.end && !isBroken; at += 1) {
    const value = bytes[at] ?? 0;
    if (value === BROKEN_PAGE) isBroken = true;
    else if (value === ENDLESS_PAGE) isEndless = true;
    else if (value % 8 === 1) {
      quarantine += `{"page":${at}}\n`;
      counts.quarantined += 1;
    } else {
      counts.pages += 1;
      if (value % 8 === 0) counts.pagesWithoutRevision += 1;
      else {
        rows += `{"page_id":${at},"value":${value},"build":"${build}"}\n`;
        counts.rows += 1;
      }
    }
  }
  const index = rows === '' ? '' : `index of ${counts.rows} rows by ${build}`;
  const pages = first < range.end ? { first: 8 * first, next: 8 * range.end } : null;
  const [rowBytes, indexBytes, quarantineBytes] = [rows, index, quarantine].map((text) => Buffer.from(text));
  return {
    rows: rowBytes ?? Buffer.alloc(0),
    index: indexBytes ?? Buffer.alloc(0),
    quarantine: quarantineBytes ?? Buffer.alloc(0),
    counts,
    pages,
    isBroken,
    isEndless,
  };
}

/** In place of the conversion: reads the split's bytes as it does, and writes what `truthOfSplit` says. */
export function convertOf(build: Build): Convert {
  return async ({ source, split, rows, index, quarantine }) => {
    const bytes = Buffer.alloc(source.size);
    let at = split.start;
    for await (const chunk of source.read(split.start)) {
      bytes.set(chunk, at);
      at += chunk.length;
      if (at >= split.end) break;
    }
    const truth = truthOfSplit(bytes, split, build);
    const isLast = split.end === source.size;
    // chunks, so that writers begin uploads in between
    for (const [sink, content] of [
      [rows, truth.rows],
      [index, truth.index],
      [quarantine, truth.quarantine],
    ] as const) {
      const half = content.length >> 1;
      if (half > 0) await sink?.write(content.subarray(0, half));
      if (content.length > half) await sink?.write(content.subarray(half));
    }
    const { counts, pages } = truth;
    const [firstBlock, nextBlock] = [8 * Math.max(HEAD_BYTES, split.start), 8 * split.end];
    const ids = { firstPageId: HEAD_BYTES, lastPageId: source.size };
    return {
      firstBlock,
      nextBlock,
      // one stream of blocks whose CRCs are 0, and so is their fold
      sequence: {
        streams: { first: { blocks: 1, fold: 0, end: isLast ? { bit: nextBlock - 4, crc: 0 } : null }, last: null },
        pageOrder: null,
      },
      firstPage: pages === null ? null : { block: pages.first, offset: 0 },
      nextPage:
        pages === null
          ? null
          : { block: pages.next, offset: 0, is: truth.isEndless ? 'nothing' : isLast ? 'end-tag' : 'page' },
      head: {
        firstBlock: 8 * HEAD_BYTES,
        bytes: HEAD_BYTES,
        end: { block: 8 * HEAD_BYTES, offset: 0 },
        followedBy: 'page',
        hasRoot: true,
        dbname: 'testwiki',
        encoding: 'utf-8',
      },
      rejectedCandidates: [],
      counts,
      members: counts.rows === 0 ? [] : [{ offset: 0, length: truth.rows.length, rows: counts.rows, ...ids }],
      xmlBytes: source.size,
      warnings: [],
      firstUnreadable: [],
      isReadToEnd: !truth.isBroken,
      failure: truth.isBroken ? new PermanentError('PAGE_BROKEN', 'a page that every conversion fails at') : null,
    };
  };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
