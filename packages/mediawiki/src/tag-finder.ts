import { Needle, isSpace } from './searchable-bytes.js';
import type { SearchableBytes } from './searchable-bytes.js';
import { SectionScanner } from './section-scanner.js';
import type { Section } from './section-scanner.js';

/** The tags by which a dump is cut. */
export type Tag = 'page' | '/page' | 'revision' | '/revision' | 'upload' | '/upload' | '/mediawiki';

const NEEDLES: Readonly<Record<Tag, Buffer>> = {
  page: Buffer.from('<page'),
  '/page': Buffer.from('</page'),
  revision: Buffer.from('<revision'),
  '/revision': Buffer.from('</revision'),
  upload: Buffer.from('<upload'),
  '/upload': Buffer.from('</upload'),
  '/mediawiki': Buffer.from('</mediawiki'),
};

/** Nothing that is not found yet begins further before the end of what has come, but for a tag with many blanks in it. */
export const LONGEST_TAG = 12;

/** A tag with more bytes is none. */
const MAX_TAG_BYTES = 64 * 1024;

/** What `endOfEndTag` and `endOfStartTag` return beside an offset: more bytes are needed, or it is no tag. */
export const UNKNOWN = -1;
export const NO_TAG = -2;

const GREATER = 0x3e;
const LESS = 0x3c;
const SLASH = 0x2f;
const QUOTES = new Set([0x22, 0x27]);

/** What may follow an element's name: white space, `/` or `>`. */
export function endsName(byte: number): boolean {
  return byte === GREATER || byte === SLASH || isSpace(byte);
}

/** The first byte behind an end tag whose name ends before `at`. */
function endOfEndTag(bytes: SearchableBytes, at: number): number {
  for (let end = at; end < at + MAX_TAG_BYTES; end += 1) {
    const byte = bytes.byteAt(end);
    if (byte === GREATER) return end + 1;
    if (byte < 0) return UNKNOWN;
    if (!isSpace(byte)) return NO_TAG;
  }
  return NO_TAG;
}

/** The first byte behind a start tag whose name ends before `at`: a `>` in a quoted value does not end it. */
export function endOfStartTag(bytes: SearchableBytes, at: number): number {
  let quote = 0;
  for (let end = at; end < at + MAX_TAG_BYTES; end += 1) {
    const byte = bytes.byteAt(end);
    if (byte < 0) return UNKNOWN;
    if (byte === LESS) return NO_TAG;
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === GREATER) return end + 1;
    else if (QUOTES.has(byte)) quote = byte;
  }
  return NO_TAG;
}

/** Finds one tag, and remembers what it found. */
class OneTag {
  readonly #bytes: SearchableBytes;
  readonly #needle: Needle;
  readonly #length: number;
  readonly #isEndTag: boolean;
  #hit = -1;
  /** Behind the tag that was found last; of a start tag behind its name. */
  end = 0;
  /** Where something stands that may be such a tag; -1 where nothing does. */
  pending = -1;

  constructor(bytes: SearchableBytes, tag: Tag) {
    this.#bytes = bytes;
    this.#needle = new Needle(bytes, NEEDLES[tag]);
    this.#length = NEEDLES[tag].length;
    this.#isEndTag = tag.startsWith('/');
  }

  find(from: number): number {
    if (this.#hit >= from) return this.#hit;
    this.pending = -1;
    for (let begin = from; ;) {
      const hit = this.#needle.find(begin);
      if (hit < 0) return -1;
      const end = this.#endAt(hit + this.#length);
      if (end >= 0) {
        this.#hit = hit;
        this.end = end;
        return hit;
      }
      if (end === UNKNOWN) {
        this.pending = hit;
        return -1;
      }
      begin = hit + 1;
    }
  }

  #endAt(at: number): number {
    if (this.#isEndTag) return endOfEndTag(this.#bytes, at);
    const next = this.#bytes.byteAt(at);
    if (next < 0) return UNKNOWN;
    return endsName(next) ? at : NO_TAG;
  }
}

export interface FoundTag {
  readonly tag: Tag;
  readonly offset: number;
  /** The first byte behind an end tag, or behind the name in a start tag. */
  readonly end: number;
}

/** Finds tags outside of comments, CDATA sections and processing instructions, from a byte on that is in none of them. */
export class TagFinder {
  readonly #bytes: SearchableBytes;
  readonly #sections: SectionScanner;
  readonly #tags: Readonly<Record<Tag, OneTag>>;
  #resumeAt: number;
  /** Behind the last section that a search passed: what a section holds is not looked at a second time. */
  #passed: number;

  constructor(bytes: SearchableBytes, from: number) {
    this.#bytes = bytes;
    this.#resumeAt = this.#passed = from;
    this.#sections = new SectionScanner(bytes, from);
    this.#tags = {
      page: new OneTag(bytes, 'page'),
      '/page': new OneTag(bytes, '/page'),
      revision: new OneTag(bytes, 'revision'),
      '/revision': new OneTag(bytes, '/revision'),
      upload: new OneTag(bytes, 'upload'),
      '/upload': new OneTag(bytes, '/upload'),
      '/mediawiki': new OneTag(bytes, '/mediawiki'),
    };
  }

  /** The first of `tags` at or after `from`; null where none is there yet. `from` must ascend. */
  first(tags: readonly Tag[], from: number): FoundTag | null {
    for (let begin = Math.max(from, this.#passed); ;) {
      const section = this.#sections.next(begin);
      const found = this.#firstTag(tags, begin);
      if (section === null || (found !== null && found.offset < section.from)) {
        if (found === null) this.#resumeAt = this.#resumeFrom(tags, begin);
        return found;
      }
      if (section.to === null) {
        this.#resumeAt = Math.max(begin, this.#bytes.end - LONGEST_TAG);
        return null;
      }
      begin = this.#passed = section.to;
    }
  }

  /** Where a search goes on that found nothing: nothing before may be a tag. */
  get resumeAt(): number {
    return this.#resumeAt;
  }

  /** The first section that ends behind `offset`; null where none begins in what has come. `offset` must ascend. */
  section(offset: number): Section | null {
    return this.#sections.next(offset);
  }

  #firstTag(tags: readonly Tag[], from: number): FoundTag | null {
    let found: FoundTag | null = null;
    for (const tag of tags) {
      const one = this.#tags[tag];
      const offset = one.find(from);
      if (offset >= 0 && (found === null || offset < found.offset)) found = { tag, offset, end: one.end };
    }
    return found;
  }

  #resumeFrom(tags: readonly Tag[], begin: number): number {
    let at = this.#bytes.end - LONGEST_TAG;
    for (const tag of tags) {
      const { pending } = this.#tags[tag];
      if (pending >= 0) at = Math.min(at, pending);
    }
    return Math.max(begin, at);
  }
}
