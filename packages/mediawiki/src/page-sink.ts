import type { Piece } from './dump-splitter.js';

/** Who gets a dump's pages, piece by piece, in the order of the bytes. What it throws stops the reader. */
export interface PageSink {
  /** Once, before any piece: the wiki of the rows. */
  begin(wiki: string): void;
  /** What stands before the first page and is no head. The bytes are a view, good until the call returns. */
  strayHead(offset: number, bytes: Buffer): void;
  pageHead(piece: Piece): void;
  revision(piece: Piece): void;
  between(piece: Piece): void;
  pageEnd(offset: number, closed: boolean): void;
}
