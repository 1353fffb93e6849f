import type { PageFilter } from '@wikifleet/domain/page-filter';
import { CountKeeper } from './dump-counts.js';
import type { PageCounts } from './dump-counts.js';
import { KernelEngine } from './kernel-engine.js';
import { PageConverter } from './page-converter.js';
import type { PageState, RowChunk } from './page-converter.js';
import { replay } from './piece-batch.js';
import type { PieceBatch } from './piece-batch.js';
import { BATCH_BYTES } from './piece-batcher.js';
import type { QuarantineRecord } from './quarantine.js';
import type { RowEngine } from './row-engine.js';

/** What became of a batch. */
export type BatchOutcome =
  | {
      readonly kind: 'rows';
      readonly rows: RowChunk | null;
      readonly quarantine: readonly QuarantineRecord[];
      readonly counts: PageCounts;
    }
  /** Nothing: something in it, or in its page before it, is for the reference. */
  | {
      readonly kind: 'refused';
      /** How far the page came that the batch begins in; null where it begins with a page, or one before it was refused. */
      readonly state: PageState | null;
    };

/**
 * Converts batches with the kernel alone, without node-expat, which only one thread of a process can load: a batch that
 * the kernel does not know exactly, to the last unit, is refused as a whole, and so is the rest of the page that it ends
 * in. Batches of one page must come to the same converter, in order.
 */
export class BatchConverter {
  readonly #engine = new KernelEngine(new RefusingEngine());
  readonly #counts = new CountKeeper();
  /** Has the state of the page that the last batch ended in; null where it was refused. */
  #pages: PageConverter | null = null;

  /** `filter`: null where every page is kept. */
  convert(batch: PieceBatch, filter: PageFilter | null): BatchOutcome {
    // rows are somewhat longer than what they are made of
    if (!batch.continues) this.#pages = new PageConverter(this.#engine, this.#counts, filter, 1.5 * BATCH_BYTES);
    const pages = this.#pages;
    if (pages === null) return { kind: 'refused', state: null };
    const state = batch.continues ? pages.state : null;
    try {
      replay(batch, pages);
    } catch (error) {
      this.#pages = null;
      this.#counts.take();
      if (error instanceof ForReference) return { kind: 'refused', state };
      throw error;
    }
    return { kind: 'rows', rows: pages.takeRows(), quarantine: pages.takeQuarantine(), counts: this.#counts.take() };
  }
}

class ForReference extends Error {}

class RefusingEngine implements RowEngine {
  readPage(): never {
    throw new ForReference('a page is for the reference');
  }

  readRevision(): never {
    throw new ForReference('a revision is for the reference');
  }

  readBetween(): never {
    throw new ForReference('what is between revisions is for the reference');
  }
}
