import { EVERY_PAGE, isEveryPage } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { CountKeeper } from './dump-counts.js';
import type { DumpCounts } from './dump-counts.js';
import { DumpReader } from './dump-reader.js';
import type { DumpReaderOptions } from './dump-reader.js';
import { DumpSplitter } from './dump-splitter.js';
import { PageConverter } from './page-converter.js';
import type { RowChunk, SeenPages } from './page-converter.js';
import type { QuarantineRecord } from './quarantine.js';
import { ReferenceEngine } from './reference-engine.js';
import type { RowEngine } from './row-engine.js';

export interface DumpConverterOptions extends DumpReaderOptions {
  /** Longer revisions are quarantined by position and length alone; `MAX_REVISION_BYTES` by default. */
  readonly maxRevisionBytes?: number;
  /** The reference by default. */
  readonly engine?: RowEngine;
  /** Which pages become rows; all by default. */
  readonly filter?: PageFilter;
}

/**
 * A dump's decompressed bytes in, rows out; synchronous, without any I/O. `push` the bytes cut anywhere, `end`, and take
 * rows and quarantine in between: what was taken is forgotten, what was not is kept, so memory is bounded by one
 * revision and by what lies untaken. Where `push` or `end` throws, rows before the place can still be taken; whatever
 * does not make them throw is quarantined.
 */
export class DumpConverter extends DumpReader {
  readonly #counts: CountKeeper;
  readonly #pages: PageConverter;

  constructor(options: DumpConverterOptions) {
    const { engine = new ReferenceEngine(), filter = EVERY_PAGE } = options;
    const counts = new CountKeeper();
    const pages = new PageConverter(engine, counts, isEveryPage(filter) ? null : filter);
    super(options, new DumpSplitter(pages, options.maxRevisionBytes), pages);
    this.#counts = counts;
    this.#pages = pages;
  }

  /** Whole rows since the last call, good until the next push; null where there are none. */
  takeRows(): RowChunk | null {
    return this.#pages.takeRows();
  }

  takeQuarantine(): QuarantineRecord[] {
    return this.#pages.takeQuarantine();
  }

  /** The pages since the last call, in order. */
  takePages(): SeenPages {
    return this.#pages.takePages();
  }

  get counts(): DumpCounts {
    return this.#counts.snapshot();
  }
}
