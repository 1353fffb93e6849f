import { containerOf } from '@wikifleet/domain/containers';
import { PermanentError, messageOf } from '@wikifleet/domain/errors';
import { foldIds } from '@wikifleet/domain/page-order';
import type { PageOrder } from '@wikifleet/domain/page-order';
import type { BlockPool } from './block-pool.js';
import type { PageWatcher } from './convert-split.js';
import { CONTAINER_BYTES } from './file-source.js';
import type { FileSource } from './file-source.js';
import { readSplit } from './split-bytes.js';

/** A line of a multistream index, `offset:page id:title`: the byte where the page's bzip2 stream begins, and its id. */
export interface IndexEntry {
  readonly offset: number;
  readonly pageId: number;
}

/** MediaWiki's titles have 255 bytes, and escaped as XML at most six times as many. */
const MAX_LINE_BYTES = 4096;
const LINE = /^(\d{1,15}):(\d{1,15}):/;
const NEWLINE = 10;

/**
 * The entries of an index, bzip2 or plain text, in its order. Memory: one bzip2 block. Throws a PermanentError
 * `INDEX_MALFORMED`, or what bzip2 data is refused for.
 */
export async function* readIndex(source: FileSource, pool: BlockPool): AsyncGenerator<IndexEntry> {
  const container = containerOf(await source.first(CONTAINER_BYTES));
  let line = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const { bytes } of readSplit(container, source, { start: 0, end: source.size }, pool)) {
    const all = Buffer.concat([rest, bytes]);
    let from = 0;
    for (let to = all.indexOf(NEWLINE); to >= 0; to = all.indexOf(NEWLINE, from)) {
      line += 1;
      yield entryOf(all.toString('latin1', from, Math.min(to, from + 40)), line);
      from = to + 1;
    }
    rest = Buffer.from(all.subarray(from));
    if (rest.length > MAX_LINE_BYTES)
      throw malformed(line + 1, `a line of at most ${MAX_LINE_BYTES} bytes`, `${rest.length} bytes`);
  }
  if (rest.length > 0) yield entryOf(rest.toString('latin1', 0, 40), line + 1);
}

function entryOf(text: string, line: number): IndexEntry {
  const [, offset, pageId] = LINE.exec(text) ?? [];
  if (offset === undefined || pageId === undefined) {
    throw malformed(line, 'offset:page id:title', JSON.stringify(text));
  }
  return { offset: Number(offset), pageId: Number(pageId) };
}

function malformed(line: number, expected: string, received: string): PermanentError {
  const place = `line ${line}`;
  const message = `multistream index, ${place}: expected ${expected}, received ${received}`;
  return new PermanentError('INDEX_MALFORMED', message, { place, expected, received });
}

/** So many differences of each kind are named; all are counted. */
const MAX_NAMED = 5;

/** A stream without a block: a header and a trailer. */
const EMPTY_STREAM_BYTES = 14;
/** Successive streams in which no page begins; the bound of the comparison's memory. Wikimedia's files have two. */
const MAX_STREAMS_WITHOUT_PAGE = 100_000;

/** Differences of one kind. */
class Differences {
  count = 0;
  readonly #named: string[] = [];

  add(text: () => string): void {
    this.count += 1;
    if (this.#named.length < MAX_NAMED) this.#named.push(text());
  }

  describe(what: string): string[] {
    if (this.count === 0) return [];
    const more = this.count > this.#named.length ? ', …' : '';
    return [`${what}: ${this.count} (${this.#named.join(', ')}${more})`];
  }
}

/**
 * Compares the pages of a dump with its multistream index, both read once and in order. A difference of order is found as
 * well: it shows as pages that are missing in one place and surplus in another. Memory: the headers of streams that were
 * read ahead of the present page, `MAX_STREAMS_WITHOUT_PAGE` at most, and `MAX_NAMED` differences of each kind.
 */
export class IndexComparison implements PageWatcher {
  readonly #entries: AsyncIterator<IndexEntry>;
  #next: IndexEntry | null = null;
  #isStarted = false;
  /** Why the index cannot be read further. */
  #failure: string | null = null;
  /** Headers of streams, ascending; the first is that of the present page or before. */
  #streams: number[] = [];
  #lastStream = -1;
  #pages = 0;
  readonly #missing = new Differences();
  readonly #surplus = new Differences();
  readonly #moved = new Differences();

  constructor(entries: AsyncIterable<IndexEntry>) {
    this.#entries = entries[Symbol.asyncIterator]();
  }

  /** How many pages were compared. */
  get pages(): number {
    return this.#pages;
  }

  stream(byte: number): void {
    // a split reads on into the next one, which reads the same headers again
    if (byte <= this.#lastStream) return;
    // no page can begin in an empty stream
    if (byte - this.#lastStream === EMPTY_STREAM_BYTES) this.#streams.pop();
    this.#lastStream = byte;
    if (this.#streams.length < MAX_STREAMS_WITHOUT_PAGE) this.#streams.push(byte);
    else this.#failure ??= `more than ${MAX_STREAMS_WITHOUT_PAGE} streams without a page`;
  }

  async page(id: number, block: number): Promise<void> {
    const offset = this.#streamOf(block);
    if (!this.#isStarted) await this.#advance();
    if (this.#failure !== null) return;
    this.#pages += 1;
    // ids ascend, and where they do not, equal orders never come here
    while (this.#next !== null && this.#next.pageId < id) await this.#skip(this.#next);
    if (this.#failure !== null) return;
    if (this.#next?.pageId !== id) {
      this.#surplus.add(() => `page ${id} in the stream at byte ${offset}`);
      return;
    }
    const expected = this.#next.offset;
    if (expected !== offset) this.#moved.add(() => `page ${id}: expected ${expected}, received ${offset}`);
    await this.#advance();
  }

  /** What differs, a sentence each; after the last page of the dump. */
  async problems(): Promise<string[]> {
    if (!this.#isStarted) await this.#advance();
    while (this.#next !== null && this.#failure === null) await this.#skip(this.#next);
    return [
      ...(this.#failure === null ? [] : [`the multistream index cannot be compared: ${this.#failure}`]),
      ...this.#missing.describe('pages of the multistream index are missing in the dump, or cannot be read'),
      ...this.#surplus.describe('pages of the dump are not in the multistream index, or not at that place'),
      ...this.#moved.describe('pages are in streams at other bytes than the multistream index has'),
    ];
  }

  /** Ends the reading of the index; may be called twice. */
  async close(): Promise<void> {
    await this.#entries.return?.();
  }

  async #skip({ pageId, offset }: IndexEntry): Promise<void> {
    this.#missing.add(() => `page ${pageId} in the stream at byte ${offset}`);
    await this.#advance();
  }

  async #advance(): Promise<void> {
    this.#isStarted = true;
    try {
      const { done, value } = await this.#entries.next();
      this.#next = done === true ? null : value;
    } catch (error) {
      // the dump is converted all the same
      this.#failure ??= messageOf(error);
      this.#next = null;
    }
  }

  /** The last header before a block. */
  #streamOf(block: number): number {
    let at = 0;
    while (at + 1 < this.#streams.length && this.#streams[at + 1]! * 8 < block) at += 1;
    if (at > 0) this.#streams = this.#streams.slice(at);
    return this.#streams[0] ?? 0;
  }
}

/**
 * Compares an index with the orders of a dump's splits, as receipts have them: the number of pages, their ids and order, and
 * that each split's first page is not before its stream. Reads neither dump nor rows. The first split that differs is
 * named; behind it only the numbers of pages are compared. Returns what differs, a sentence each. Memory: one entry.
 */
export async function compareOrders(
  entries: AsyncIterable<IndexEntry>,
  orders: AsyncIterable<PageOrder | null>,
): Promise<string[]> {
  const rest = entries[Symbol.asyncIterator]();
  const problems: string[] = [];
  let [indexed, found, split] = [0, 0, -1];
  try {
    for await (const order of orders) {
      split += 1;
      if (order === null) continue;
      found += order.pages;
      if (problems.length > 0) continue;
      const part = await takeEntries(rest, order.pages);
      indexed += part.pages;
      const { first, last, fold } = order;
      const isEqual = part.pages === order.pages && part.fold === fold && part.first?.pageId === first.id;
      const isPlaced = part.first === null || 8 * part.first.offset < first.at.block;
      if (isEqual && isPlaced) continue;
      const entry =
        part.first === null ? 'none' : `page ${part.first.pageId} in the stream at byte ${part.first.offset}`;
      problems.push(
        `split ${split} differs from the multistream index: expected ${part.pages} pages from ${entry} to page ` +
          `${part.last ?? 'none'}; received ${order.pages} from page ${first.id} in the block at bit ` +
          `${first.at.block} to page ${last}`,
      );
    }
    indexed += (await takeEntries(rest, Infinity)).pages;
    if (indexed !== found) problems.push(`the multistream index has ${indexed} pages, the dump ${found}`);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    problems.push(`the multistream index cannot be compared: ${error.message}`);
  } finally {
    await rest.return?.();
  }
  return problems;
}

async function takeEntries(
  entries: AsyncIterator<IndexEntry>,
  count: number,
): Promise<{ first: IndexEntry | null; last: number | null; pages: number; fold: number }> {
  let [first, last, pages, fold]: [IndexEntry | null, number | null, number, number] = [null, null, 0, 0];
  while (pages < count) {
    const { done, value } = await entries.next();
    if (done === true) break;
    first ??= value;
    last = value.pageId;
    pages += 1;
    fold = foldIds(fold, value.pageId);
  }
  return { first, last, pages, fold };
}
