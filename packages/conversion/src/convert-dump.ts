import { PermanentError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import type { Counts, Follower, Head, Member, Position } from '@wikifleet/domain/receipts';
import { DumpConverter } from '@wikifleet/mediawiki/dump-converter';
import { MemberWriter } from './member-writer.js';
import type { ByteSink } from './member-writer.js';
import { PositionMap } from './position-map.js';
import { containerOf, unpack } from './unpack.js';
import type { Unpacked } from './unpack.js';

export interface ConversionOptions {
  /** The file's bytes, all of them, as they stand. */
  readonly source: AsyncIterable<Uint8Array>;
  /** The run's wiki; null: the file's own `dbname`, else `unknown`. */
  readonly wiki: string | null;
  readonly compression: Compression;
  /** Takes the rows. */
  readonly rows: ByteSink;
  /** Takes what could not be read, a JSON line each. */
  readonly quarantine: ByteSink;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ConversionProgress) => void;
}

export interface ConversionProgress {
  /** Bytes of the file taken. */
  readonly bytes: number;
  readonly xmlBytes: number;
  readonly pages: number;
  readonly rows: number;
}

export interface Conversion {
  /** Bit positions, as in a receipt. */
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

const PROGRESS_EVERY_MS = 500;

/**
 * Turns the bytes of one dump file into rows, written as members. What is wrong with the file does not throw: it comes
 * as `failure`, after the rows before it were written. What the source, the sinks and `signal` throw goes through.
 */
export async function convertDump(options: ConversionOptions): Promise<Conversion> {
  const { signal } = options;
  const source = new PeekedSource(options.source);
  const unpacked = unpack(containerOf(await source.peek()), source);
  const positions = new PositionMap();
  const converter = new DumpConverter({ wiki: options.wiki });
  const writer = new MemberWriter(options.rows, options.compression);
  let xmlBytes = 0;
  let failure: PermanentError | null = null;
  let reported = Date.now();
  const drain = async (): Promise<void> => {
    await writeRows(converter, writer);
    await writeQuarantine(converter, options.quarantine);
    signal.throwIfAborted();
    if (options.onProgress === undefined || Date.now() - reported < PROGRESS_EVERY_MS) return;
    reported = Date.now();
    const { pages, rows } = converter.counts;
    options.onProgress({ bytes: source.taken, xmlBytes, pages, rows });
  };
  try {
    for await (const { bytes, block, offsetInBlock } of unpacked) {
      positions.add(xmlBytes, block, offsetInBlock);
      xmlBytes += bytes.length;
      converter.push(bytes);
      await drain();
    }
    converter.end();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PermanentError)) throw error;
    failure = error;
  }
  await drain();
  await writer.closeMember();
  const { counts } = converter;
  return { ...boundariesOf(converter, unpacked, positions), counts, members: writer.members, xmlBytes, failure };
}

async function writeRows(converter: DumpConverter, writer: MemberWriter): Promise<void> {
  const chunk = converter.takeRows();
  if (chunk === null) return;
  let row = 0;
  let start = 0;
  for (const page of chunk.pages) {
    for (let i = 0; i < page.rows; i += 1) {
      const end = chunk.ends[row]!;
      await writer.add(chunk.bytes.subarray(start, end), page.id);
      start = end;
      row += 1;
    }
  }
}

async function writeQuarantine(converter: DumpConverter, sink: ByteSink): Promise<void> {
  for (const record of converter.takeQuarantine()) await sink.write(Buffer.from(`${JSON.stringify(record)}\n`));
}

type Boundaries = Pick<Conversion, 'head' | 'firstBlock' | 'nextBlock' | 'firstPage' | 'nextPage'>;

function boundariesOf(converter: DumpConverter, unpacked: Unpacked, positions: PositionMap): Boundaries {
  const { head, firstPage, endTag, offset } = converter;
  const { firstBlock, nextBlock } = unpacked;
  const after: Follower = endTag === null ? 'nothing' : 'end-tag';
  return {
    firstBlock,
    nextBlock: firstBlock === null ? null : nextBlock,
    firstPage: firstPage === null ? null : positions.at(firstPage),
    nextPage: firstPage === null ? null : { ...positions.at(endTag ?? offset), is: after },
    head: {
      firstBlock,
      bytes: head?.bytes ?? 0,
      end: positions.at(firstPage ?? endTag ?? offset),
      followedBy: firstPage === null ? after : 'page',
      hasRoot: head?.hasRoot ?? false,
      dbname: head?.dbname ?? null,
      encoding: head?.encoding ?? 'utf-8',
    },
  };
}

/** The source, with its first bytes seen beforehand, and a count of what was taken. */
class PeekedSource implements AsyncIterable<Uint8Array> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #first: IteratorResult<Uint8Array> | undefined;
  taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** The first chunk, grown to the three bytes that tell a container where the file has them. */
  async peek(): Promise<Uint8Array> {
    let bytes: Uint8Array = Buffer.alloc(0);
    while (bytes.length < 3) {
      const step = await this.#iterator.next();
      if (step.done === true) break;
      bytes = bytes.length === 0 ? step.value : Buffer.concat([bytes, step.value]);
    }
    this.#first = { done: false, value: bytes };
    return bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      let step = this.#first ?? (await this.#iterator.next());
      for (; step.done !== true; step = await this.#iterator.next()) {
        this.taken += step.value.length;
        yield step.value;
      }
    } finally {
      await this.#iterator.return?.();
    }
  }
}
