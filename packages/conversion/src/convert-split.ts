import { containerOf } from '@wikifleet/domain/containers';
import type { Container } from '@wikifleet/domain/containers';
import { PermanentError } from '@wikifleet/domain/errors';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { emptyCounts, sumByName } from '@wikifleet/domain/receipts';
import { PageOrderKeeper } from '@wikifleet/domain/page-order';
import type { PageOrder } from '@wikifleet/domain/page-order';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import type { Counts, Follower, Head, Member, Position } from '@wikifleet/domain/receipts';
import { NO_SEQUENCE } from '@wikifleet/domain/sequence';
import type { Sequence } from '@wikifleet/domain/sequence';
import { DumpConverter } from '@wikifleet/mediawiki/dump-converter';

import type { RowChunk, SeenPages } from '@wikifleet/mediawiki/page-converter';
import type { QuarantineRecord } from '@wikifleet/mediawiki/quarantine';
import type { BlockPool } from './block-pool.js';
import { InlineConversion } from './dump-conversion.js';
import type { DeliveredRows, Deliver, DumpConversion } from './dump-conversion.js';
import { makeEngine } from './engines.js';
import type { Engine } from './engines.js';
import { ExpansionBudget } from './expansion-budget.js';
import { CONTAINER_BYTES } from './file-source.js';
import type { FileSource } from './file-source.js';
import { refuseForeignBytes } from './foreign-file.js';
import { IndexWriter } from './index-writer.js';
import { MemberWriter } from './member-writer.js';
import type { ByteSink } from './member-writer.js';
import { Outside } from './outside.js';
import type { PartFormat } from './part-format.js';
import { PositionMap } from './position-map.js';
import { QuarantineWriter } from './quarantine-writer.js';
import type { UnreadableUnit } from './quarantine-writer.js';
import { readSplit } from './split-bytes.js';
import type { Range, SplitReader } from './split-bytes.js';
import { NO_HEAD, headOf, isUtf16, readHead, wikiWarnings } from './split-head.js';
import type { KnownHead } from './split-head.js';
import { changesRows, TextColumns, TextCounter, textSettings } from './text-columns.js';
import { ThreadedConversion } from './threaded-conversion.js';

export interface ConversionOptions {
  readonly source: FileSource;
  readonly split: Range;
  /** The run's wiki: a valid `dbname` of the file must equal it. Null: the file's own `dbname`, else `unknown`. */
  readonly wiki: string | null;
  /** Whether `wiki` is the rows' wiki even where the file has another `dbname`; false by default. */
  readonly wikiOverrides?: boolean;
  readonly engine: Engine;
  /** Which pages become rows. */
  readonly filter: PageFilter;
  /** Which columns the rows have; the format's too. */
  readonly choice: ColumnChoice;
  /** What the rows become; who opened it writes its `end`. */
  readonly format: PartFormat;
  /** Decodes the blocks and converts the pages; one conversion at a time may use it. */
  readonly pool: BlockPool;
  /** Takes the rows. */
  readonly rows: ByteSink;
  /** Takes the index of the rows' members; null: none is made. */
  readonly index: ByteSink | null;
  /** Takes what could not be read, a JSON line each. */
  readonly quarantine: ByteSink;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ConversionProgress) => void;
  /** Takes what is compared with a multistream index. */
  readonly onPages?: PageWatcher;
}

/** Is called in the order of the file, with each page that has an id, and with each header of a bzip2 stream before its pages. */
export interface PageWatcher {
  /** `byte`: where the header begins in the file. A split may read a few streams beyond its own pages. */
  stream(byte: number): void;
  /** `block`: the bit position of the block that its `<page>` begins in. */
  page(id: number, block: number): Promise<void>;
}

export interface ConversionProgress {
  /** The share of the split that is done, 0 to 1. */
  readonly fraction: number;
  readonly xmlBytes: number;
  readonly pages: number;
  readonly rows: number;
}

export interface Conversion {
  /** Boundaries, as in a receipt. */
  readonly firstBlock: number | null;
  readonly nextBlock: number | null;
  readonly firstPage: Position | null;
  readonly nextPage: (Position & { readonly is: Follower }) | null;
  readonly sequence: Sequence;
  readonly head: Head;
  /**
   * Bit positions, ascending, `MAX_REJECTED_CANDIDATES` at most: magics in the split before its first block that were there by
   * chance. Where the block of one is broken, the file's receipts do not join.
   */
  readonly rejectedCandidates: readonly number[];
  readonly counts: Counts;
  readonly members: readonly Member[];
  readonly xmlBytes: number;
  /** What of the file's own `dbname` the rows do not follow, a sentence each. */
  readonly warnings: readonly string[];
  /** The first units that could not be read, `MAX_FIRST_UNREADABLE` at most. */
  readonly firstUnreadable: readonly UnreadableUnit[];
  /** What is wrong with the split; null where nothing is. All pages that can be read were written. */
  readonly failure: PermanentError | null;
  /** Whether the split was read to its end, `failure` or not: else the boundaries mean nothing. */
  readonly isReadToEnd: boolean;
}

const PROGRESS_EVERY_MS = 500;
/** Fewer threads than this only decode where there are blocks: one thread's conversion keeps up with them. */
const CONVERTERS_OF_BLOCKS = 4;

/**
 * Turns one split of a dump file into rows, written as members: the pages that begin in the blocks that begin in it.
 * What is wrong with the file does not throw: it comes as `failure`, after the rows before it were written. What the
 * source, the sinks and `signal` throw goes through, and so does a thread's death. `signal` is looked at with each chunk
 * and each slice; a source that hangs is to be ended by whoever gave it.
 */
export async function convertSplit(options: ConversionOptions): Promise<Conversion> {
  const outside = new Outside(options.signal);
  const { split, wiki, pool } = options;
  const source = outside.source(options.source);
  const rows = outside.sink(options.rows);
  const quarantine = outside.sink(options.quarantine);
  const index = options.index === null ? null : outside.sink(options.index);
  const conversion = new SplitConversion({ ...options, source, rows, index, quarantine });
  try {
    options.signal.throwIfAborted();
    const container = containerOf(await source.first(CONTAINER_BYTES));
    if (container !== 'bzip2' && split.start > 0) throw new RangeError(`a ${container} file has one split`);
    const choice = { wiki, overrides: options.wikiOverrides ?? false };
    const head = split.start === 0 ? null : await readHead(container, source, choice, pool);
    // the first split has all of such a file
    if (head !== null && head.receipt.encoding !== 'utf-8') return emptyConversion(head.receipt);
    const reader = readSplit(container, source, split, pool, (byte) => options.onPages?.stream(byte));
    return await conversion.run(container, reader, head);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof PermanentError) || outside.hasThrown(error)) throw error;
    return await conversion.fail(error);
  }
}

function emptyConversion(head: Head): Conversion {
  const nothing = { firstBlock: null, nextBlock: null, firstPage: null, nextPage: null };
  const found = {
    rejectedCandidates: [],
    counts: emptyCounts(),
    members: [],
    xmlBytes: 0,
    warnings: [],
    firstUnreadable: [],
  };
  return { ...nothing, sequence: NO_SEQUENCE, head, ...found, failure: null, isReadToEnd: true };
}

/** The state of one conversion. */
class SplitConversion {
  readonly #options: ConversionOptions;
  readonly #positions = new PositionMap();
  readonly #writer: MemberWriter;
  readonly #index: IndexWriter | null;
  readonly #quarantine: QuarantineWriter;
  readonly #budget: ExpansionBudget;
  readonly #order = new PageOrderKeeper();
  #conversion: DumpConversion | null = null;
  /** Of texts in rows that this thread made; made with the first of them. */
  #texts: TextColumns | null = null;
  readonly #textCounter = new TextCounter();
  #xmlBytes = 0;
  #reportedAt = performance.now();

  constructor(options: ConversionOptions) {
    this.#options = options;
    const index = options.index === null ? null : new IndexWriter(options.index);
    this.#index = index;
    this.#writer = new MemberWriter(
      options.rows,
      options.format,
      options.pool,
      index === null ? undefined : async (pages) => await index.add(pages),
    );
    this.#quarantine = new QuarantineWriter(options.quarantine, (offset) => this.#positions.at(offset));
    this.#budget = new ExpansionBudget(options.split);
  }

  async run(container: Container, reader: SplitReader, known: KnownHead | null): Promise<Conversion> {
    const conversion = this.#begin(container, known);
    this.#conversion = conversion;
    const dump = conversion.reader;
    let isTranscribed = false;
    let isLimited = false;
    for await (const { bytes, block, owned } of reader) {
      if (this.#xmlBytes === 0 && known === null) refuseForeignBytes(bytes, container, this.#options.source);
      if (this.#xmlBytes === 0 && known === null && isUtf16(bytes)) {
        isTranscribed = true;
        reader.ownAll();
      } else if (!owned && !isLimited && !isTranscribed) {
        isLimited = true;
        dump.ownTo(this.#xmlBytes);
      }
      this.#positions.add(isTranscribed ? dump.offset : this.#xmlBytes, block);
      this.#xmlBytes += bytes.length;
      this.#budget.check(this.#xmlBytes, reader.position);
      await conversion.push(bytes);
      this.#options.signal.throwIfAborted();
      this.#report(conversion, reader.position);
      if (dump.done) break;
    }
    await conversion.end();
    await this.#writer.finish();
    await this.#index?.finish();
    return this.#result(conversion, reader, known);
  }

  #begin(container: Container, known: KnownHead | null): DumpConversion {
    const { wiki, wikiOverrides = false, filter, pool } = this.#options;
    const options = { wiki, wikiOverrides, filter, ...(known === null ? {} : { head: known.dump }) };
    const { choice, format } = this.#options;
    const { encoding } = format;
    const texts = changesRows(choice) ? choice : null;
    const engine = makeEngine(this.#options.engine, encoding);
    const deliver: Deliver = async (rows, quarantine, pages) => await this.#deliver(rows, quarantine, pages);
    return this.#isThreaded(container)
      ? new ThreadedConversion({ ...options, engine, encoding, texts, pool }, deliver)
      : new InlineConversion(new DumpConverter({ ...options, engine }), deliver);
  }

  /** The reference is this thread's alone: node-expat cannot be loaded in a second one. */
  #isThreaded(container: Container): boolean {
    const { pool, engine } = this.#options;
    return engine === 'fast' && pool.workers >= (container === 'bzip2' ? CONVERTERS_OF_BLOCKS : 2);
  }

  /** What there is when the file turned out to be broken. */
  async fail(failure: PermanentError): Promise<Conversion> {
    const conversion = this.#conversion;
    const isReadToEnd = false;
    if (conversion === null) return { ...emptyConversion(NO_HEAD), failure, isReadToEnd };
    await conversion.breakOff();
    await this.#writer.finish();
    await this.#index?.finish();
    const counts = this.#countsOf(conversion);
    const found = { counts, members: this.#writer.members, xmlBytes: this.#xmlBytes, ...this.#notes(conversion) };
    return { ...emptyConversion(NO_HEAD), ...found, failure: conversion.failure ?? failure, isReadToEnd };
  }

  #result(conversion: DumpConversion, reader: SplitReader, known: KnownHead | null): Conversion {
    const { reader: dump } = conversion;
    const { firstPage, nextPage, endTag, offset } = dump;
    const { firstBlock, nextBlock, rejectedCandidates } = reader;
    const positions = this.#positions;
    const is: Follower = nextPage !== null ? 'page' : endTag !== null ? 'end-tag' : 'nothing';
    return {
      firstBlock,
      nextBlock,
      firstPage: firstPage === null ? null : positions.at(firstPage),
      nextPage: firstPage === null ? null : { ...positions.at(nextPage ?? endTag ?? offset), is },
      sequence: { streams: reader.streams, pageOrder: this.#pageOrder() },
      head: known?.receipt ?? headOf(dump, positions),
      rejectedCandidates,
      counts: this.#countsOf(conversion),
      members: this.#writer.members,
      xmlBytes: this.#xmlBytes,
      ...this.#notes(conversion),
      failure: conversion.failure,
      isReadToEnd: true,
    };
  }

  #notes({ reader: { head } }: DumpConversion): Pick<Conversion, 'warnings' | 'firstUnreadable'> {
    const warnings = head === null ? [] : wikiWarnings(head);
    return { warnings, firstUnreadable: this.#quarantine.first };
  }

  #pageOrder(): PageOrder | null {
    const { order } = this.#order;
    if (order === null) return null;
    const { first, firstDescent } = order;
    const placed = <T extends { readonly at: number }>(page: T) => ({ ...page, at: this.#positions.at(page.at) });
    return { ...order, first: placed(first), firstDescent: firstDescent === null ? null : placed(firstDescent) };
  }

  async #deliver(
    chunk: DeliveredRows | null,
    quarantine: readonly QuarantineRecord[],
    { ids, offsets }: SeenPages,
  ): Promise<void> {
    const { onPages } = this.#options;
    for (let i = 0; i < ids.length; i += 1) {
      const [id, offset] = [ids[i]!, offsets[i]!];
      this.#order.add(id, offset);
      if (onPages !== undefined) await onPages.page(id, this.#positions.at(offset).block);
    }
    if (chunk !== null) await this.#writer.add(this.#withTexts(chunk));
    await this.#quarantine.add(quarantine);
  }

  #withTexts(chunk: DeliveredRows): RowChunk {
    const { choice, format } = this.#options;
    if (!changesRows(choice)) return chunk;
    if (chunk.texts !== undefined) {
      this.#textCounter.add(chunk.texts);
      return chunk;
    }
    this.#texts ??= new TextColumns(textSettings(choice, this.#conversion?.reader.head ?? null), format.encoding);
    return this.#texts.addTo(chunk, false);
  }

  #countsOf({ counts }: DumpConversion): Counts {
    const quarantineDropped = sumByName([counts.quarantineDropped, this.#quarantine.dropped]);
    if (this.#texts !== null) this.#textCounter.add(this.#texts.takeCounts());
    return { ...counts, quarantineDropped, ...this.#textCounter.counts };
  }

  #report(conversion: DumpConversion, position: number): void {
    const { onProgress, split } = this.#options;
    if (onProgress === undefined || performance.now() - this.#reportedAt < PROGRESS_EVERY_MS) return;
    this.#reportedAt = performance.now();
    const { pages, rows } = conversion.counts;
    const fraction = Math.min(1, Math.max(0, (position - split.start) / Math.max(1, split.end - split.start)));
    onProgress({ fraction, xmlBytes: this.#xmlBytes, pages, rows });
  }
}
