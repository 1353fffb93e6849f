import type { ByteWindow } from './byte-window.js';

/** The tags by which a dump is cut. In MediaWiki's text every `<` is escaped, so these bytes are only ever a tag. */
export type Tag = 'page' | '/page' | 'revision' | '/revision' | '/mediawiki';

/** Of `<revision` the tag's end is left open: it has no attributes by any schema, but one that has some is still one. */
const NEEDLES: Readonly<Record<Tag, Buffer>> = {
  page: Buffer.from('<page>'),
  '/page': Buffer.from('</page>'),
  revision: Buffer.from('<revision'),
  '/revision': Buffer.from('</revision>'),
  '/mediawiki': Buffer.from('</mediawiki>'),
};

/** No tag that is not found yet begins further before the window's end than this. */
export const LONGEST_TAG = 12;

/** What may follow an element's name: white space, `/` or `>`. */
export function endsName(byte: number): boolean {
  return byte === 0x3e || byte === 0x2f || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Finds one tag, and remembers what it saw: no byte is searched twice. */
class OneTag {
  readonly #window: ByteWindow;
  readonly #tag: Tag;
  readonly #needle: Buffer;
  #hit = -1;
  #searched = 0;

  constructor(window: ByteWindow, tag: Tag) {
    this.#window = window;
    this.#tag = tag;
    this.#needle = NEEDLES[tag];
  }

  find(from: number): number {
    if (this.#hit >= from) return this.#hit;
    let begin = Math.max(from, this.#searched);
    for (;;) {
      this.#hit = this.#window.indexOf(this.#needle, begin);
      if (this.#hit < 0) {
        this.#searched = Math.max(begin, this.#window.end - this.#needle.length + 1);
        return -1;
      }
      this.#searched = this.#hit;
      if (this.#tag !== 'revision') return this.#hit;
      const next = this.#window.byteAt(this.#hit + this.#needle.length);
      if (endsName(next)) return this.#hit;
      if (next === -1) {
        this.#hit = -1;
        return -1;
      }
      begin = this.#hit + 1;
    }
  }
}

export interface FoundTag {
  readonly tag: Tag;
  readonly offset: number;
  /** The first byte after the tag (of `<revision`: after the name). */
  readonly end: number;
}

export class TagFinder {
  readonly #tags: Readonly<Record<Tag, OneTag>>;

  constructor(window: ByteWindow) {
    this.#tags = {
      page: new OneTag(window, 'page'),
      '/page': new OneTag(window, '/page'),
      revision: new OneTag(window, 'revision'),
      '/revision': new OneTag(window, '/revision'),
      '/mediawiki': new OneTag(window, '/mediawiki'),
    };
  }

  /** The first of `tags` at or after `from`; null where none is there yet. */
  first(tags: readonly Tag[], from: number): FoundTag | null {
    let found: FoundTag | null = null;
    for (const tag of tags) {
      const offset = this.#tags[tag].find(from);
      if (offset >= 0 && (found === null || offset < found.offset)) {
        found = { tag, offset, end: offset + NEEDLES[tag].length };
      }
    }
    return found;
  }
}
