import type { PermanentError } from '@wikifleet/domain/errors';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import { CountKeeper } from './dump-counts.js';
import type { PageCounts } from './dump-counts.js';
import { DumpSplitter } from './dump-splitter.js';
import type { Piece } from './dump-splitter.js';
import { KernelEngine } from './kernel-engine.js';
import { splitBatch } from './page-batch.js';
import type { PageBatch } from './page-batch.js';
import { PageConverter } from './page-converter.js';
import type { PageState, RowChunk, SeenPages } from './page-converter.js';
import type { QuarantineRecord } from './quarantine.js';
import { RowBuffer } from './row-buffer.js';
import type { RowEngine } from './row-engine.js';

/** More bytes of rows are not made of a batch: where a long title stands in many short rows they would be hundreds of MB. */
export const MAX_ROW_BYTES = 8 * 1024 * 1024;

/** What became of a batch. */
export type BatchOutcome =
  | {
      readonly kind: 'rows';
      readonly rows: RowChunk | null;
      readonly quarantine: readonly QuarantineRecord[];
      readonly counts: PageCounts;
      readonly pages: SeenPages;
      /** Where `</mediawiki>` begins; null where it is not in the batch. */
      readonly endTag: number | null;
      /** The first bytes outside of pages that do not belong there; the pages around them were converted. */
      readonly failure: PermanentError | null;
    }
  /** Nothing: something in it, or in its page before it, is not for here. */
  | {
      readonly kind: 'refused';
      /** How far the page came that the batch begins in; null where it begins with a page, or one before it was refused. */
      readonly state: PageState | null;
    };

/**
 * Converts batches with the kernel alone, without node-expat, which only one thread of a process can load. A batch with
 * a unit that the kernel does not know exactly is refused as a whole, and so are one that is cut anywhere and one that
 * makes more than `MAX_ROW_BYTES`, and then the rest of the page that it ends in. Batches of one page must come to the
 * same converter, in order.
 */
export class BatchConverter {
  /** One for each encoding that was asked for. */
  readonly #engines = new Map<RowEncoding, KernelEngine>();
  readonly #counts = new CountKeeper();
  readonly #rows = new RowBuffer();
  readonly #splitter: DumpSplitter;
  /** Has the state of the page that the last batch ended in; null where it was refused. */
  #pages: PageConverter | null = null;
  /** Bytes of rows for each byte of a batch, lately. */
  #expansion = 1;

  constructor() {
    this.#splitter = new DumpSplitter({
      knownPageHead: (piece) => this.#pages?.knownPageHead(piece) === true,
      knownRevision: (piece) => this.#pages?.knownRevision(piece) === true && this.#isBounded(),
      pageHead: (piece) => this.#pages?.pageHead(piece),
      revision: (piece) => this.#revision(piece),
      between: (piece) => this.#pages?.between(piece),
      pageEnd: (offset, closed) => this.#pages?.pageEnd(offset, closed),
      outside: (piece, error) => this.#pages?.outside(piece, error),
    });
  }

  /** `filter`: null where every page is kept. `memory` is for the rows, whose bytes are the caller's then. */
  convert(
    batch: PageBatch,
    wiki: string,
    filter: PageFilter | null,
    encoding: RowEncoding = 'json',
    memory?: ArrayBuffer,
  ): BatchOutcome {
    this.#rows.use(memory, Math.ceil(this.#expansion * batch.length));
    const state = batch.begins === 'revision' ? (this.#pages?.state ?? null) : null;
    if (batch.begins === 'page') {
      this.#pages = new PageConverter(this.#engineFor(encoding), this.#counts, filter, this.#rows);
      this.#pages.begin(wiki);
    }
    const pages = this.#pages;
    if (pages === null || batch.begins === 'anywhere' || batch.ends === 'anywhere') return this.#refuse(state);
    try {
      splitBatch(batch, this.#splitter);
    } catch (error) {
      const refused = this.#refuse(error instanceof Refusal ? state : null);
      if (error instanceof Refusal) return refused;
      throw error;
    }
    // a revision that stands outside of pages follows: what it is depends on what was before
    if (batch.ends === 'revision' && !this.#splitter.isInPage) return this.#refuse(state);
    const rows = pages.takeRows();
    // a little more: a buffer that must grow is copied
    if (rows !== null) this.#expansion = (1.1 * rows.bytes.length) / batch.length;
    const [quarantine, counts] = [pages.takeQuarantine(), this.#counts.take()];
    const { endTag, failure } = this.#splitter;
    return { kind: 'rows', rows, quarantine, counts, pages: pages.takePages(), endTag, failure };
  }

  #engineFor(encoding: RowEncoding): KernelEngine {
    const known = this.#engines.get(encoding);
    if (known !== undefined) return known;
    const engine = new KernelEngine(new RefusingEngine(encoding), encoding);
    this.#engines.set(encoding, engine);
    return engine;
  }

  #revision(piece: Piece): void {
    this.#pages?.revision(piece);
    this.#isBounded();
  }

  #isBounded(): true {
    if ((this.#pages?.rowBytes ?? 0) > MAX_ROW_BYTES) throw new Refusal('too many rows');
    return true;
  }

  #refuse(state: PageState | null): BatchOutcome {
    this.#pages = null;
    this.#counts.take();
    this.#rows.take();
    return { kind: 'refused', state };
  }
}

class Refusal extends Error {}

class RefusingEngine implements RowEngine {
  readonly encoding: RowEncoding;

  constructor(encoding: RowEncoding) {
    this.encoding = encoding;
  }

  /** Nothing is known without a parser. */
  knownPage(): null {
    return null;
  }

  knownRevision(): null {
    return null;
  }

  readPageTag(): never {
    throw new Refusal('a page with attributes is for the reference');
  }

  readPage(): never {
    throw new Refusal('a page is for the reference');
  }

  readRevision(): never {
    throw new Refusal('a revision is for the reference');
  }

  readBetween(): never {
    throw new Refusal('what is between revisions is for the reference');
  }
}
