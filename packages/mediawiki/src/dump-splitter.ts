import { PermanentError } from '@wikifleet/domain/errors';
import { ByteWindow } from '@wikifleet/domain/byte-window';
import { Needle, isSpace } from './searchable-bytes.js';
import { LONGEST_TAG, NO_TAG, TagFinder, UNKNOWN, endOfStartTag } from './tag-finder.js';
import type { Section } from './section-scanner.js';
import type { FoundTag, Tag } from './tag-finder.js';
import type { PageSink } from './page-sink.js';
import type { PageStream } from './page-stream.js';
import { shown } from './unit-fault.js';

/** Bytes from `<page>` to its first revision, and between revisions; large uploads aside. */
export const MAX_PAGE_HEAD_BYTES = 1024 * 1024;

/** An `<upload>` with more bytes (it may hold the file's contents) is replaced by an empty one: it has no column. */
export const MAX_UPLOAD_BYTES = 64 * 1024;

/**
 * Bytes of a revision, where nothing else is said. MediaWiki's own limit for a slot is 2 MiB (`$wgMaxArticleSize`), and XML
 * has at most six bytes for each (`&quot;`): with two slots 24 MiB.
 */
export const MAX_REVISION_BYTES = 32 * 1024 * 1024;

/** So many bytes that are outside of pages are shown in an error. */
const SHOWN_BYTES = 60;

/** A run of bytes of a page. */
export interface Piece {
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** A view, good until the call returns; null where the piece is longer than its bound. Large uploads in it are empty. */
  readonly bytes: Buffer | null;
  /** That bound, in bytes. */
  readonly limit: number;
  /** Whether it ends with its own end tag. */
  readonly closed: boolean;
}

/**
 * Where the splitter stands:
 * - `gap`: outside of pages, where only white space, comments, processing instructions, `<page` and `</mediawiki` may be;
 * - `stray`: outside of pages, in bytes that do not belong there, up to the next `<page` or `</mediawiki`;
 * - `pageHead`: between `<page` and its first revision; `revision`; `between`: behind a revision, in the page;
 * - `upload`: in an `<upload>` of a page's head or behind a revision;
 * - `over`: behind `</mediawiki>`, where bytes that do not belong there ended the work.
 */
type State = 'gap' | 'stray' | 'pageHead' | 'revision' | 'between' | 'upload' | 'over';

const PAGE_ENDS: readonly Tag[] = ['/page', 'page', '/mediawiki'];
const PIECE_ENDS: readonly Tag[] = ['revision', 'upload', ...PAGE_ENDS];
const REVISION_ENDS: readonly Tag[] = ['/revision', 'revision', ...PAGE_ENDS];
const UPLOAD_ENDS: readonly Tag[] = ['/upload', 'revision', ...PAGE_ENDS];
const STRAY_ENDS: readonly Tag[] = ['page', '/mediawiki'];
const GAP_MARKUP = ['<page', '</mediawiki', '<!--', '<?'] as const;
/** Tags as MediaWiki writes them. */
const PAGE_START = Buffer.from('<page>');
const PAGE_END = Buffer.from('</page>');
const REVISION_START = Buffer.from('<revision>');
const REVISION_END = Buffer.from('</revision>');
const SLASH = 0x2f;
const EMPTY_UPLOAD = Buffer.from('<upload/>');
const OPEN_UPLOAD = Buffer.from('<upload>');

/**
 * Cuts pages into pieces by a few tags, wherever these are no part of a comment, a CDATA section or a processing
 * instruction. A page runs from `<page` to the first of `</page>`, the next `<page`, `</mediawiki>`, the end. Bytes that
 * are outside of pages and do not belong there are a piece too: they are a `failure`, and pages behind them are cut all
 * the same. It keeps no more than one piece and what was pushed last.
 */
export class DumpSplitter implements PageStream {
  readonly #sink: PageSink;
  readonly #maxRevisionBytes: number;
  readonly #window = new ByteWindow();
  #finder = new TagFinder(this.#window, 0);
  #revisionStart = new Needle(this.#window, REVISION_START);
  #revisionEnd = new Needle(this.#window, REVISION_END);
  /** Whether more bytes of the present piece may come. */
  #mayWait = true;
  /** Whether the sink does not know the present piece. */
  #isRefused = false;
  #state: State = 'gap';
  /** Where the present piece begins, and from where its end is searched. */
  #begin = 0;
  #scan = 0;
  /** What is kept of the present piece before `#keepFrom`: its bytes with large uploads emptied. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #keepFrom = 0;
  /** Of an upload: where it begins, and which state goes on behind it. */
  #uploadBegin = 0;
  #outer: 'pageHead' | 'between' = 'pageHead';
  /** Where a comment or a processing instruction in a gap begins that has not ended. */
  #openSection: number | null = null;
  /** The first bytes of that section, or of bytes that do not belong where they are, to be shown. */
  #start = Buffer.alloc(0);
  #failure: PermanentError | null = null;
  #ended = false;
  #limit = Number.POSITIVE_INFINITY;
  #firstPage: number | null = null;
  #nextPage: number | null = null;
  #endTag: number | null = null;

  /** Longer revisions are given without their bytes; `MAX_REVISION_BYTES` by default. */
  constructor(sink: PageSink, maxRevisionBytes = MAX_REVISION_BYTES) {
    this.#sink = sink;
    this.#maxRevisionBytes = maxRevisionBytes;
  }

  /** Begins anew: outside of pages, or with a `<revision` in mid-page. */
  begin(offset: number, at: 'page' | 'revision' = 'page'): void {
    this.#window.restart(offset);
    this.#finder = new TagFinder(this.#window, offset);
    this.#revisionStart = new Needle(this.#window, REVISION_START);
    this.#revisionEnd = new Needle(this.#window, REVISION_END);
    this.#ended = false;
    this.#firstPage = this.#nextPage = this.#endTag = null;
    this.#failure = null;
    this.#openSection = null;
    if (at === 'page') this.#state = 'gap';
    else this.#enter('revision', offset, offset + '<revision'.length);
  }

  ownTo(offset: number): void {
    this.#limit = offset;
  }

  get done(): boolean {
    return this.#nextPage !== null || this.#state === 'over';
  }

  /**
   * `BYTES_OUTSIDE_PAGES` or `LOG_DUMP`: the first bytes that do not belong where they are. `SECTION_UNTERMINATED`: the dump
   * ends within a comment, a CDATA section or a processing instruction of a page. Null where nothing is wrong.
   */
  get failure(): PermanentError | null {
    return this.#failure;
  }

  /** Whether the bytes so far end within a page. */
  get isInPage(): boolean {
    return this.#state !== 'gap' && this.#state !== 'stray' && this.#state !== 'over';
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

  /** No more bytes, or a `<page` follows that is another part's: a page that is open is cut here. */
  end(): void {
    this.#ended = true;
    this.#advance();
  }

  flush(): void {
    this.#mayWait = false;
    this.#advance();
    this.#mayWait = true;
  }

  /** A `<revision` of the same page follows that is another part's. Outside of pages it changes nothing. */
  endBeforeRevision(): void {
    this.flush();
    if (!this.isInPage) return;
    const { end } = this.#window;
    if (this.#state === 'upload') this.#endUpload(end, false);
    this.#emit(end, false);
    this.#window.dropTo(end);
  }

  #advance(): void {
    while (!this.done && this.#step());
  }

  /** Takes one piece or one tag; false where more bytes are needed. */
  #step(): boolean {
    const isTaken = this.#stepRegular();
    if (isTaken !== null) return isTaken;
    switch (this.#state) {
      case 'gap':
        return this.#openSection === null ? this.#stepGap() : this.#stepSection(this.#openSection);
      case 'stray':
        return this.#stepStray();
      case 'revision':
        return this.#stepPiece(REVISION_ENDS);
      case 'pageHead':
      case 'between':
        return this.#stepPiece(PIECE_ENDS);
      case 'upload':
        return this.#stepUpload();
      case 'over':
        return false;
    }
  }

  /**
   * The form that MediaWiki writes, without a search for tags that are not there: behind white space a page, a revision or
   * a page's end, and then whatever the sink knows exactly up to the next tag. Nothing that it knows holds another tag, a
   * comment, a CDATA section or a processing instruction. Null where this is something else; false where it may be.
   */
  #stepRegular(): boolean | null {
    switch (this.#state) {
      case 'gap':
        return this.#openSection === null && this.#endTag === null ? this.#stepRegularGap() : null;
      case 'pageHead':
        return this.#stepKnown(this.#revisionStart, 0);
      case 'revision':
        return this.#stepKnown(this.#revisionEnd, REVISION_END.length);
      case 'between':
        return this.#stepRegularBetween();
      default:
        return null;
    }
  }

  #stepRegularGap(): boolean | null {
    const at = this.#behindSpace(this.#window.offset);
    if (!this.#standsAt(PAGE_START, at)) return null;
    this.#window.dropTo(at);
    return this.#stepPage(at, at + '<page'.length);
  }

  #stepRegularBetween(): boolean | null {
    if (this.#scan !== this.#begin || this.#keepFrom !== this.#begin) return null;
    const at = this.#behindSpace(this.#begin);
    const isRevision = this.#standsAt(REVISION_START, at);
    if (!isRevision && !this.#standsAt(PAGE_END, at)) return null;
    this.#emit(at, false);
    this.#window.dropTo(at);
    if (isRevision) this.#follow({ tag: 'revision', offset: at, end: at + '<revision'.length }, at);
    else this.#follow({ tag: '/page', offset: at, end: at + PAGE_END.length }, at);
    return true;
  }

  /** Takes the piece to the next `end`, or to `behind` bytes behind its beginning, where the sink knows it exactly. */
  #stepKnown(end: Needle, behind: number): boolean | null {
    if (this.#isRefused || this.#keepFrom !== this.#begin || this.#window.offset > this.#begin) return null;
    const found = end.find(this.#begin);
    if (found < 0) {
      // it is worth waiting for, but behind what is owned: no more bytes are read there than are needed
      const isOwned = this.#window.end <= this.#limit;
      const mayWait = this.#mayWait && !this.#ended && isOwned;
      return mayWait && this.#window.end - this.#begin < MAX_PAGE_HEAD_BYTES ? false : null;
    }
    const stop = found + behind;
    const closed = behind > 0;
    const piece = this.#pieceTo(stop, closed);
    if (piece.bytes === null) return null;
    const isKnown = closed ? this.#sink.knownRevision(piece) : this.#sink.knownPageHead(piece);
    this.#isRefused = !isKnown;
    if (!isKnown) return null;
    this.#window.dropTo(stop);
    if (closed) this.#enter('between', stop, stop);
    else this.#enter('revision', stop, stop + '<revision'.length);
    return true;
  }

  #behindSpace(from: number): number {
    let at = from;
    while (isSpace(this.#window.byteAt(at))) at += 1;
    return at;
  }

  #standsAt(tag: Buffer, at: number): boolean {
    return at + tag.length <= this.#window.end && tag.equals(this.#window.view(at, at + tag.length));
  }

  #stepGap(): boolean {
    const at = this.#behindSpace(this.#window.offset);
    this.#window.dropTo(at);
    if (at === this.#window.end) return false;
    const next = this.#shown(at, LONGEST_TAG).toString('latin1');
    if (!this.#ended && GAP_MARKUP.some((markup) => markup.startsWith(next))) return false;
    if (next.startsWith('<!--') || next.startsWith('<?')) return this.#beginSection(at);
    const tags = this.#endTag === null ? this.#finder.first(STRAY_ENDS, at) : null;
    if (tags?.offset === at) return tags.tag === 'page' ? this.#stepPage(at, tags.end) : this.#takeEndTag(tags);
    // a tag whose end has not come
    if (!this.#ended && this.#endTag === null && tags === null && this.#finder.resumeAt <= at && isTagBegin(next))
      return false;
    return this.#beginStray(at);
  }

  #takeEndTag({ offset, end }: FoundTag): boolean {
    this.#endTag = offset;
    this.#window.dropTo(end);
    return true;
  }

  #stepPage(at: number, nameEnd: number): boolean {
    if (at >= this.#limit) {
      this.#nextPage = at;
      return false;
    }
    const tagEnd = endOfStartTag(this.#window, nameEnd);
    if (tagEnd === UNKNOWN && !this.#ended) return false;
    this.#firstPage ??= at;
    this.#enter('pageHead', at, tagEnd >= 0 ? tagEnd : nameEnd);
    if (tagEnd < 0 || this.#window.byteAt(tagEnd - 2) !== SLASH) return true;
    // <page/>
    this.#emit(tagEnd, false);
    this.#window.dropTo(tagEnd);
    this.#sink.pageEnd(tagEnd, true);
    this.#state = 'gap';
    return true;
  }

  /** A comment or a processing instruction between pages: nothing of it is kept but its beginning. */
  #beginSection(at: number): boolean {
    if (!this.#ended && this.#window.end - at < SHOWN_BYTES) return false;
    const section = this.#finder.section(at);
    if (section?.from !== at || /^<\?xml[ \t\r\n?]/i.test(this.#shown(at, 6).toString('latin1'))) {
      return this.#beginStray(at);
    }
    this.#start = Buffer.from(this.#shown(at, SHOWN_BYTES));
    this.#openSection = at;
    return true;
  }

  #stepSection(from: number): boolean {
    const section = this.#finder.section(from);
    const to = section?.from === from ? section.to : null;
    const { offset, end } = this.#window;
    if (to === null && !this.#ended) {
      this.#window.dropTo(Math.max(offset, end - LONGEST_TAG));
      return false;
    }
    const stop = to ?? end;
    this.#window.dropTo(stop);
    this.#openSection = null;
    if (section !== null && to === null) this.#outside(from, stop, null, endOf(section));
    else if (section?.isWellFormed !== true) this.#outside(from, stop, null, WITHOUT_DASHES);
    return true;
  }

  #beginStray(at: number): boolean {
    // what is shown must not depend on how the bytes are cut
    if (!this.#ended && this.#window.end - at < SHOWN_BYTES) return false;
    this.#start = Buffer.from(this.#shown(at, SHOWN_BYTES));
    if (this.#endTag !== null || isLogItem(this.#start.toString('latin1'))) {
      this.#outside(at, Math.min(at + SHOWN_BYTES, this.#window.end), null);
      this.#state = 'over';
      return false;
    }
    this.#enter('stray', at, at);
    return true;
  }

  #stepStray(): boolean {
    const found = this.#finder.first(STRAY_ENDS, this.#scan);
    if (found === null && !this.#ended) {
      this.#waitFrom(this.#finder.resumeAt);
      return false;
    }
    const stop = found?.offset ?? this.#window.end;
    const { bytes } = this.#pieceTo(stop, false);
    this.#state = 'gap';
    this.#outside(this.#begin, stop, bytes);
    this.#window.dropTo(stop);
    return true;
  }

  /** Bytes that do not belong where they are; the first of them are in `#start`. `expected`: in the place of what may stand there. */
  #outside(offset: number, stop: number, bytes: Buffer | null, expected?: string): void {
    const length = stop - offset;
    const error = outsidePages(offset, this.#endTag !== null, this.#start.subarray(0, length), expected);
    this.#failure ??= error;
    if (this.#endTag === null)
      this.#sink.outside({ offset, length, bytes, limit: MAX_PAGE_HEAD_BYTES, closed: false }, error);
  }

  #stepPiece(ends: readonly Tag[]): boolean {
    const found = this.#finder.first(ends, this.#scan);
    if (found === null && !this.#ended) {
      this.#waitFrom(this.#finder.resumeAt);
      return false;
    }
    if (found?.tag === 'upload') return this.#beginUpload(found);
    if (found === null) this.#failure ??= unterminatedSection(this.#finder.section(this.#scan));
    const closed = found?.tag === '/revision';
    const stop = found === null ? this.#window.end : closed ? found.end : found.offset;
    this.#emit(stop, closed);
    this.#window.dropTo(stop);
    if (closed) this.#enter('between', stop, stop);
    else this.#follow(found, stop);
    return true;
  }

  #beginUpload(found: FoundTag): boolean {
    const tagEnd = endOfStartTag(this.#window, found.end);
    if (tagEnd === UNKNOWN && !this.#ended) {
      this.#waitFrom(found.offset);
      return false;
    }
    this.#keepTo(found.offset);
    this.#outer = this.#state === 'pageHead' ? 'pageHead' : 'between';
    this.#state = 'upload';
    this.#uploadBegin = found.offset;
    this.#scan = tagEnd === NO_TAG || tagEnd === UNKNOWN ? found.end : tagEnd;
    if (tagEnd >= 0 && this.#window.byteAt(tagEnd - 2) === SLASH) this.#endUpload(tagEnd, true);
    return true;
  }

  #stepUpload(): boolean {
    const found = this.#finder.first(UPLOAD_ENDS, this.#scan);
    if (found === null && !this.#ended) {
      this.#scan = Math.max(this.#scan, this.#finder.resumeAt);
      if (this.#scan - this.#uploadBegin > MAX_UPLOAD_BYTES) this.#window.dropTo(this.#scan);
      return false;
    }
    const closed = found?.tag === '/upload';
    this.#endUpload(found === null ? this.#window.end : closed ? found.end : found.offset, closed);
    return true;
  }

  /** Goes on behind an upload: of a large one only the tags stay. */
  #endUpload(stop: number, closed: boolean): void {
    const length = stop - this.#uploadBegin;
    const isSmall = length <= MAX_UPLOAD_BYTES && this.#partBytes + length <= MAX_PAGE_HEAD_BYTES / 2;
    this.#keepFrom = this.#uploadBegin;
    if (isSmall) this.#keepTo(stop);
    else this.#keep(closed ? EMPTY_UPLOAD : OPEN_UPLOAD);
    this.#keepFrom = stop;
    this.#scan = stop;
    this.#window.dropTo(stop);
    this.#state = this.#outer;
  }

  /** Keeps a copy of the piece's bytes before `stop`. */
  #keepTo(stop: number): void {
    if (this.#keptTo(stop) <= this.#bound()) this.#keep(Buffer.from(this.#window.view(this.#keepFrom, stop)));
    else this.#partBytes += stop - this.#keepFrom;
    this.#keepFrom = stop;
    this.#window.dropTo(stop);
  }

  #keep(bytes: Buffer): void {
    this.#partBytes += bytes.length;
    if (this.#partBytes <= this.#bound()) this.#parts.push(bytes);
    else this.#parts = [];
  }

  /** How many bytes a piece to `stop` has, without those of large uploads. */
  #keptTo(stop: number): number {
    return this.#partBytes + stop - this.#keepFrom;
  }

  /** Waits for bytes; what is too long, wherever its end may still begin, is dropped: the outcome must not depend on the cuts. */
  #waitFrom(at: number): void {
    this.#scan = Math.max(this.#scan, at);
    if (this.#keptTo(this.#scan) <= this.#bound()) return;
    this.#window.dropTo(this.#scan);
  }

  #bound(): number {
    return this.#state === 'revision' ? this.#maxRevisionBytes : MAX_PAGE_HEAD_BYTES;
  }

  #emit(stop: number, closed: boolean): void {
    const piece = this.#pieceTo(stop, closed);
    if (this.#state === 'pageHead') this.#sink.pageHead(piece);
    else if (this.#state === 'revision') this.#sink.revision(piece);
    else if (piece.length > 0) this.#sink.between(piece);
  }

  #pieceTo(stop: number, closed: boolean): Piece {
    const limit = this.#bound();
    let bytes: Buffer | null = null;
    if (this.#keptTo(stop) <= limit) {
      bytes = this.#window.view(this.#keepFrom, stop);
      if (this.#parts.length > 0) bytes = Buffer.concat([...this.#parts, bytes]);
    }
    return { offset: this.#begin, length: stop - this.#begin, bytes, limit, closed };
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
    this.#begin = this.#keepFrom = begin;
    this.#scan = scan;
    this.#parts = [];
    this.#partBytes = 0;
    this.#isRefused = false;
  }

  /** A view of so many bytes from `at` on, or of those that have come. */
  #shown(at: number, bytes: number): Buffer {
    return this.#window.view(at, Math.min(at + bytes, this.#window.end));
  }
}

function isLogItem(text: string): boolean {
  return /^<logitem[ \t\r\n/>]/.test(text);
}

function isTagBegin(next: string): boolean {
  return next.startsWith('<page') || next.startsWith('</mediawiki');
}

const SECTION_NAMES = { comment: 'comment', cdata: 'CDATA section', instruction: 'processing instruction' } as const;
const SECTION_ENDS = { comment: '-->', cdata: ']]>', instruction: '?>' } as const;
const WITHOUT_DASHES = 'a comment that has no -- before its end -->';

function endOf({ kind }: Section): string {
  return `the end ${SECTION_ENDS[kind]} of the ${SECTION_NAMES[kind]} that begins there, before the end of the file`;
}

/** A dump that ends within markup of a page, which hides all that follows it; null where no section is open. */
function unterminatedSection(section: Section | null): PermanentError | null {
  if (section === null || section.to !== null) return null;
  const place = `byte ${section.from}`;
  const expected = endOf(section);
  const received = 'none: the pages behind it are part of it';
  const message = `a ${SECTION_NAMES[section.kind]} without an end at ${place}: expected ${expected}; received ${received}`;
  return new PermanentError('SECTION_UNTERMINATED', message, { place, expected, received });
}

/** Bytes that are in no page; `endTagSeen`: and behind `</mediawiki>`. `wanted`: what is expected of these very bytes. */
export function outsidePages(offset: number, endTagSeen: boolean, bytes: Buffer, wanted?: string): PermanentError {
  const text = bytes.toString('utf8');
  const place = `byte ${offset}`;
  if (!endTagSeen && isLogItem(text)) {
    const expected = 'a dump of pages';
    const received = 'a dump of log entries (pages-logging), which has <logitem> and no <page>';
    return new PermanentError('LOG_DUMP', `${place}: expected ${expected}; received ${received}`, {
      place,
      expected,
      received,
    });
  }
  const allowed = endTagSeen
    ? 'only white space, comments and processing instructions behind </mediawiki>'
    : '<page>, </mediawiki>, a comment, a processing instruction or white space';
  const expected = wanted ?? allowed;
  const received = shown(text);
  const message = `bytes outside of pages at ${place}: expected ${expected}; received ${received}`;
  return new PermanentError('BYTES_OUTSIDE_PAGES', message, { place, expected, received });
}
