import { PermanentError } from '@wikifleet/domain/errors';
import { isEveryPage } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import { BatchCutter } from '@wikifleet/mediawiki/batch-cutter';
import { CountKeeper } from '@wikifleet/mediawiki/dump-counts';
import type { DumpCounts } from '@wikifleet/mediawiki/dump-counts';
import { DumpReader } from '@wikifleet/mediawiki/dump-reader';
import type { DumpReaderOptions } from '@wikifleet/mediawiki/dump-reader';
import { DumpSplitter, outsidePages } from '@wikifleet/mediawiki/dump-splitter';
import { splitBatch } from '@wikifleet/mediawiki/page-batch';
import type { PageBatch } from '@wikifleet/mediawiki/page-batch';
import { PageConverter } from '@wikifleet/mediawiki/page-converter';
import type { PageState } from '@wikifleet/mediawiki/page-converter';
import type { RowEngine } from '@wikifleet/mediawiki/row-engine';
import { fromSentRows } from './batch-messages.js';
import type { BlockPool, ConvertedBatch } from './block-pool.js';
import type { Deliver, DumpConversion } from './dump-conversion.js';
import { fromSent } from './sent-error.js';
import { textSettings } from './text-columns.js';

export interface ThreadedOptions extends DumpReaderOptions {
  /** Converts what the threads refuse, in this thread. */
  readonly engine: RowEngine;
  readonly filter: PageFilter;
  /** Of the rows, the engine's too; JSON by default. */
  readonly encoding?: RowEncoding;
  /** Columns made of texts, as threads write them; null, by default: rows stay as they are. */
  readonly texts?: ColumnChoice | null;
  readonly pool: BlockPool;
  /** Bytes of a batch at most; the outcome is the same. */
  readonly batchBytes?: number;
}

interface UnderWay {
  readonly batch: Pick<PageBatch, 'offset' | 'begins'>;
  readonly converted: Promise<ConvertedBatch>;
}

/** So much of a dump is cut before its batches are sent. */
const SLICE_BYTES = 1024 * 1024;
const PAGE = Buffer.from('<page');

/**
 * The threads of a pool convert batches of pages; this one cuts the dump into them, and delivers what comes back in
 * order. Memory, whatever the dump holds: `pool.batches` batches of `BATCH_BYTES`, each with `MAX_ROW_BYTES` of rows at
 * most; beside these what a conversion in one thread has, for what the threads refuse.
 */
export class ThreadedConversion implements DumpConversion {
  readonly reader: DumpReader;
  readonly #cutter: BatchCutter;
  readonly #counts = new CountKeeper();
  /** Convert what was refused, and go on from there: a batch may end in mid-page, or anywhere. */
  readonly #pages: PageConverter;
  readonly #splitter: DumpSplitter;
  readonly #filter: PageFilter | null;
  readonly #encoding: RowEncoding;
  readonly #texts: ColumnChoice | null;
  readonly #pool: BlockPool;
  readonly #deliver: Deliver;
  readonly #underWay: UnderWay[] = [];
  /** Memory of rows that were delivered. */
  readonly #memory: ArrayBuffer[] = [];
  /** Where the batch that was sent last was for this thread, and ends in mid-page: then so is the next. */
  #isHere = false;
  /** Whether a page was seen behind `</mediawiki>`: nothing is converted from there on. */
  #isOver = false;
  /** The first bytes outside of pages that do not belong there: the pages behind them are converted all the same. */
  #outside: PermanentError | null = null;
  /** What ends the conversion. */
  #failure: PermanentError | null = null;

  constructor(
    { engine, filter, encoding = 'json', texts = null, pool, batchBytes, ...options }: ThreadedOptions,
    deliver: Deliver,
  ) {
    this.#cutter = new BatchCutter(batchBytes);
    this.#filter = isEveryPage(filter) ? null : filter;
    this.#pages = new PageConverter(engine, this.#counts, this.#filter);
    this.#splitter = new DumpSplitter(this.#pages);
    this.reader = new DumpReader(options, this.#cutter, this.#pages);
    this.#encoding = encoding;
    this.#pool = pool;
    this.#deliver = deliver;
    this.#texts = texts;
  }

  get counts(): DumpCounts {
    return this.#counts.snapshot();
  }

  get failure(): PermanentError | null {
    return this.reader.failure ?? this.#outside ?? this.#failure;
  }

  async push(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      this.reader.push(bytes.subarray(at, at + SLICE_BYTES));
      await this.#send();
      this.#check();
    }
  }

  async end(): Promise<void> {
    if (!this.reader.done) this.reader.end();
    await this.#sendAll();
    this.#check();
  }

  async breakOff(): Promise<void> {
    this.#cutter.breakOff();
    await this.#sendAll();
  }

  /** No page may begin behind `</mediawiki>`; a batch may, and who converts it knows nothing of the others. */
  #checkPage(offset: number | null): void {
    if (offset !== null && this.#cutter.endTag !== null) this.#outside ??= outsidePages(offset, true, PAGE);
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async #sendAll(): Promise<void> {
    await this.#send();
    while (this.#underWay.length > 0) await this.#takeOldest();
    this.#checkPage(this.reader.nextPage);
  }

  async #send(): Promise<void> {
    // what stands before the pages comes first
    await this.#deliverHere();
    for (const batch of this.#cutter.take()) {
      while (this.#underWay.length >= this.#pool.batches) await this.#takeOldest();
      if (this.#failure !== null) return;
      const converted = this.#convert(batch);
      // it is looked at when it is its turn
      converted.catch(() => {});
      this.#underWay.push({ batch, converted });
    }
  }

  async #convert(batch: PageBatch): Promise<ConvertedBatch> {
    const { begins, ends } = batch;
    const isHere = begins === 'page' ? ends === 'anywhere' : begins === 'anywhere' || this.#isHere;
    this.#isHere = ends === 'anywhere' || (isHere && ends === 'revision');
    if (isHere) return { kind: 'refused', state: null, batch };
    const wiki = this.reader.head?.wiki ?? 'unknown';
    return await this.#pool.convert({
      batch,
      wiki,
      filter: this.#filter,
      encoding: this.#encoding,
      texts: this.#texts === null ? null : textSettings(this.#texts, this.reader.head),
      memory: this.#memory.pop(),
    });
  }

  async #takeOldest(): Promise<void> {
    const { batch, converted } = this.#underWay.shift()!;
    const reply = await converted;
    if (this.#failure !== null || this.#isOver) return;
    if (batch.begins === 'page' && this.#cutter.endTag !== null) {
      this.#checkPage(batch.offset);
      this.#isOver = true;
      return;
    }
    if (reply.kind === 'refused') {
      this.#convertHere(reply.batch, reply.state);
      await this.#deliverHere();
      return;
    }
    this.#counts.add(reply.counts);
    this.#cutter.endTag ??= reply.endTag;
    if (reply.failure !== null) this.#outside ??= fromSent(reply.failure);
    this.#cutter.giveBack(reply.bytes);
    const rows = reply.rows === null ? null : fromSentRows(reply.rows);
    const delivered = rows === null || reply.texts === null ? rows : { ...rows, texts: reply.texts };
    await this.#deliver(delivered, reply.quarantine, reply.pages);
    if (reply.rows !== null && this.#memory.length < this.#pool.batches) this.#memory.push(reply.rows.bytes.buffer);
  }

  /** `state`: how far a thread brought the page that the batch begins in; null where this thread has it itself. */
  #convertHere(batch: PageBatch, state: PageState | null): void {
    if (state !== null) this.#pages.resume(state);
    // a `<revision` outside of pages, behind a batch that was converted here
    const isOutside = batch.begins === 'revision' && state === null && !this.#splitter.isInPage;
    try {
      splitBatch(batch, this.#splitter, isOutside || batch.begins === 'anywhere');
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      this.#failure = error;
    }
    this.#cutter.endTag ??= this.#splitter.endTag;
    this.#outside ??= this.#splitter.failure;
    this.#cutter.giveBack(batch.bytes);
  }

  async #deliverHere(): Promise<void> {
    await this.#deliver(this.#pages.takeRows(), this.#pages.takeQuarantine(), this.#pages.takePages());
  }
}
