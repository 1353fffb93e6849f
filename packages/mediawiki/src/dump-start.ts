import { PermanentError } from '@wikifleet/domain/errors';
import { ByteWindow } from './byte-window.js';
import { LONGEST_TAG, TagFinder } from './tag-finder.js';

/** Bytes before the first page. */
export const MAX_HEAD_BYTES = 1024 * 1024;

/**
 * Finds where a dump's pages begin. At the dump's head: with the first `<page>`, `</mediawiki>` or the end, and what
 * stands before is the head. In mid-dump: with the first `<page>`, and what stands before is somebody else's.
 */
export class DumpStart {
  readonly #isHead: boolean;
  readonly #window = new ByteWindow();
  readonly #finder = new TagFinder(this.#window);
  #limit = Number.POSITIVE_INFINITY;
  #offset: number | null = null;
  #done = false;

  constructor(begin: 'head' | 'skip') {
    this.#isHead = begin === 'head';
  }

  /** A first page at or after `offset` is somebody else's. */
  ownTo(offset: number): void {
    this.#limit = offset;
  }

  /** Where the pages begin; null until that is known. */
  get offset(): number | null {
    return this.#offset;
  }

  /** Whether no page begins here that is owned. */
  get done(): boolean {
    return this.#done;
  }

  /** True once the pages' beginning is known. `isEnd`: no more bytes will come. */
  push(bytes: Uint8Array, isEnd: boolean): boolean {
    if (this.#done) return false;
    this.#window.append(bytes);
    if (this.#isHead) this.#findHead(isEnd);
    else this.#skip(isEnd);
    return this.#offset !== null;
  }

  /** What stands before the pages in the dump's head; a view. */
  head(): Buffer {
    return this.#window.view(0, this.#offset ?? 0);
  }

  /** What came of the pages; a view. */
  rest(): Buffer {
    return this.#window.view(this.#offset ?? this.#window.end, this.#window.end);
  }

  #findHead(isEnd: boolean): void {
    const found = this.#finder.first(['page', '/mediawiki'], 0);
    const end = found?.offset ?? this.#window.end;
    if (end > MAX_HEAD_BYTES + (found === null ? LONGEST_TAG : 0)) {
      const expected = `a <page> within the first ${MAX_HEAD_BYTES} bytes`;
      throw new PermanentError('HEAD_TOO_LARGE', `expected ${expected}; received none`, { expected, place: 'byte 0' });
    }
    if (found !== null || isEnd) this.#offset = end;
  }

  #skip(isEnd: boolean): void {
    const found = this.#finder.first(['page'], this.#window.offset);
    if (found !== null && found.offset < this.#limit) {
      this.#offset = found.offset;
      return;
    }
    // no `<page>` begins before the last five bytes, or it would have been found
    this.#done = found !== null || isEnd || this.#window.end - '<page>'.length + 1 >= this.#limit;
    this.#window.dropTo(Math.max(this.#window.offset, this.#window.end - LONGEST_TAG));
  }
}
