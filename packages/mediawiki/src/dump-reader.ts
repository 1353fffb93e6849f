import { isAscii } from 'node:buffer';
import { PermanentError } from '@wikifleet/domain/errors';
import { checkName } from '@wikifleet/domain/names';
import { readDumpHead } from './dump-head.js';
import type { DumpHead, WikiChoice } from './dump-head.js';
import { DumpStart } from './dump-start.js';
import type { HeadSink } from './page-sink.js';
import type { PageStream } from './page-stream.js';
import { shown } from './unit-fault.js';
import { Utf8Input } from './utf8-input.js';
import type { DumpEncoding } from './utf8-input.js';

export interface DumpReaderOptions {
  /** The run's wiki: a valid `dbname` must equal it, and without one it is the rows' wiki. Null: `dbname`, else `unknown`. */
  readonly wiki: string | null;
  /** Whether `wiki` is the rows' wiki even where the dump has another `dbname`; false by default. */
  readonly wikiOverrides?: boolean;
  /** The dump's head, where the bytes begin in mid-dump, in UTF-8: what stands before the first `<page` is passed over. */
  readonly head?: DumpHead;
}

const NOTHING = new Uint8Array(0);
/** A push is worked through in slices, so that what is kept does not depend on its size. */
const SLICE_BYTES = 1024 * 1024;
/** So many bytes of what is no dump are shown in the error. */
const SHOWN_BYTES = 60;

/**
 * A dump's decompressed bytes in: its head is read, and the bytes behind it go to `pages`. Synchronous,
 * without any I/O. `push` the bytes cut anywhere, and `end`.
 *
 * All offsets count the decompressed bytes that were pushed; of a UTF-16 dump those of its UTF-8 transcript.
 *
 * `push` and `end` throw PermanentErrors (`HEAD_TOO_LARGE`, `DOCTYPE_REFUSED`, `ENCODING_REFUSED`, `WIKI_DIFFERS`,
 * `NAME_REFUSED`, `NAMESPACE_PREFIX`, `NOT_A_DUMP`, and what `pages` throws), and the same again when called again. What
 * makes the dump a failed one though the pages around it can be read is not thrown: see `failure`.
 */
export class DumpReader {
  readonly #wiki: WikiChoice;
  /** Null in mid-dump: a part that happens to begin like UTF-16 is none. */
  readonly #input: Utf8Input | null;
  readonly #stream: PageStream;
  readonly #sink: HeadSink;
  /** Null once the pages began. */
  #start: DumpStart | null;
  #head: DumpHead | null = null;
  #headFailure: PermanentError | null = null;
  /** The first byte above 0x7F, and where it is; not looked for where the declaration allows it. */
  #nonAscii: { readonly byte: number; readonly offset: number } | null = null;
  /** What the dump begins with, to be shown. */
  #firstBytes = '';
  #offset = 0;
  #isEnded = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: DumpReaderOptions, pages: PageStream, head: HeadSink) {
    const wiki = options.wiki === null ? null : checkName('wiki', options.wiki);
    this.#wiki = { wiki, overrides: options.wikiOverrides ?? false };
    this.#input = options.head === undefined ? new Utf8Input() : null;
    this.#stream = pages;
    this.#sink = head;
    this.#start = new DumpStart(options.head === undefined ? 'head' : 'skip');
    if (options.head === undefined) return;
    this.#head = options.head;
    head.begin(options.head.wiki);
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
      this.#take(this.#input === null ? NOTHING : this.#input.end(), true);
      this.#stream.end();
      if (this.#input === null || this.firstPage !== null || this.#head?.hasRoot === true) return;
      this.#headFailure = notADump(this.#offset, this.#firstBytes);
      throw this.#headFailure;
    });
  }

  /** Where the dump breaks off: everything that can be told of what has come is given. */
  flush(): void {
    if (this.#start === null) this.#guard(() => this.#stream.flush());
  }

  /** Pages that begin at or after `offset` are another part's. To be said before any byte from there on is pushed. */
  ownTo(offset: number): void {
    this.#start?.ownTo(offset);
    this.#stream.ownTo(offset);
  }

  /** Whether all that is owned was seen, and what follows it: nothing more needs to be pushed. */
  get done(): boolean {
    return this.#start?.done === true || this.#stream.done;
  }

  /** Where the first `<page>` begins that is another part's; null where it was not reached. */
  get nextPage(): number | null {
    return this.#stream.nextPage;
  }

  /**
   * What is wrong with the dump, though all pages that can be read are: the first tag of the head that is malformed, else
   * the first byte that is not in the declared encoding (`ENCODING_DIFFERS`), else the first bytes outside of pages that do
   * not belong there, or a section without an end. Final after `end`, or once `done` is true.
   */
  get failure(): PermanentError | null {
    return this.#headFailure ?? this.#encodingFailure() ?? this.#stream.failure;
  }

  /** Null until the head's end, or the end. */
  get head(): DumpHead | null {
    return this.#head;
  }

  /** Where the first `<page>` begins; null where none came yet. */
  get firstPage(): number | null {
    return this.#stream.firstPage;
  }

  /** Where `</mediawiki>` begins; null where it did not come. */
  get endTag(): number | null {
    return this.#stream.endTag;
  }

  /** How many bytes came. */
  get offset(): number {
    return this.#offset;
  }

  /** Null before the head is known: only then it is known what is declared. */
  #encodingFailure(): PermanentError | null {
    if (this.#nonAscii === null || this.#head?.isDeclaredAscii !== true) return null;
    const { byte, offset } = this.#nonAscii;
    const expected = 'bytes of US-ASCII, as the XML declaration says';
    const received = `0x${byte.toString(16).toUpperCase()}`;
    const place = `byte ${offset}`;
    const message =
      `${place}: expected ${expected}; received ${received} ` +
      '(the rows were read as UTF-8; where that is right, change the declaration to encoding="UTF-8")';
    return new PermanentError('ENCODING_DIFFERS', message, { place, expected, received });
  }

  #findNonAscii(bytes: Uint8Array): void {
    if (this.#nonAscii !== null || this.#head?.isDeclaredAscii === false || isAscii(bytes)) return;
    const at = bytes.findIndex((byte) => byte > 0x7f);
    this.#nonAscii = { byte: bytes[at] ?? 0, offset: this.#offset + at };
  }

  #take(bytes: Uint8Array, isEnd = false): void {
    this.#findNonAscii(bytes);
    if (this.#firstBytes.length < SHOWN_BYTES)
      this.#firstBytes += Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('latin1');
    this.#offset += bytes.length;
    if (this.#start === null) this.#stream.push(bytes);
    else this.#find(this.#start, bytes, isEnd);
  }

  #find(start: DumpStart, bytes: Uint8Array, isEnd: boolean): void {
    if (!start.push(bytes, isEnd) || start.offset === null) return;
    if (this.#input !== null) this.#readHead(start.head(), this.#input.encoding);
    this.#start = null;
    this.#stream.begin(start.offset);
    this.#stream.push(start.rest());
  }

  #readHead(bytes: Buffer, encoding: DumpEncoding): void {
    this.#head = readDumpHead(bytes, encoding, this.#wiki);
    this.#sink.begin(this.#head.wiki);
    this.#headFailure = this.#head.failure;
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

function notADump(bytes: number, firstBytes: string): PermanentError {
  const expected = 'a dump with <mediawiki or <page>';
  const begin = Buffer.from(firstBytes.slice(0, SHOWN_BYTES), 'latin1').toString('utf8');
  const received = `${bytes} bytes without either${bytes === 0 ? '' : `, which begin with ${shown(begin)}`}`;
  return new PermanentError('NOT_A_DUMP', `expected ${expected}; received ${received}`, {
    expected,
    received,
    place: 'byte 0',
  });
}
