import { containerOf } from '@wikifleet/domain/containers';
import type { Container } from '@wikifleet/domain/containers';
import { PermanentError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import { emptyCounts } from '@wikifleet/domain/receipts';
import type { Counts, Follower, Head, Member, Position } from '@wikifleet/domain/receipts';
import { DumpConverter } from '@wikifleet/mediawiki/dump-converter';
import type { DumpHead } from '@wikifleet/mediawiki/dump-head';
import type { BlockPool } from './block-pool.js';
import { makeEngine } from './engines.js';
import type { Engine } from './engines.js';
import { CONTAINER_BYTES } from './file-source.js';
import type { FileSource } from './file-source.js';
import { MemberWriter } from './member-writer.js';
import type { ByteSink } from './member-writer.js';
import { PositionMap } from './position-map.js';
import { readSplit } from './split-bytes.js';
import type { Range, SplitReader } from './split-bytes.js';

export interface ConversionOptions {
  readonly source: FileSource;
  readonly split: Range;
  /** The run's wiki; null: the file's own `dbname`, else `unknown`. */
  readonly wiki: string | null;
  readonly engine: Engine;
  readonly compression: Compression;
  /** Decodes the blocks; one conversion at a time may use it. */
  readonly pool: BlockPool;
  /** Takes the rows. */
  readonly rows: ByteSink;
  /** Takes what could not be read, a JSON line each. */
  readonly quarantine: ByteSink;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ConversionProgress) => void;
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
  readonly head: Head;
  readonly counts: Counts;
  readonly members: readonly Member[];
  readonly xmlBytes: number;
  /** What broke it off; all whole pages before it were written, and the boundaries mean nothing. */
  readonly failure: PermanentError | null;
}

interface KnownHead {
  readonly receipt: Head;
  readonly dump: DumpHead;
}

const PROGRESS_EVERY_MS = 500;

const NO_HEAD: Head = {
  firstBlock: null,
  bytes: 0,
  end: { block: 0, offset: 0 },
  followedBy: 'nothing',
  hasRoot: false,
  dbname: null,
  encoding: 'utf-8',
};

/**
 * Turns one split of a dump file into rows, written as members: the pages that begin in the blocks that begin in it.
 * What is wrong with the file does not throw: it comes as `failure`, after the rows before it were written. What the
 * source, the sinks and `signal` throw goes through.
 */
export async function convertSplit(options: ConversionOptions): Promise<Conversion> {
  const { source, split, wiki, pool } = options;
  const conversion = new SplitConversion(options);
  try {
    const container = containerOf(await source.first(CONTAINER_BYTES));
    const head = split.start === 0 ? null : await readHead(container, source, wiki, pool);
    // the first split has all of such a file
    if (head !== null && head.receipt.encoding !== 'utf-8') return emptyConversion(head.receipt);
    return await conversion.run(readSplit(container, source, split, pool), head);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof PermanentError)) throw error;
    return await conversion.fail(error);
  }
}

/** Reads a file's head, as every split but the first does before its own bytes. */
async function readHead(
  container: Container,
  source: FileSource,
  wiki: string | null,
  pool: BlockPool,
): Promise<KnownHead> {
  const positions = new PositionMap();
  const converter = new DumpConverter({ wiki });
  converter.ownTo(0);
  let offset = 0;
  const reader = readSplit(container, source, { start: 0, end: 0 }, pool);
  for await (const { bytes, block } of reader) {
    positions.add(offset, block);
    offset += bytes.length;
    converter.push(bytes);
    if (converter.done || converter.endTag !== null) break;
  }
  if (converter.head === null) converter.end();
  return { receipt: headOf(converter, positions), dump: converter.head! };
}

function headOf(converter: DumpConverter, positions: PositionMap): Head {
  const { head, firstPage, nextPage, endTag } = converter;
  if (head === null) return NO_HEAD;
  const { bytes, hasRoot, dbname, encoding } = head;
  const followedBy = firstPage !== null || nextPage !== null ? 'page' : endTag !== null ? 'end-tag' : 'nothing';
  const { firstBlock } = positions;
  return { firstBlock, bytes, end: positions.at(bytes), followedBy, hasRoot, dbname, encoding };
}

function emptyConversion(head: Head): Conversion {
  const nothing = { firstBlock: null, nextBlock: null, firstPage: null, nextPage: null };
  return { ...nothing, head, counts: emptyCounts(), members: [], xmlBytes: 0, failure: null };
}

/** The state of one conversion. */
class SplitConversion {
  readonly #options: ConversionOptions;
  readonly #positions = new PositionMap();
  readonly #writer: MemberWriter;
  #converter: DumpConverter | null = null;
  #xmlBytes = 0;
  #reportedAt = Date.now();

  constructor(options: ConversionOptions) {
    this.#options = options;
    this.#writer = new MemberWriter(options.rows, options.compression);
  }

  async run(reader: SplitReader, known: KnownHead | null): Promise<Conversion> {
    const { wiki, engine } = this.#options;
    const head = known === null ? {} : { head: known.dump };
    const converter = new DumpConverter({ wiki, engine: makeEngine(engine), ...head });
    this.#converter = converter;
    let isLimited = false;
    for await (const { bytes, block, owned } of reader) {
      if (this.#xmlBytes === 0 && known === null && isUtf16(bytes)) reader.ownAll();
      else if (!owned && !isLimited) {
        isLimited = true;
        converter.ownTo(this.#xmlBytes);
      }
      this.#positions.add(this.#xmlBytes, block);
      this.#xmlBytes += bytes.length;
      converter.push(bytes);
      await this.#drain(converter);
      this.#report(converter, reader.position);
      if (converter.done) break;
    }
    if (!converter.done) converter.end();
    await this.#drain(converter);
    await this.#writer.finish();
    return this.#result(converter, reader, known);
  }

  /** What there is when the file turned out to be broken. */
  async fail(failure: PermanentError): Promise<Conversion> {
    const converter = this.#converter;
    if (converter === null) return { ...emptyConversion(NO_HEAD), failure };
    await this.#drain(converter);
    await this.#writer.finish();
    const { counts } = converter;
    return { ...emptyConversion(NO_HEAD), counts, members: this.#writer.members, xmlBytes: this.#xmlBytes, failure };
  }

  #result(converter: DumpConverter, reader: SplitReader, known: KnownHead | null): Conversion {
    const { firstPage, nextPage, endTag, offset, counts } = converter;
    const { firstBlock, nextBlock } = reader;
    const positions = this.#positions;
    const is: Follower = nextPage !== null ? 'page' : endTag !== null ? 'end-tag' : 'nothing';
    return {
      firstBlock,
      nextBlock,
      firstPage: firstPage === null ? null : positions.at(firstPage),
      nextPage: firstPage === null ? null : { ...positions.at(nextPage ?? endTag ?? offset), is },
      head: known?.receipt ?? headOf(converter, positions),
      counts,
      members: this.#writer.members,
      xmlBytes: this.#xmlBytes,
      failure: null,
    };
  }

  async #drain(converter: DumpConverter): Promise<void> {
    const chunk = converter.takeRows();
    if (chunk !== null) await this.#writer.add(chunk);
    for (const { offset, ...record } of converter.takeQuarantine()) {
      const line = JSON.stringify({ ...record, ...this.#positions.at(offset) });
      await this.#options.quarantine.write(Buffer.from(`${line}\n`));
    }
    this.#options.signal.throwIfAborted();
  }

  #report(converter: DumpConverter, position: number): void {
    const { onProgress, split } = this.#options;
    if (onProgress === undefined || Date.now() - this.#reportedAt < PROGRESS_EVERY_MS) return;
    this.#reportedAt = Date.now();
    const { pages, rows } = converter.counts;
    const fraction = Math.min(1, Math.max(0, (position - split.start) / Math.max(1, split.end - split.start)));
    onProgress({ fraction, xmlBytes: this.#xmlBytes, pages, rows });
  }
}

/** By its byte-order mark. */
function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}
