import { isBlank } from './blank.js';
import type { Piece } from './dump-splitter.js';
import type { PageSink } from './page-sink.js';
import { CLOSED, HAS_BYTES, PIECE_KIND } from './piece-batch.js';
import type { PieceBatch, PieceKind } from './piece-batch.js';

/** No batch has more bytes, but for one that holds a single longer piece. */
export const BATCH_BYTES = 1024 * 1024;
/** A batch is closed at the first page's end after so much weight, and before any piece beyond `BATCH_BYTES` of it. */
const ENOUGH = BATCH_BYTES / 2;
/** What a row has beside its page's columns and its revision's own bytes: its keys, mostly. */
const ROW_WEIGHT = 512;
/** Longer page heads are not longer in rows: titles are bounded. */
const MAX_HEAD_WEIGHT = 16 * 1024;

/**
 * Gathers pieces into batches. Each revision weighs about as much as its row will, so that the rows of a batch are bounded
 * as its bytes are. A batch holds whole pages where they are short; one in mid-page ends with that page at the latest.
 * Memory: one batch, and those that were not taken; all that one push of the reader's makes.
 */
export class PieceBatcher implements PageSink {
  #wiki = 'unknown';
  #bytes: ArrayBuffer | null = null;
  #view = new Uint8Array(0);
  #used = 0;
  #table: number[] = [];
  #weight = 0;
  #headWeight = 0;
  #continues = false;
  #isInPage = false;
  #closed: PieceBatch[] = [];
  readonly #spare: ArrayBuffer[] = [];

  begin(wiki: string): void {
    this.#wiki = wiki;
  }

  strayHead(offset: number, bytes: Buffer): void {
    this.#add('strayHead', { offset, length: bytes.length, bytes, limit: bytes.length, closed: false });
  }

  pageHead(piece: Piece): void {
    this.#add('pageHead', piece);
    this.#isInPage = true;
    this.#headWeight = Math.min(piece.length, MAX_HEAD_WEIGHT);
  }

  revision(piece: Piece): void {
    this.#add('revision', piece);
    this.#weight += this.#headWeight + ROW_WEIGHT;
  }

  /** What is blank nobody needs. */
  between(piece: Piece): void {
    if (piece.bytes === null || !isBlank(piece.bytes)) this.#add('between', piece);
  }

  pageEnd(offset: number, closed: boolean): void {
    this.#put('pageEnd', { offset, length: 0, bytes: null, limit: 0, closed });
    this.#isInPage = false;
    // it goes to the quarantine, with its head
    if (!closed) this.#weight += this.#headWeight + ROW_WEIGHT;
    if (this.#continues || this.#weight >= ENOUGH) this.close();
  }

  /** Closes what was gathered, in mid-page too. */
  close(): void {
    if (this.#table.length > 0) {
      this.#closed.push({
        wiki: this.#wiki,
        continues: this.#continues,
        isOpen: this.#isInPage,
        bytes: this.#bytes ?? new ArrayBuffer(0),
        table: Float64Array.from(this.#table),
      });
      this.#continues = this.#isInPage;
    }
    this.#bytes = null;
    this.#used = this.#weight = 0;
    this.#table = [];
  }

  /** The batches that were closed since the last call. */
  take(): PieceBatch[] {
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  /** Takes a batch's bytes back, to be used again. */
  giveBack(bytes: ArrayBuffer): void {
    if (bytes.byteLength === BATCH_BYTES) this.#spare.push(bytes);
  }

  #add(kind: PieceKind, piece: Piece): void {
    const length = piece.bytes?.length ?? 0;
    if (this.#used + length > BATCH_BYTES || this.#weight >= BATCH_BYTES) this.close();
    this.#put(kind, piece);
    this.#weight += length;
  }

  #put(kind: PieceKind, { offset, length, bytes, limit, closed }: Piece): void {
    this.#table.push(PIECE_KIND[kind], offset, length, limit, (closed ? CLOSED : 0) | (bytes === null ? 0 : HAS_BYTES));
    if (bytes === null) return;
    if (this.#bytes === null) {
      const spare = length > BATCH_BYTES ? undefined : this.#spare.pop();
      this.#bytes = spare ?? new ArrayBuffer(Math.max(BATCH_BYTES, length));
      this.#view = new Uint8Array(this.#bytes);
    }
    this.#view.set(bytes, this.#used);
    this.#used += length;
  }
}
