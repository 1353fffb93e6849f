import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { IndexedPage } from '@wikifleet/domain/page-index';
import type { Compression } from '@wikifleet/domain/plan';
import type { Member } from '@wikifleet/domain/receipts';
import type { ChunkPage, RowChunk } from '@wikifleet/mediawiki/page-converter';

/** A member is closed at the first row after this many bytes of rows. */
export const MEMBER_BYTES = 4 * 1024 * 1024;

/** Where bytes go; they are taken when it resolves. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

/** Members under compression at once: as many as libuv has threads for it. */
const PARALLEL = 4;

type Compress = (bytes: Uint8Array) => Promise<Uint8Array>;

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);

/** Level 1: a third of the time of level 6 for an eighth more bytes. */
const GZIP_OPTIONS = { level: 1, memLevel: 9 };
const ZSTD_LEVEL = 3;

/** Throws a `UsageError` where this Node cannot do it. */
export function compressorOf(compression: Compression): Compress {
  switch (compression) {
    case 'none':
      return async (bytes) => await Promise.resolve(bytes);
    case 'gzip':
      return async (bytes) => await gzip(bytes, GZIP_OPTIONS);
    case 'zstd': {
      // Node 20 has none
      if (typeof zlib.zstdCompress !== 'function') {
        throw new UsageError(
          'ZSTD_UNAVAILABLE',
          `zstd needs Node 22.15 or newer, this is ${process.version}; gzip works everywhere`,
        );
      }
      const compress = promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
      const params = { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [zlib.constants.ZSTD_c_checksumFlag]: 1 };
      return async (bytes) => await compress(bytes, { params });
    }
  }
}

/**
 * Writes rows as members, each a gzip member or a zstd frame of its own, so that a reader can begin at any of them. The
 * cut follows from the rows alone: a member is closed behind the first row that brings it over `MEMBER_BYTES`. Members
 * are compressed beside each other (in libuv's threads), and written in order. Memory: `PARALLEL` members of
 * `MEMBER_BYTES` and a row.
 */
export class MemberWriter {
  readonly #sink: ByteSink;
  readonly #compress: Compress;
  readonly #onMember: ((pages: readonly IndexedPage[]) => Promise<void>) | undefined;
  #pending: Uint8Array[] = [];
  #bytes = 0;
  #rows = 0;
  #firstPageId = 0;
  #lastPageId = 0;
  /** Pages of the member that is being gathered; kept where somebody wants them. */
  #pages: IndexedPage[] = [];
  #offset = 0;
  readonly #members: Member[] = [];
  /** Members under compression, in order. */
  readonly #underWay: Promise<Uint8Array>[] = [];
  readonly #waiting: (Omit<Member, 'offset' | 'length'> & { readonly pages: readonly IndexedPage[] })[] = [];

  /** `onMember` is told the pages of each member, in order, before the member is written. */
  constructor(sink: ByteSink, compression: Compression, onMember?: (pages: readonly IndexedPage[]) => Promise<void>) {
    this.#sink = sink;
    this.#onMember = onMember;
    this.#compress = compressorOf(compression);
  }

  /** Those that are written. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Takes whole rows; their bytes must stay as they are. */
  async add(chunk: RowChunk): Promise<void> {
    let row = 0;
    let taken = 0;
    for (const page of chunk.pages) {
      for (let i = 0; i < page.rows; i += 1, row += 1) {
        if (this.#onMember !== undefined && (this.#rows === 0 || (i === 0 && !this.#endsWith(page))))
          this.#pages.push([page.id, page.title]);
        this.#firstPageId = this.#rows === 0 ? page.id : Math.min(this.#firstPageId, page.id);
        this.#lastPageId = this.#rows === 0 ? page.id : Math.max(this.#lastPageId, page.id);
        this.#rows += 1;
        const end = chunk.ends[row]!;
        if (this.#bytes + end - taken <= MEMBER_BYTES) continue;
        this.#take(chunk.bytes.subarray(taken, end));
        taken = end;
        await this.#close();
      }
    }
    this.#take(chunk.bytes.subarray(taken));
  }

  /** Whether the last row is the page's, too: its rows may come in several chunks. */
  #endsWith({ id, title }: ChunkPage): boolean {
    const last = this.#pages.at(-1);
    return last?.[0] === id && last[1] === title;
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
  }

  async #close(): Promise<void> {
    if (this.#rows === 0) return;
    const compressed = this.#compress(Buffer.concat(this.#pending, this.#bytes));
    // it is looked at when it is written
    compressed.catch(() => {});
    this.#underWay.push(compressed);
    const [rows, firstPageId, lastPageId, pages] = [this.#rows, this.#firstPageId, this.#lastPageId, this.#pages];
    this.#waiting.push({ rows, firstPageId, lastPageId, pages });
    this.#pages = [];
    this.#pending = [];
    this.#bytes = 0;
    this.#rows = 0;
    while (this.#underWay.length >= PARALLEL) await this.#write();
  }

  async #write(): Promise<void> {
    const packed = await this.#underWay.shift();
    const facts = this.#waiting.shift();
    if (packed === undefined || facts === undefined) return;
    const { pages, ...member } = facts;
    await this.#onMember?.(pages);
    this.#members.push({ offset: this.#offset, length: packed.length, ...member });
    this.#offset += packed.length;
    await this.#sink.write(packed);
  }

  /** Writes what has gathered as the last member; nothing where there is nothing. */
  async finish(): Promise<void> {
    await this.#close();
    while (this.#underWay.length > 0) await this.#write();
  }
}
