import { isBlank } from './blank.js';
import type { PageHead, RevisionRow, RowEngine } from './row-engine.js';
import { RowKernel } from './row-kernel.js';

const NONE: readonly string[] = [];

/**
 * The regular form that MediaWiki's exporters write, straight from the bytes to the row's bytes. A unit that is not known
 * exactly goes to `other`, as it came: faults and names to count come from there alone.
 */
export class KernelEngine implements RowEngine {
  readonly #kernel = new RowKernel();
  readonly #other: RowEngine;
  #wiki: string | null = null;
  /** The row's beginning that all pages of the wiki share. */
  #wikiStart = Buffer.alloc(0);

  constructor(other: RowEngine) {
    this.#other = other;
  }

  readPage(wiki: string, bytes: Buffer): PageHead {
    const page = this.#kernel.page(bytes);
    if (page === null) return this.#other.readPage(wiki, bytes);
    if (wiki !== this.#wiki) {
      this.#wiki = wiki;
      this.#wikiStart = Buffer.from(`${JSON.stringify({ wiki_id: wiki }).slice(0, -1)},`);
    }
    const rowStart = Buffer.concat([this.#wikiStart, page.columns]);
    return { id: page.id, title: page.title, rowStart, unmapped: NONE };
  }

  readRevision(page: PageHead, bytes: Buffer): RevisionRow {
    const line = this.#kernel.revision(page.rowStart, bytes);
    return line === null ? this.#other.readRevision(page, bytes) : { line, isOwn: false, unmapped: NONE };
  }

  readBetween(bytes: Buffer): readonly string[] {
    return isBlank(bytes) ? NONE : this.#other.readBetween(bytes);
  }
}
