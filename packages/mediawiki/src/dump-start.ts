import { PermanentError } from '@wikifleet/domain/errors';
import { ByteWindow } from '@wikifleet/domain/byte-window';
import { findHeadEnd } from './dump-head.js';
import { TagFinder } from './tag-finder.js';

/** Bytes of a dump's head: a declaration, the root's tag and `<siteinfo>`. */
export const MAX_HEAD_BYTES = 1024 * 1024;

/** A head up to so many bytes is looked at with each push; of a longer one each time it has doubled. */
const SMALL_HEAD_BYTES = 16 * 1024;

/**
 * Finds where a dump's pages may begin. At the dump's head: where the head ends. In mid-dump: with the first `<page`, and
 * what stands before belongs to the part before.
 */
export class DumpStart {
  readonly #isHead: boolean;
  readonly #window = new ByteWindow();
  readonly #finder = new TagFinder(this.#window, 0);
  #limit = Number.POSITIVE_INFINITY;
  #offset: number | null = null;
  #done = false;
  #lookedAt = 0;
  #scan = 0;

  constructor(begin: 'head' | 'skip') {
    this.#isHead = begin === 'head';
  }

  /** A first page at or after `offset` is another part's. */
  ownTo(offset: number): void {
    this.#limit = offset;
  }

  /** Where the pages may begin; null until that is known. */
  get offset(): number | null {
    return this.#offset;
  }

  /** Whether no page begins here that is owned. */
  get done(): boolean {
    return this.#done;
  }

  /** True once the pages' beginning is known. `isEnd`: no more bytes will come. Throws `HEAD_TOO_LARGE` and what the head is refused for. */
  push(bytes: Uint8Array, isEnd: boolean): boolean {
    if (this.#done) return false;
    this.#window.append(bytes);
    if (this.#isHead) this.#findHead(isEnd);
    else this.#skip(isEnd);
    return this.#offset !== null;
  }

  /** The dump's head; a view. */
  head(): Buffer {
    return this.#window.view(0, this.#offset ?? 0);
  }

  /** What came behind the head, or from the first page on; a view. */
  rest(): Buffer {
    return this.#window.view(this.#offset ?? this.#window.end, this.#window.end);
  }

  #findHead(isEnd: boolean): void {
    const { end } = this.#window;
    if (!isEnd && end > SMALL_HEAD_BYTES && end < Math.min(2 * this.#lookedAt, MAX_HEAD_BYTES)) return;
    this.#lookedAt = end;
    const head = this.#window.view(0, Math.min(end, MAX_HEAD_BYTES));
    this.#offset = findHeadEnd(head, isEnd && end <= MAX_HEAD_BYTES, end >= MAX_HEAD_BYTES);
    if (this.#offset !== null || end < MAX_HEAD_BYTES) return;
    const expected = `the end of <siteinfo>, or a <page>, within the first ${MAX_HEAD_BYTES} bytes`;
    throw new PermanentError('HEAD_TOO_LARGE', `expected ${expected}; received none`, { expected, place: 'byte 0' });
  }

  #skip(isEnd: boolean): void {
    const found = this.#finder.first(['page'], this.#scan);
    if (found !== null && found.offset < this.#limit) {
      this.#offset = found.offset;
      return;
    }
    this.#scan = Math.max(this.#scan, found?.offset ?? this.#finder.resumeAt);
    this.#done = found !== null || isEnd || this.#scan >= this.#limit;
    this.#window.dropTo(Math.max(this.#window.offset, this.#scan));
  }
}
