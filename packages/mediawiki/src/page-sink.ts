import type { PermanentError } from '@wikifleet/domain/errors';
import type { Piece } from './dump-splitter.js';

/** Who gets a dump's pages, piece by piece, in the order of the bytes. What it throws stops who gives them. */
export interface PageSink {
  /**
   * Takes a page's head from `<page` to before a `<revision>`, or a revision that ends with `</revision>`, where it knows the
   * piece exactly: then it holds no other tag by which a dump is cut, and no comment, CDATA section or processing
   * instruction. False where it does not; then nothing happened, and the piece comes again as its tags have it.
   */
  knownPageHead(piece: Piece): boolean;
  knownRevision(piece: Piece): boolean;
  /** From `<page>` to the first `<revision`, or to the page's end. */
  pageHead(piece: Piece): void;
  /** From `<revision` to `</revision>`, or to the next `<revision` or the page's end where that comes first. */
  revision(piece: Piece): void;
  /** What stands after a `</revision>`, to the next `<revision` or the page's end. */
  between(piece: Piece): void;
  /** `closed`: whether `</page>` was there. */
  pageEnd(offset: number, closed: boolean): void;
  /** Bytes in front of a page, between pages or behind the last one that do not belong there, and why. */
  outside(piece: Piece, error: PermanentError): void;
}

/** Who is told what the pages' rows begin with. */
export interface HeadSink {
  /** Once, before any page: the wiki of the rows. */
  begin(wiki: string): void;
}
