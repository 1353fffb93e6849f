import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import type { TextCounts } from '@wikifleet/domain/text-columns';
import type { PageCounts } from '@wikifleet/mediawiki/dump-counts';
import type { PageBatch } from '@wikifleet/mediawiki/page-batch';
import type { PageState, RowChunk, SeenPages } from '@wikifleet/mediawiki/page-converter';
import type { QuarantineRecord } from '@wikifleet/mediawiki/quarantine';
import type { SentError } from './sent-error.js';
import type { TextSettings } from './text-columns.js';

/** What a thread is asked: the rows of a batch. Its bytes are the thread's until it answers. */
export interface BatchRequest {
  readonly batch: PageBatch;
  readonly wiki: string;
  /** Which pages become rows; null: all. */
  readonly filter: PageFilter | null;
  /** Of the rows. */
  readonly encoding: RowEncoding;
  /** What columns are made of texts; null where rows stay as they are. */
  readonly texts: TextSettings | null;
  /** Memory that came back with rows, to be used again. */
  readonly memory: ArrayBuffer | undefined;
}

/** What it answers; each request has one answer. The batch's bytes come back. */
export type BatchReply =
  | {
      readonly kind: 'rows';
      readonly rows: SentRows | null;
      /** What was found in the texts of these rows; null where no columns are made of them. */
      readonly texts: TextCounts | null;
      readonly quarantine: readonly QuarantineRecord[];
      readonly counts: PageCounts;
      readonly pages: SentPages;
      readonly endTag: number | null;
      readonly failure: SentError | null;
      readonly bytes: ArrayBuffer;
    }
  /** The batch as it came: see `BatchConverter`. */
  | { readonly kind: 'refused'; readonly state: PageState | null; readonly batch: PageBatch }
  | { readonly kind: 'error'; readonly error: SentError };

/** `SeenPages` that are moved from thread to thread. */
export interface SentPages extends SeenPages {
  readonly ids: Float64Array<ArrayBuffer>;
  readonly offsets: Float64Array<ArrayBuffer>;
}

/** A `RowChunk` in columns: thousands of small objects would take longer from thread to thread than to be made. */
export interface SentRows {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Float64Array<ArrayBuffer>;
  readonly pageIds: Float64Array<ArrayBuffer>;
  readonly pageRows: Float64Array<ArrayBuffer>;
  readonly pageTitles: readonly string[];
}

export function toSentRows({ bytes, ends, pages }: RowChunk): SentRows {
  return {
    bytes: new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength),
    ends: Float64Array.from(ends),
    pageIds: Float64Array.from(pages, ({ id }) => id),
    pageRows: Float64Array.from(pages, ({ rows }) => rows),
    pageTitles: pages.map(({ title }) => title),
  };
}

export function fromSentRows({ bytes, ends, pageIds, pageRows, pageTitles }: SentRows): RowChunk {
  const pages = pageTitles.map((title, i) => ({ id: pageIds[i] ?? 0, title, rows: pageRows[i] ?? 0 }));
  return {
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    rows: ends.length,
    ends: Array.from(ends),
    firstPageId: pages[0]?.id ?? 0,
    lastPageId: pages.at(-1)?.id ?? 0,
    pages,
  };
}
