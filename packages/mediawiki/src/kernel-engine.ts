import { ROW_COLUMNS } from '@wikifleet/domain/row-columns';
import { encodeValues } from '@wikifleet/domain/row-values';
import type { RowEncoding } from '@wikifleet/domain/row-values';
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
  readonly encoding: RowEncoding;
  readonly #kernel: RowKernel;
  readonly #other: RowEngine;
  #wiki: string | null = null;
  /** The row's beginning that all pages of the wiki share. */
  #wikiStart: Buffer = Buffer.alloc(0);

  /** `other` makes rows of the same encoding. */
  constructor(other: RowEngine, encoding: RowEncoding) {
    this.#other = other;
    this.encoding = encoding;
    this.#kernel = new RowKernel(encoding);
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
      this.#wikiStart = wikiStart(wiki, this.encoding);
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

/** What the rows of a wiki begin with, to before `page_id`. */
function wikiStart(wiki: string, encoding: RowEncoding): Buffer {
  if (encoding === 'values') return encodeValues(ROW_COLUMNS.slice(0, 1), { wiki_id: wiki });
  return Buffer.from(`${JSON.stringify({ wiki_id: wiki }).slice(0, -1)},`);
}
