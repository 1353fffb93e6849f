import type { Piece } from './dump-splitter.js';

/** Who gets a dump's pages, piece by piece, in the order of the bytes. What it throws stops who gives them. */
export interface PageSink {
  /** From `<page>` to the first `<revision`, or to the page's end. */
  pageHead(piece: Piece): void;
  /** From `<revision` to `</revision>`, or to the next `<revision` or the page's end where that comes first. */
  revision(piece: Piece): void;
  /** What stands after a `</revision>`, to the next `<revision` or the page's end. */
  between(piece: Piece): void;
  /** `closed`: whether `</page>` was there. */
  pageEnd(offset: number, closed: boolean): void;
}

/** Who is told of what stands before the pages. */
export interface HeadSink {
  /** Once, before any page: the wiki of the rows. */
  begin(wiki: string): void;
  /** What stands before the first page and is no head. The bytes are a view, good until the call returns. */
  strayHead(offset: number, bytes: Buffer): void;
}
