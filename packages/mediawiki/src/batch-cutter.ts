import type { Border, PageBatch } from './page-batch.js';
import type { PageStream } from './page-stream.js';
import { LONGEST_TAG, endsName } from './tag-finder.js';

/** No batch is longer, where nothing else is said. */
export const BATCH_BYTES = 1024 * 1024;

const PAGE = Buffer.from('<page>');
const REVISION = Buffer.from('<revision');

/**
 * Cuts a dump's bytes into batches, in front of a `<page>` where one is near the end, else in front of a `<revision`:
 * wherever these stand a page or a revision begins, whatever came before. Where a batch has neither it is cut anywhere.
 * It looks at nothing else, so `endTag` is for whoever converts the batches to find. Memory: one batch, and those that
 * were not taken; all that one push makes.
 */
export class BatchCutter implements PageStream {
  readonly #batchBytes: number;
  #buffer: Buffer | null = null;
  #length = 0;
  /** Of the buffer's first byte, in the dump. */
  #offset = 0;
  #begins: Border = 'page';
  #limit = Number.POSITIVE_INFINITY;
  /** Up to where no page begins that is somebody else's. */
  #searched = 0;
  #isBegun = false;
  #firstPage: number | null = null;
  #nextPage: number | null = null;
  endTag: number | null = null;
  #batches: PageBatch[] = [];
  readonly #spare: ArrayBuffer[] = [];

  /** Batches have so many bytes at most; more than a tag has. */
  constructor(batchBytes = BATCH_BYTES) {
    this.#batchBytes = batchBytes;
  }

  begin(offset: number): void {
    this.#offset = offset;
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
    if (!this.#isBegun && bytes.length > 0) {
      this.#isBegun = true;
      const isPage = PAGE.equals(bytes.subarray(0, PAGE.length));
      if (isPage && this.#offset < this.#limit) this.#firstPage = this.#offset;
    }
    for (let at = 0; at < bytes.length && !this.done;) {
      if (this.#length === this.#batchBytes) this.#cut();
      const part = bytes.subarray(at, at + this.#batchBytes - this.#length);
      this.#append(part);
      at += part.length;
      this.#findNext();
    }
  }

  end(): void {
    if (!this.done) this.#close(this.#length, 'page');
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

  #append(bytes: Uint8Array): void {
    this.#buffer ??= Buffer.from(this.#spare.pop() ?? new ArrayBuffer(this.#batchBytes));
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The first page that is somebody else's ends all. */
  #findNext(): void {
    const from = Math.max(this.#limit - this.#offset, this.#searched - this.#offset, 0);
    if (from >= this.#length) return;
    const at = this.#filled().indexOf(PAGE, from);
    if (at >= 0) {
      this.#nextPage = this.#offset + at;
      this.#close(at, 'page');
    } else {
      this.#searched = this.#offset + Math.max(0, this.#length - PAGE.length + 1);
    }
  }

  #filled(): Buffer {
    return this.#buffer === null ? Buffer.alloc(0) : this.#buffer.subarray(0, this.#length);
  }

  #cut(): void {
    const filled = this.#filled();
    for (const from of [Math.floor(0.75 * filled.length), 1]) {
      const behind = filled.subarray(from);
      const page = behind.lastIndexOf(PAGE);
      const at = page >= 0 ? page : lastRevision(behind);
      if (at < 0) continue;
      this.#close(from + at, page >= 0 ? 'page' : 'revision');
      return;
    }
    // no tag is cut: what finds pages sees them whole
    this.#close(filled.length - LONGEST_TAG, 'anywhere');
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
    if (!this.done && rest.length > 0) this.#append(rest);
  }
}

/** Where the last `<revision` begins that is a tag for sure; -1 where none does. */
function lastRevision(bytes: Buffer): number {
  for (let end = bytes.length; end > 0;) {
    const at = bytes.lastIndexOf(REVISION, end - 1);
    if (at < 0) return -1;
    const next = bytes[at + REVISION.length];
    if (next !== undefined && endsName(next)) return at;
    end = at;
  }
  return -1;
}
