import { isBlank } from './blank.js';
import { isEmptyTitle } from './row.js';
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

  readPageTag(bytes: Buffer): readonly string[] {
    return this.#other.readPageTag(bytes);
  }

  readPage(wiki: string, bytes: Buffer): PageHead {
    return this.knownPage(wiki, bytes) ?? this.#other.readPage(wiki, bytes);
  }

  readRevision(page: PageHead, bytes: Buffer): RevisionRow {
    return this.knownRevision(page, bytes) ?? this.#other.readRevision(page, bytes);
  }

  knownPage(wiki: string, bytes: Buffer): PageHead | null {
    const page = this.#kernel.page(bytes);
    if (page === null || isEmptyTitle(page.title)) return null;
    if (wiki !== this.#wiki) {
      this.#wiki = wiki;
      this.#wikiStart = Buffer.from(`${JSON.stringify({ wiki_id: wiki }).slice(0, -1)},`);
    }
    const rowStart = Buffer.concat([this.#wikiStart, page.columns]);
    return { id: page.id, title: page.title, rowStart, unmapped: NONE };
  }

  knownRevision(page: PageHead, bytes: Buffer): RevisionRow | null {
    const line = this.#kernel.revision(page.rowStart, bytes);
    return line === null ? null : { line, isOwn: this.#kernel.isLarge(bytes), unmapped: NONE };
  }

  readBetween(bytes: Buffer): readonly string[] {
    return isBlank(bytes) ? NONE : this.#other.readBetween(bytes);
  }
}
