import { PermanentError } from '@wikifleet/domain/errors';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { isBlank } from './blank.js';
import type { CountKeeper } from './dump-counts.js';
import type { Piece } from './dump-splitter.js';
import { judgePage } from './judge-page.js';
import type { HeadSink, PageSink } from './page-sink.js';
import { MAX_QUARANTINE_RECORDS, guessRevisionId, rawBytes } from './quarantine.js';
import type { QuarantineRecord } from './quarantine.js';
import { RowBuffer } from './row-buffer.js';
import type { PageHead, RevisionRow, RowEngine } from './row-engine.js';
import { ViewedBytes } from './searchable-bytes.js';
import { endOfStartTag } from './tag-finder.js';
import { UnitFault } from './unit-fault.js';
import type { KnownIds } from './unit-fault.js';

/** Complete rows in the encoding of the engine: JSON lines with their newline, or values. */
export interface RowChunk {
  /** A view, good until whoever made it makes more rows. */
  readonly bytes: Buffer;
  readonly rows: number;
  /** Where each row ends in `bytes`: the places where a compressed member may be closed. */
  readonly ends: readonly number[];
  readonly firstPageId: number;
  readonly lastPageId: number;
  /** The pages of these rows, in order; one whose rows go on in the next chunk stands there too. */
  readonly pages: readonly ChunkPage[];
}

export interface ChunkPage {
  readonly id: number;
  readonly title: string;
  readonly rows: number;
}

/** Pages whose head could be read, with or without rows, in order: their ids, and where their `<page>` begins. */
export interface SeenPages {
  readonly ids: ArrayLike<number>;
  readonly offsets: ArrayLike<number>;
}

/** How far a page came between two of its pieces: who has it can go on with the page elsewhere. It can be cloned. */
export interface PageState {
  readonly page: PageHead | null;
  readonly known: KnownIds;
  readonly head: Uint8Array | null;
  readonly hasRevision: boolean;
  readonly isPartial: boolean;
  readonly isFiltered: boolean;
  readonly quarantinedTo: number;
}

const PAGE_TAG = Buffer.from('<page>');
const PAGE_NAME_BYTES = '<page'.length;
/** More units that cannot be read are not looked for in one conversion: each costs a parser's time, and a dump has few. */
export const MAX_UNREADABLE_UNITS = 1_000_000;
const NOTHING = Buffer.alloc(0);

/** Pieces of pages in, rows and quarantine out: what is done with each by an engine's answer. */
export class PageConverter implements HeadSink, PageSink {
  readonly #engine: RowEngine;
  readonly #counts: CountKeeper;
  /** Null where every page is kept. */
  readonly #filter: PageFilter | null;
  #wiki = 'unknown';
  /** Null where the page's head is broken. */
  #page: PageHead | null = null;
  /** What is known of a page whose head is broken. */
  #known: KnownIds = {};
  /** A copy of the head's bytes, until a record has them. */
  #head: Buffer | null = null;
  #hasRevision = false;
  #isPartial = false;
  /** Whether the filter leaves the page out: its revisions are counted, and not read. */
  #isFiltered = false;
  /** Where the last record's bytes end. */
  #quarantinedTo = -1;
  readonly #rows: RowBuffer;
  #pages: { id: number; title: string; rows: number }[] = [];
  #isPageListed = false;
  #seen: { ids: number[]; offsets: number[] } = { ids: [], offsets: [] };
  #quarantine: QuarantineRecord[] = [];
  #records = 0;

  /** `filter`: null where every page is kept. `rows` takes the rows; it must be empty. */
  constructor(engine: RowEngine, counts: CountKeeper, filter: PageFilter | null, rows = new RowBuffer()) {
    this.#engine = engine;
    this.#counts = counts;
    this.#filter = filter;
    this.#rows = rows;
  }

  get state(): PageState {
    return {
      page: this.#page,
      known: this.#known,
      head: this.#head,
      hasRevision: this.#hasRevision,
      isPartial: this.#isPartial,
      isFiltered: this.#isFiltered,
      quarantinedTo: this.#quarantinedTo,
    };
  }

  /** Goes on with a page that another converter, maybe in another thread, brought to `state`. */
  resume(state: PageState): void {
    this.#page = state.page === null ? null : { ...state.page, rowStart: asBuffer(state.page.rowStart) };
    this.#known = state.known;
    this.#head = state.head === null ? null : asBuffer(state.head);
    this.#hasRevision = state.hasRevision;
    this.#isPartial = state.isPartial;
    this.#isFiltered = state.isFiltered;
    this.#quarantinedTo = state.quarantinedTo;
    this.#isPageListed = false;
  }

  begin(wiki: string): void {
    this.#wiki = wiki;
  }

  outside(piece: Piece, error: PermanentError): void {
    this.#page = null;
    this.#known = {};
    this.#head = null;
    const { code, expected = '', received = '' } = error;
    this.#record(new UnitFault(code, expected, received), piece.offset, piece.bytes, piece.length);
  }

  knownPageHead({ bytes, offset }: Piece): boolean {
    if (bytes === null || !PAGE_TAG.equals(bytes.subarray(0, PAGE_TAG.length))) return false;
    const page = this.#engine.knownPage(this.#wiki, bytes.subarray(PAGE_TAG.length));
    if (page === null) return false;
    this.#beginPage();
    this.#page = page;
    this.#seen.ids.push(page.id);
    this.#seen.offsets.push(offset);
    this.#head = Buffer.from(bytes);
    this.#judge(page);
    return true;
  }

  knownRevision({ bytes }: Piece): boolean {
    const page = this.#page;
    if (bytes === null || page === null || this.#isFiltered) return false;
    const row = this.#engine.knownRevision(page, bytes);
    if (row === null) return false;
    this.#hasRevision = true;
    this.#add(page, row);
    return true;
  }

  #beginPage(): void {
    this.#counts.pages += 1;
    this.#page = null;
    this.#known = {};
    this.#head = null;
    this.#hasRevision = this.#isPartial = this.#isFiltered = this.#isPageListed = false;
  }

  pageHead(piece: Piece): void {
    this.#beginPage();
    this.#attempt(piece, () => {
      if (piece.bytes === null) throw tooLarge('PAGE_HEAD_TOO_LARGE', 'a page head', piece);
      const attributes = this.#readPageTag(piece.bytes);
      this.#page = this.#engine.readPage(this.#wiki, piece.bytes.subarray(startTagBytes(piece.bytes)));
      this.#seen.ids.push(this.#page.id);
      this.#seen.offsets.push(piece.offset);
      this.#head = Buffer.from(piece.bytes);
      if (attributes.length > 0) this.#page = { ...this.#page, unmapped: [...this.#page.unmapped, ...attributes] };
      this.#judge(this.#page);
      if (!this.#isFiltered) this.#counts.unmapped(this.#page.unmapped);
    });
  }

  /** Names of the page's attributes, which have no column. */
  #readPageTag(bytes: Buffer): readonly string[] {
    if (PAGE_TAG.equals(bytes.subarray(0, PAGE_TAG.length))) return [];
    return this.#engine.readPageTag(bytes.subarray(0, startTagBytes(bytes)));
  }

  /** A page whose head is broken never comes here: what nobody can judge is quarantined, whatever the filter. */
  #judge(page: PageHead): void {
    const verdict = this.#filter === null ? 'kept' : judgePage(this.#filter, page, this.#engine.encoding);
    if (verdict === 'unknown') this.#counts.pagesWithoutNamespace += 1;
    if (verdict !== 'filtered') return;
    this.#counts.filteredPages += 1;
    this.#isFiltered = true;
  }

  revision(piece: Piece): void {
    this.#hasRevision = true;
    if (this.#isFiltered) {
      this.#counts.filteredRevisions += 1;
      return;
    }
    this.#attempt(piece, () => {
      if (piece.bytes === null) throw tooLarge('REVISION_TOO_LARGE', 'a revision', piece);
      const page = this.#page;
      if (page === null)
        throw new UnitFault('PAGE_HEAD_BROKEN', 'a page head that can be read', 'one that is quarantined');
      const row = this.#engine.readRevision(page, piece.bytes);
      this.#counts.unmapped(row.unmapped);
      this.#add(page, row);
    });
  }

  between(piece: Piece): void {
    if (this.#isFiltered || (piece.bytes !== null && isBlank(piece.bytes))) return;
    this.#attempt(piece, () => {
      if (piece.bytes === null) throw tooLarge('PAGE_MATTER_TOO_LARGE', 'what is between revisions', piece);
      this.#counts.unmapped(this.#engine.readBetween(piece.bytes));
    });
  }

  pageEnd(offset: number, closed: boolean): void {
    // Where the piece that was cut is quarantined, its record says it.
    if (!closed && this.#quarantinedTo !== offset) {
      this.#record(new UnitFault('PAGE_CUT', '</page>', 'the next <page>, </mediawiki> or the end'), offset, NOTHING);
    }
    if (!this.#hasRevision && !this.#isFiltered) this.#counts.pagesWithoutRevision += 1;
    if (this.#isPartial) this.#counts.partialPages += 1;
  }

  /** Whole rows since the last call; null where there are none. */
  takeRows(): RowChunk | null {
    const first = this.#pages[0];
    const last = this.#pages.at(-1);
    if (first === undefined || last === undefined) return null;
    const pages = this.#pages;
    this.#pages = [];
    this.#isPageListed = false;
    const { bytes, ends } = this.#rows.take();
    return { bytes, rows: ends.length, ends, firstPageId: first.id, lastPageId: last.id, pages };
  }

  /** The pages since the last call. */
  takePages(): SeenPages {
    const seen = this.#seen;
    this.#seen = { ids: [], offsets: [] };
    return seen;
  }

  /** How many bytes of rows were not taken yet. */
  get rowBytes(): number {
    return this.#rows.length;
  }

  takeQuarantine(): QuarantineRecord[] {
    const records = this.#quarantine;
    this.#quarantine = [];
    return records;
  }

  #add(page: PageHead, { line, isOwn }: RevisionRow): void {
    this.#counts.rows += 1;
    this.#rows.append(line, isOwn);
    const last = this.#pages.at(-1);
    if (this.#isPageListed && last !== undefined) {
      last.rows += 1;
      return;
    }
    this.#pages.push({ id: page.id, title: page.title, rows: 1 });
    this.#isPageListed = true;
  }

  #attempt(piece: Piece, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof UnitFault)) throw error;
      this.#record(error, piece.offset, piece.bytes, piece.length);
    }
  }

  #record(fault: UnitFault, offset: number, bytes: Buffer | null, length = bytes?.length ?? 0): void {
    this.#isPartial = true;
    this.#quarantinedTo = offset + length;
    this.#counts.quarantined += 1;
    if (this.#counts.quarantined > MAX_UNREADABLE_UNITS) throw tooManyUnreadable(offset);
    const { known } = fault;
    if (known.pageId !== undefined) this.#known = known;
    this.#records += 1;
    // whoever stores them drops it, too
    if (this.#records > MAX_QUARANTINE_RECORDS) {
      this.#counts.quarantineDropped([fault.code]);
      this.#head = null;
      return;
    }
    const at = fault.at === null ? '' : ` at byte ${fault.at}`;
    this.#quarantine.push({
      wiki_id: this.#wiki,
      page_id: this.#page?.id ?? this.#known.pageId ?? null,
      page_title: this.#page?.title ?? this.#known.pageTitle ?? null,
      revision_id: known.revisionId ?? (bytes === null ? null : guessRevisionId(bytes)),
      offset,
      length,
      code: fault.code,
      reason: `${fault.message}${at}`,
      ...rawBytes(bytes),
      page_head: this.#head?.toString('utf8') ?? null,
    });
    this.#head = null;
  }
}

/** How many bytes the start tag has that `bytes` begin with; where it has no end, that of its name. */
function startTagBytes(bytes: Buffer): number {
  if (PAGE_TAG.equals(bytes.subarray(0, PAGE_TAG.length))) return PAGE_TAG.length;
  return Math.max(PAGE_NAME_BYTES, endOfStartTag(new ViewedBytes(bytes), PAGE_NAME_BYTES));
}

function tooManyUnreadable(offset: number): PermanentError {
  const place = `byte ${offset}`;
  const expected = `at most ${MAX_UNREADABLE_UNITS} pages and revisions that cannot be read`;
  const message = `conversion stopped at ${place}: expected ${expected}; received more`;
  return new PermanentError('TOO_MANY_UNREADABLE', message, { place, expected, received: 'more' });
}

/** A clone of a Buffer is a plain array of bytes. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooLarge(code: string, what: string, piece: Piece): UnitFault {
  return new UnitFault(code, `${what} of at most ${piece.limit} bytes`, `${piece.length}`);
}
