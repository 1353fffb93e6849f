import type { Border, PageBatch } from './page-batch.js';
import type { PageStream } from './page-stream.js';
import type { SearchableBytes } from './searchable-bytes.js';
import { SectionScanner } from './section-scanner.js';
import type { Section } from './section-scanner.js';
import { LONGEST_TAG, endsName } from './tag-finder.js';

/** No batch is longer, where nothing else is said. */
export const BATCH_BYTES = 1024 * 1024;

/** What the cutter holds at present, for a scanner that outlives its buffers. */
class HeldBytes implements SearchableBytes {
  readonly #extent: () => { readonly offset: number; readonly end: number };
  readonly byteAt: (offset: number) => number;
  readonly indexOf: (needle: Buffer, from: number) => number;

  constructor(
    extent: () => { readonly offset: number; readonly end: number },
    byteAt: (offset: number) => number,
    indexOf: (needle: Buffer, from: number) => number,
  ) {
    this.#extent = extent;
    this.byteAt = byteAt;
    this.indexOf = indexOf;
  }

  get offset(): number {
    return this.#extent().offset;
  }

  get end(): number {
    return this.#extent().end;
  }
}

const PAGE = Buffer.from('<page');
const REVISION = Buffer.from('<revision');

/**
 * Cuts a dump's bytes into batches, in front of a `<page` where one is near the end, else in front of a `<revision`:
 * wherever these stand, outside of comments, CDATA sections and processing instructions, a page or a revision begins,
 * whatever came before. Where a batch has neither it is cut anywhere. It looks at nothing else, so `endTag` is for whoever
 * converts the batches to find. Memory: one batch, and those that were not taken; all that one push makes.
 */
export class BatchCutter implements PageStream {
  readonly #batchBytes: number;
  #buffer: Buffer | null = null;
  #length = 0;
  /** Of the buffer's first byte, in the dump. */
  #offset = 0;
  #begins: Border = 'page';
  #limit = Number.POSITIVE_INFINITY;
  #sections: SectionScanner;
  /** Sections that end in the buffer, or behind it; ascending. */
  #passed: Section[] = [];
  /** Behind the last of these that has an end. */
  #passedTo = 0;
  /** Before this byte no page begins that is looked for. */
  #searched = 0;
  #firstPage: number | null = null;
  #nextPage: number | null = null;
  endTag: number | null = null;
  /** Whoever converts the batches finds it. */
  readonly failure = null;
  #batches: PageBatch[] = [];
  readonly #spare: ArrayBuffer[] = [];

  /** Batches have so many bytes at most; more than a tag has. */
  constructor(batchBytes = BATCH_BYTES) {
    this.#batchBytes = batchBytes;
    this.#sections = this.#scannerFrom(0);
  }

  begin(offset: number): void {
    this.#offset = this.#searched = this.#passedTo = offset;
    this.#sections = this.#scannerFrom(offset);
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

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.done;) {
      if (this.#length === this.#batchBytes) this.#cut();
      const part = bytes.subarray(at, at + this.#batchBytes - this.#length);
      this.#append(part);
      at += part.length;
      this.#findPages();
    }
  }

  end(): void {
    if (!this.done) this.#close(this.#length, 'page');
  }

  flush(): void {
    // who converts the batches does it
  }

  /** Closes what was gathered where the dump broke off. */
  breakOff(): void {
    if (!this.done) this.#close(this.#length, 'anywhere');
  }

  /** The batches since the last call. */
  take(): PageBatch[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  /** Takes a batch's bytes back, to be used again. */
  giveBack(bytes: ArrayBuffer): void {
    this.#spare.push(bytes);
  }

  #scannerFrom(offset: number): SectionScanner {
    const bytes = new HeldBytes(
      () => ({ offset: this.#offset, end: this.#offset + this.#length }),
      (at) => this.#byteAt(at),
      (needle, from) => this.#indexOf(needle, from),
    );
    return new SectionScanner(bytes, offset);
  }

  #byteAt(at: number): number {
    return at < this.#offset + this.#length ? (this.#buffer?.[at - this.#offset] ?? -1) : -1;
  }

  #indexOf(needle: Buffer, from: number): number {
    const at = this.#filled().indexOf(needle, from - this.#offset);
    return at < 0 ? -1 : at + this.#offset;
  }

  #append(bytes: Uint8Array): void {
    this.#buffer ??= Buffer.from(this.#spare.pop() ?? new ArrayBuffer(this.#batchBytes));
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    for (;;) {
      const section = this.#sections.next(this.#passedTo);
      if (section === null) break;
      if (this.#passed.at(-1) !== section) this.#passed.push(section);
      if (section.to === null) break;
      this.#passedTo = section.to;
    }
  }

  /** The first page, and the first one that is another part's: that one ends all. */
  #findPages(): void {
    while (this.#firstPage === null || this.#limit < Number.POSITIVE_INFINITY) {
      const from = Math.max(this.#searched, this.#offset, this.#firstPage === null ? 0 : this.#limit);
      const at = this.#nextPageTag(from);
      if (at < 0) return;
      this.#searched = at + 1;
      if (at >= this.#limit) {
        this.#nextPage = at;
        this.#close(at - this.#offset, 'page');
        return;
      }
      this.#firstPage ??= at;
    }
  }

  /** The first `<page` at or after `from`; -1 where none has come. */
  #nextPageTag(from: number): number {
    for (let begin = from; ;) {
      const end = this.#offset + this.#length;
      const at = begin < end ? this.#indexOf(PAGE, begin) : -1;
      const next = at < 0 ? -1 : this.#byteAt(at + PAGE.length);
      if (next < 0) {
        // of the page that begins at the end the byte behind the name is missing
        this.#searched = at < 0 ? Math.max(begin, end - PAGE.length + 1) : at;
        return -1;
      }
      const section = this.#sectionAround(at);
      if (section === null && endsName(next)) return at;
      begin = section?.to ?? at + 1;
    }
  }

  #filled(): Buffer {
    return this.#buffer === null ? Buffer.alloc(0) : this.#buffer.subarray(0, this.#length);
  }

  #cut(): void {
    const length = this.#length;
    for (const from of [Math.floor(0.75 * length), 1]) {
      const page = this.#lastTag(PAGE, from);
      const at = page >= 0 ? page : this.#lastTag(REVISION, from);
      if (at < 0) continue;
      this.#close(at, page >= 0 ? 'page' : 'revision');
      return;
    }
    // no tag's name is cut: what finds pages sees it complete
    this.#close(length - LONGEST_TAG, 'anywhere');
  }

  /** Where in the buffer the last such start tag begins, at or behind `from`; -1 where none does. */
  #lastTag(tag: Buffer, from: number): number {
    const bytes = this.#filled();
    for (let end = bytes.length; end > from;) {
      const at = bytes.lastIndexOf(tag, end - 1);
      if (at < from) return -1;
      const next = bytes[at + tag.length];
      const section = this.#sectionAround(this.#offset + at);
      if (section === null && next !== undefined && endsName(next)) return at;
      end = section === null ? at : Math.max(0, section.from - this.#offset);
    }
    return -1;
  }

  /** The section that a byte is in, behind its first one; null where it is in none. */
  #sectionAround(offset: number): Section | null {
    let low = 0;
    let high = this.#passed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#passed[middle]?.to ?? Number.POSITIVE_INFINITY) <= offset) low = middle + 1;
      else high = middle;
    }
    const section = this.#passed[low];
    return section !== undefined && section.from < offset ? section : null;
  }

  /** Closes a batch of the first `length` bytes; those behind begin the next. */
  #close(length: number, ends: Border): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    const rest = buffer.subarray(length, this.#length);
    if (length > 0) {
      const bytes = buffer.buffer as ArrayBuffer;
      this.#batches.push({ offset: this.#offset, begins: this.#begins, ends, bytes, length });
    }
    this.#buffer = null;
    this.#length = 0;
    this.#offset += length;
    this.#begins = ends;
    if (this.#passed.length > 0) {
      const { length: all } = this.#passed;
      const first = this.#passed.findIndex(({ to }) => to === null || to > this.#offset);
      this.#passed = this.#passed.slice(first < 0 ? all : first);
    }
    if (!this.done && rest.length > 0) this.#append(rest);
  }
}
