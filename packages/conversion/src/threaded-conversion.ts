import { isEveryPage } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { CountKeeper } from '@wikifleet/mediawiki/dump-counts';
import type { DumpCounts } from '@wikifleet/mediawiki/dump-counts';
import { DumpReader } from '@wikifleet/mediawiki/dump-reader';
import type { DumpReaderOptions } from '@wikifleet/mediawiki/dump-reader';
import { PageConverter } from '@wikifleet/mediawiki/page-converter';
import type { PageState } from '@wikifleet/mediawiki/page-converter';
import { replay } from '@wikifleet/mediawiki/piece-batch';
import type { PieceBatch } from '@wikifleet/mediawiki/piece-batch';
import { BATCH_BYTES, PieceBatcher } from '@wikifleet/mediawiki/piece-batcher';
import type { RowEngine } from '@wikifleet/mediawiki/row-engine';
import { fromSentRows } from './batch-messages.js';
import type { BlockPool, ConvertedBatch } from './block-pool.js';
import type { Deliver, DumpConversion } from './dump-conversion.js';

export interface ThreadedOptions extends DumpReaderOptions {
  /** Converts what the threads refuse, in this thread. */
  readonly engine: RowEngine;
  readonly filter: PageFilter;
  readonly pool: BlockPool;
}

interface UnderWay {
  readonly bytes: number;
  readonly converted: Promise<ConvertedBatch>;
}

/** So much of a dump is cut before batches are sent. */
const SLICE_BYTES = 1024 * 1024;

/**
 * The threads of a pool convert batches of pages, this one cuts the dump into them and delivers what comes back in order.
 * Memory: `pool.batches` batches of `BATCH_BYTES` with their rows, or a single one that holds a longer revision; beside
 * what the reader and the batcher have.
 */
export class ThreadedConversion implements DumpConversion {
  readonly reader: DumpReader;
  readonly #batcher = new PieceBatcher();
  readonly #counts = new CountKeeper();
  /** Has the state of a page that was refused. */
  readonly #pages: PageConverter;
  readonly #filter: PageFilter | null;
  readonly #pool: BlockPool;
  readonly #deliver: Deliver;
  readonly #underWay: UnderWay[] = [];
  #bytes = 0;

  constructor({ engine, filter, pool, ...options }: ThreadedOptions, deliver: Deliver) {
    this.reader = new DumpReader(options, this.#batcher);
    this.#filter = isEveryPage(filter) ? null : filter;
    this.#pages = new PageConverter(engine, this.#counts, this.#filter);
    this.#pool = pool;
    this.#deliver = deliver;
  }

  get counts(): DumpCounts {
    return this.#counts.snapshot();
  }

  async push(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      this.reader.push(bytes.subarray(at, at + SLICE_BYTES));
      await this.#send();
    }
  }

  async end(): Promise<void> {
    this.reader.end();
    await this.flush();
  }

  async flush(): Promise<void> {
    this.#batcher.close();
    await this.#send();
    while (this.#underWay.length > 0) await this.#takeOldest();
  }

  async #send(): Promise<void> {
    for (const batch of this.#batcher.take()) {
      const bytes = batch.bytes.byteLength;
      while (this.#isFull(bytes)) await this.#takeOldest();
      const converted = this.#pool.convert({ batch, filter: this.#filter });
      // it is looked at when it is its turn
      converted.catch(() => {});
      this.#underWay.push({ bytes, converted });
      this.#bytes += bytes;
    }
  }

  #isFull(bytes: number): boolean {
    const { batches } = this.#pool;
    const count = this.#underWay.length;
    return count >= batches || (count > 0 && this.#bytes + bytes > batches * BATCH_BYTES);
  }

  async #takeOldest(): Promise<void> {
    const { bytes, converted } = this.#underWay.shift()!;
    const reply = await converted;
    this.#bytes -= bytes;
    if (reply.kind === 'refused') {
      await this.#convertHere(reply.batch, reply.state);
      return;
    }
    this.#counts.add(reply.counts);
    this.#batcher.giveBack(reply.bytes);
    await this.#deliver(reply.rows === null ? null : fromSentRows(reply.rows), reply.quarantine);
  }

  async #convertHere(batch: PieceBatch, state: PageState | null): Promise<void> {
    if (state !== null) this.#pages.resume(state);
    replay(batch, this.#pages);
    this.#batcher.giveBack(batch.bytes);
    await this.#deliver(this.#pages.takeRows(), this.#pages.takeQuarantine());
  }
}
