import { PermanentError } from '@wikifleet/domain/errors';
import { ByteWindow } from './byte-window.js';
import { LONGEST_TAG, TagFinder } from './tag-finder.js';
import type { FoundTag, Tag } from './tag-finder.js';
import { shown } from './unit-fault.js';

/** Bytes before the first page. */
export const MAX_HEAD_BYTES = 1024 * 1024;
/** Bytes from `<page>` to its first revision, and between revisions. */
export const MAX_PAGE_HEAD_BYTES = 1024 * 1024;

/** A run of bytes of a page. */
export interface Piece {
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** A view, good until the call returns; null where the piece is longer than its bound. */
  readonly bytes: Buffer | null;
  /** That bound, in bytes. */
  readonly limit: number;
  /** Whether it ends with its own end tag. */
  readonly closed: boolean;
}

/** Who gets the pieces, in the order of the bytes. What it throws stops the splitter. */
export interface DumpSink {
  /** Once, before any page: all bytes before the first `<page>`, `</mediawiki>` or the end. */
  head(bytes: Buffer): void;
  /** From `<page>` to the first `<revision`, or to the page's end. */
  pageHead(piece: Piece): void;
  /** From `<revision` to `</revision>`, or to the next `<revision` or the page's end where that comes first. */
  revision(piece: Piece): void;
  /** What stands after a `</revision>`, to the next `<revision` or the page's end. */
  between(piece: Piece): void;
  /** `closed`: whether `</page>` was there. */
  pageEnd(offset: number, closed: boolean): void;
  endTag(offset: number): void;
}

type State = 'head' | 'skip' | 'gap' | 'pageHead' | 'revision' | 'between';

const PAGE_ENDS: readonly Tag[] = ['/page', 'page', '/mediawiki'];
const PIECE_ENDS: readonly Tag[] = ['revision', ...PAGE_ENDS];
const REVISION_ENDS: readonly Tag[] = ['/revision', ...PIECE_ENDS];
const GAP_TAGS = ['<page>', '</mediawiki>'] as const;

/**
 * Cuts a dump's bytes into pieces, knowing five tags and nothing else of XML. A page runs from `<page>` to the first
 * of `</page>`, the next `<page>`, `</mediawiki>`, the end. It keeps no more than one piece and what was pushed last.
 */
export class DumpSplitter {
  readonly #sink: DumpSink;
  readonly #maxRevisionBytes: number;
  readonly #window = new ByteWindow();
  readonly #finder = new TagFinder(this.#window);
  #state: State = 'head';
  /** Where the present piece begins, and from where its end is searched. */
  #begin = 0;
  #scan = 0;
  #endTagSeen = false;
  #ended = false;
  #limit = Number.POSITIVE_INFINITY;
  #nextPage: number | null = null;
  #done = false;

  /** `begin`: at the dump's head, or in mid-dump, where what stands before the first `<page>` is somebody else's. */
  constructor(sink: DumpSink, maxRevisionBytes: number, begin: 'head' | 'skip' = 'head') {
    this.#sink = sink;
    this.#maxRevisionBytes = maxRevisionBytes;
    this.#state = begin;
  }

  /** Pages that begin at or after `offset` are somebody else's. Before any byte from there on is pushed. */
  ownTo(offset: number): void {
    this.#limit = offset;
  }

  /** Whether all that is owned is over: nothing more needs to be pushed. */
  get done(): boolean {
    return this.#done;
  }

  /** Where the first page begins that is somebody else's; null where it was not reached. */
  get nextPage(): number | null {
    return this.#nextPage;
  }

  push(bytes: Uint8Array): void {
    if (this.#done) return;
    this.#window.append(bytes);
    this.#advance();
  }

  end(): void {
    this.#ended = true;
    this.#advance();
  }

  #advance(): void {
    while (!this.#done && this.#step());
  }

  /** Takes one piece or one tag; false where more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#stepHead();
      case 'skip':
        return this.#stepSkip();
      case 'gap':
        return this.#stepGap();
      case 'pageHead':
        return this.#stepPiece(PIECE_ENDS, MAX_PAGE_HEAD_BYTES);
      case 'revision':
        return this.#stepPiece(REVISION_ENDS, this.#maxRevisionBytes);
      case 'between':
        return this.#stepPiece(PIECE_ENDS, MAX_PAGE_HEAD_BYTES);
    }
  }

  #stepHead(): boolean {
    const found = this.#finder.first(['page', '/mediawiki'], 0);
    const end = found?.offset ?? this.#window.end;
    if (end > MAX_HEAD_BYTES + (found === null ? LONGEST_TAG : 0)) {
      const expected = `a <page> within the first ${MAX_HEAD_BYTES} bytes`;
      throw new PermanentError('HEAD_TOO_LARGE', `expected ${expected}; received none`, { expected, place: 'byte 0' });
    }
    if (found === null && !this.#ended) return false;
    this.#sink.head(this.#window.view(0, end));
    this.#window.dropTo(end);
    this.#state = 'gap';
    return true;
  }

  #stepSkip(): boolean {
    const found = this.#finder.first(['page'], this.#window.offset);
    if (found !== null && found.offset < this.#limit) {
      this.#window.dropTo(found.offset);
      this.#state = 'gap';
      return true;
    }
    // no `<page>` begins before the last five bytes, or it would have been found
    this.#done = found !== null || this.#ended || this.#window.end - '<page>'.length + 1 >= this.#limit;
    this.#window.dropTo(Math.max(this.#window.offset, this.#window.end - LONGEST_TAG));
    return false;
  }

  #stepGap(): boolean {
    let at = this.#window.offset;
    while (isSpace(this.#window.byteAt(at))) at += 1;
    this.#window.dropTo(at);
    if (at === this.#window.end) return false;
    const next = this.#window.view(at, Math.min(at + LONGEST_TAG, this.#window.end)).toString('latin1');
    if (!this.#endTagSeen && next.startsWith('<page>')) {
      if (at >= this.#limit) {
        this.#nextPage = at;
        this.#done = true;
        return false;
      }
      this.#enter('pageHead', at, at + '<page>'.length);
      return true;
    }
    if (!this.#endTagSeen && next === '</mediawiki>') {
      this.#endTagSeen = true;
      this.#sink.endTag(at);
      this.#window.dropTo(at + next.length);
      return true;
    }
    if (!this.#ended && !this.#endTagSeen && GAP_TAGS.some((tag) => tag.startsWith(next))) return false;
    throw outsidePages(at, this.#endTagSeen, this.#window.view(at, Math.min(at + 60, this.#window.end)));
  }

  #stepPiece(ends: readonly Tag[], limit: number): boolean {
    const found = this.#finder.first(ends, this.#scan);
    if (found === null && !this.#ended) {
      this.#scan = Math.max(this.#scan, this.#window.end - LONGEST_TAG);
      // Only what is too long wherever its end tag may still begin: the outcome must not depend on the cuts.
      if (this.#scan - this.#begin > limit) this.#window.dropTo(this.#scan);
      return false;
    }
    const closed = found?.tag === '/revision';
    const stop = found === null ? this.#window.end : closed ? found.end : found.offset;
    this.#emit(stop, limit, closed);
    this.#window.dropTo(stop);
    if (closed) this.#enter('between', stop, stop);
    else this.#follow(found, stop);
    return true;
  }

  #emit(stop: number, limit: number, closed: boolean): void {
    const length = stop - this.#begin;
    const bytes = length > limit ? null : this.#window.view(this.#begin, stop);
    const piece: Piece = { offset: this.#begin, length, bytes, limit, closed };
    if (this.#state === 'pageHead') this.#sink.pageHead(piece);
    else if (this.#state === 'revision') this.#sink.revision(piece);
    else if (length > 0) this.#sink.between(piece);
  }

  /** Goes on with what ended a piece: a revision, the page's end, or the next page. */
  #follow(found: FoundTag | null, stop: number): void {
    if (found?.tag === 'revision') {
      this.#enter('revision', found.offset, found.end);
      return;
    }
    const closed = found?.tag === '/page';
    this.#sink.pageEnd(stop, closed);
    if (closed) this.#window.dropTo(found.end);
    this.#state = 'gap';
  }

  #enter(state: State, begin: number, scan: number): void {
    this.#state = state;
    this.#begin = begin;
    this.#scan = scan;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function outsidePages(offset: number, endTagSeen: boolean, bytes: Buffer): PermanentError {
  const expected = endTagSeen ? 'only white space after </mediawiki>' : '<page>, </mediawiki> or white space';
  const received = shown(bytes.toString('utf8'));
  return new PermanentError('BYTES_OUTSIDE_PAGES', `byte ${offset}: expected ${expected}; received ${received}`, {
    place: `byte ${offset}`,
    expected,
    received,
  });
}
