import { PermanentError } from '@wikifleet/domain/errors';
import { checkName } from '@wikifleet/domain/names';
import { readDumpHead } from './dump-head.js';
import type { DumpHead } from './dump-head.js';
import { DumpSplitter } from './dump-splitter.js';
import type { PageSink } from './page-sink.js';
import { Utf8Input } from './utf8-input.js';

export interface DumpReaderOptions {
  /** The run's wiki: a `dbname` that is there must equal it, one that is missing takes it. Null: `dbname`, else `unknown`. */
  readonly wiki: string | null;
  /** Longer revisions are quarantined by position and length alone; 64 MiB by default. */
  readonly maxRevisionBytes?: number;
  /** The dump's head, where the bytes begin in mid-dump, in UTF-8: what stands before the first `<page>` is passed over. */
  readonly head?: DumpHead;
}

const DEFAULT_MAX_REVISION_BYTES = 64 * 1024 * 1024;
/** A push is worked through in slices, so that what is kept does not depend on its size. */
const SLICE_BYTES = 1024 * 1024;

/**
 * A dump's decompressed bytes in, pieces of its pages out; synchronous, without any I/O. `push` the bytes cut anywhere,
 * and `end`. Memory is bounded by one revision.
 *
 * All offsets count the decompressed bytes that were pushed; of a UTF-16 dump those of its UTF-8 transcript.
 *
 * `push` and `end` throw PermanentErrors (`HEAD_TOO_LARGE`, `DOCTYPE_REFUSED`, `ENCODING_REFUSED`, `WIKI_DIFFERS`,
 * `NAME_REFUSED`, `BYTES_OUTSIDE_PAGES`, `NOT_A_DUMP`), and the same again when called again.
 */
export class DumpReader {
  readonly #wiki: string | null;
  /** Null in mid-dump: a part that happens to begin like UTF-16 is none. */
  readonly #input: Utf8Input | null;
  readonly #pages: PageSink;
  readonly #splitter: DumpSplitter;
  #head: DumpHead | null = null;
  #firstPage: number | null = null;
  #endTag: number | null = null;
  #offset = 0;
  #isEnded = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: DumpReaderOptions, pages: PageSink) {
    this.#wiki = options.wiki === null ? null : checkName('wiki', options.wiki);
    this.#input = options.head === undefined ? new Utf8Input() : null;
    this.#pages = pages;
    this.#splitter = new DumpSplitter(
      {
        head: (bytes) => this.#readHead(bytes),
        pageHead: (piece) => {
          this.#firstPage ??= piece.offset;
          pages.pageHead(piece);
        },
        revision: (piece) => pages.revision(piece),
        between: (piece) => pages.between(piece),
        pageEnd: (offset, closed) => pages.pageEnd(offset, closed),
        endTag: (offset) => {
          this.#endTag = offset;
        },
      },
      options.maxRevisionBytes ?? DEFAULT_MAX_REVISION_BYTES,
      options.head === undefined ? 'head' : 'skip',
    );
    if (options.head === undefined) return;
    this.#head = options.head;
    pages.begin(options.head.wiki);
  }

  /** The next decompressed bytes; the caller may reuse them afterwards. */
  push(bytes: Uint8Array): void {
    if (this.#isEnded) throw new Error('push after end');
    this.#guard(() => {
      for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
        const slice = bytes.subarray(at, at + SLICE_BYTES);
        this.#take(this.#input === null ? slice : this.#input.push(slice));
      }
    });
  }

  /** No more bytes. A page that is open is cut here. May be called twice. */
  end(): void {
    this.#guard(() => {
      if (this.#isEnded) return;
      this.#isEnded = true;
      if (this.#input !== null) this.#take(this.#input.end());
      this.#splitter.end();
      if (this.#input !== null && this.#firstPage === null && this.#head?.hasRoot !== true)
        throw notADump(this.#offset);
    });
  }

  /** Pages that begin at or after `offset` are another part's. To be said before any byte from there on is pushed. */
  ownTo(offset: number): void {
    this.#splitter.ownTo(offset);
  }

  /** Whether all that is owned was seen, and what follows it: nothing more needs to be pushed. */
  get done(): boolean {
    return this.#splitter.done;
  }

  /** Where the first `<page>` begins that is another part's; null where it was not reached. */
  get nextPage(): number | null {
    return this.#splitter.nextPage;
  }

  /** Null until the first page, the end tag or the end. */
  get head(): DumpHead | null {
    return this.#head;
  }

  /** Where the first `<page>` begins; null where none came yet. */
  get firstPage(): number | null {
    return this.#firstPage;
  }

  /** Where `</mediawiki>` begins; null where it did not come. */
  get endTag(): number | null {
    return this.#endTag;
  }

  /** How many bytes came. */
  get offset(): number {
    return this.#offset;
  }

  #take(bytes: Uint8Array): void {
    this.#offset += bytes.length;
    this.#splitter.push(bytes);
  }

  #readHead(bytes: Buffer): void {
    this.#head = readDumpHead(bytes, this.#input?.encoding ?? 'utf-8', this.#wiki);
    this.#pages.begin(this.#head.wiki);
    const { stray } = this.#head;
    if (stray !== null) this.#pages.strayHead(stray, bytes.subarray(stray));
  }

  #guard(work: () => void): void {
    if (this.#failure !== null) throw this.#failure.error;
    try {
      work();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}

function notADump(bytes: number): PermanentError {
  const expected = 'a dump with <mediawiki or <page>';
  const received = `${bytes} bytes without either`;
  return new PermanentError('NOT_A_DUMP', `expected ${expected}; received ${received}`, {
    expected,
    received,
    place: 'byte 0',
  });
}
