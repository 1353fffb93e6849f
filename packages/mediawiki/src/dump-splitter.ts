import { PermanentError } from '@wikifleet/domain/errors';
import { ByteWindow } from './byte-window.js';
import { LONGEST_TAG, TagFinder } from './tag-finder.js';
import type { FoundTag, Tag } from './tag-finder.js';
import type { PageSink } from './page-sink.js';
import type { PageStream } from './page-stream.js';
import { shown } from './unit-fault.js';

/** Bytes from `<page>` to its first revision, and between revisions. */
export const MAX_PAGE_HEAD_BYTES = 1024 * 1024;

/** Bytes of a revision, where nothing else is said. */
const MAX_REVISION_BYTES = 64 * 1024 * 1024;

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

type State = 'gap' | 'pageHead' | 'revision' | 'between';

const PAGE_ENDS: readonly Tag[] = ['/page', 'page', '/mediawiki'];
const PIECE_ENDS: readonly Tag[] = ['revision', ...PAGE_ENDS];
const REVISION_ENDS: readonly Tag[] = ['/revision', ...PIECE_ENDS];
const GAP_TAGS = ['<page>', '</mediawiki>'] as const;

/**
 * Cuts pages into pieces, knowing five tags and nothing else of XML. A page runs from `<page>` to the first of `</page>`,
 * the next `<page>`, `</mediawiki>`, the end. It keeps no more than one piece and what was pushed last. `push` and `end`
 * throw `BYTES_OUTSIDE_PAGES`.
 */
export class DumpSplitter implements PageStream {
  readonly #sink: PageSink;
  readonly #maxRevisionBytes: number;
  readonly #window = new ByteWindow();
  #finder = new TagFinder(this.#window);
  #state: State = 'gap';
  /** Where the present piece begins, and from where its end is searched. */
  #begin = 0;
  #scan = 0;
  #ended = false;
  #limit = Number.POSITIVE_INFINITY;
  #firstPage: number | null = null;
  #nextPage: number | null = null;
  #endTag: number | null = null;

  /** Longer revisions are given without their bytes; 64 MiB by default. */
  constructor(sink: PageSink, maxRevisionBytes = MAX_REVISION_BYTES) {
    this.#sink = sink;
    this.#maxRevisionBytes = maxRevisionBytes;
  }

  /** Begins anew: with a page, or with a `<revision` in mid-page. */
  begin(offset: number, at: 'page' | 'revision' = 'page'): void {
    this.#window.restart(offset);
    this.#finder = new TagFinder(this.#window);
    this.#ended = false;
    this.#firstPage = this.#nextPage = this.#endTag = null;
    if (at === 'page') this.#state = 'gap';
    else this.#enter('revision', offset, offset + '<revision'.length);
  }

  ownTo(offset: number): void {
    this.#limit = offset;
  }

  get done(): boolean {
    return this.#nextPage !== null;
  }

  get firstPage(): number | null {
    return this.#firstPage;
  }

  get nextPage(): number | null {
    return this.#nextPage;
  }

  get endTag(): number | null {
    return this.#endTag;
  }

  push(bytes: Uint8Array): void {
    if (this.done) return;
    this.#window.append(bytes);
    this.#advance();
  }

  /** No more bytes, or a `<page>` follows that is somebody else's: a page that is open is cut here. */
  end(): void {
    this.#ended = true;
    this.#advance();
  }

  /** A `<revision` of the same page follows that is somebody else's. */
  endBeforeRevision(): void {
    const { offset, end } = this.#window;
    if (this.#state === 'gap') {
      const rest = this.#window.view(offset, end);
      throw outsidePages(offset, this.#endTag !== null, Buffer.concat([rest, Buffer.from('<revision')]));
    }
    this.#emit(end, false);
    this.#window.dropTo(end);
  }

  #advance(): void {
    while (!this.done && this.#step());
  }

  /** Takes one piece or one tag; false where more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'gap':
        return this.#stepGap();
      case 'revision':
        return this.#stepPiece(REVISION_ENDS);
      case 'pageHead':
      case 'between':
        return this.#stepPiece(PIECE_ENDS);
    }
  }

  #stepGap(): boolean {
    let at = this.#window.offset;
    while (isSpace(this.#window.byteAt(at))) at += 1;
    this.#window.dropTo(at);
    if (at === this.#window.end) return false;
    const next = this.#window.view(at, Math.min(at + LONGEST_TAG, this.#window.end)).toString('latin1');
    if (this.#endTag === null && next.startsWith('<page>')) {
      if (at >= this.#limit) {
        this.#nextPage = at;
        return false;
      }
      this.#firstPage ??= at;
      this.#enter('pageHead', at, at + '<page>'.length);
      return true;
    }
    if (this.#endTag === null && next === '</mediawiki>') {
      this.#endTag = at;
      this.#window.dropTo(at + next.length);
      return true;
    }
    if (!this.#ended && this.#endTag === null && GAP_TAGS.some((tag) => tag.startsWith(next))) return false;
    throw outsidePages(at, this.#endTag !== null, this.#window.view(at, Math.min(at + 60, this.#window.end)));
  }

  #stepPiece(ends: readonly Tag[]): boolean {
    const found = this.#finder.first(ends, this.#scan);
    if (found === null && !this.#ended) {
      this.#scan = Math.max(this.#scan, this.#window.end - LONGEST_TAG);
      // Only what is too long wherever its end tag may still begin: the outcome must not depend on the cuts.
      if (this.#scan - this.#begin > this.#bound()) this.#window.dropTo(this.#scan);
      return false;
    }
    const closed = found?.tag === '/revision';
    const stop = found === null ? this.#window.end : closed ? found.end : found.offset;
    this.#emit(stop, closed);
    this.#window.dropTo(stop);
    if (closed) this.#enter('between', stop, stop);
    else this.#follow(found, stop);
    return true;
  }

  #bound(): number {
    return this.#state === 'revision' ? this.#maxRevisionBytes : MAX_PAGE_HEAD_BYTES;
  }

  #emit(stop: number, closed: boolean): void {
    const limit = this.#bound();
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

/** Bytes that are in no page; `endTagSeen`: and behind `</mediawiki>`. */
export function outsidePages(offset: number, endTagSeen: boolean, bytes: Buffer): PermanentError {
  const expected = endTagSeen ? 'only white space after </mediawiki>' : '<page>, </mediawiki> or white space';
  const received = shown(bytes.toString('utf8'));
  return new PermanentError('BYTES_OUTSIDE_PAGES', `byte ${offset}: expected ${expected}; received ${received}`, {
    place: `byte ${offset}`,
    expected,
    received,
  });
}
