import { isBlank } from './blank.js';
import { ReferenceEngine } from './reference-engine.js';
import type { PageHead, RevisionRow, RowEngine } from './row-engine.js';
import { RowKernel } from './row-kernel.js';

/** How many units of each kind the reference read. */
export interface Fallbacks {
  readonly pages: number;
  readonly revisions: number;
  readonly between: number;
}

const NONE: readonly string[] = [];

/**
 * The regular form that MediaWiki's exporters write, straight from the bytes to the row's bytes; whatever is not known
 * exactly is read by the reference. So both give the same rows, counts and faults, always.
 */
export class FastEngine implements RowEngine {
  readonly #kernel = new RowKernel();
  readonly #fallbacks = { pages: 0, revisions: 0, between: 0 };
  #reference: RowEngine | null = null;
  #wiki: string | null = null;
  /** The row's beginning that all pages of the wiki share. */
  #wikiStart = Buffer.alloc(0);

  get fallbacks(): Fallbacks {
    return { ...this.#fallbacks };
  }

  readPage(wiki: string, bytes: Buffer): PageHead {
    const page = this.#kernel.page(bytes);
    if (page === null) {
      this.#fallbacks.pages += 1;
      return this.#asReference().readPage(wiki, bytes);
    }
    if (wiki !== this.#wiki) {
      this.#wiki = wiki;
      this.#wikiStart = Buffer.from(`${JSON.stringify({ wiki_id: wiki }).slice(0, -1)},`);
    }
    const rowStart = Buffer.concat([this.#wikiStart, page.columns]);
    return { id: page.id, title: page.title, rowStart, unmapped: NONE };
  }

  readRevision(page: PageHead, bytes: Buffer): RevisionRow {
    const line = this.#kernel.revision(page.rowStart, bytes);
    if (line !== null) return { line, isOwn: false, unmapped: NONE };
    this.#fallbacks.revisions += 1;
    return this.#asReference().readRevision(page, bytes);
  }

  readBetween(bytes: Buffer): readonly string[] {
    if (isBlank(bytes)) return NONE;
    this.#fallbacks.between += 1;
    return this.#asReference().readBetween(bytes);
  }

  /** Made when it is first needed. */
  #asReference(): RowEngine {
    return (this.#reference ??= new ReferenceEngine());
  }
}
