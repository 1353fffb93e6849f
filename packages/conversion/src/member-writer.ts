import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import type { Member } from '@wikifleet/domain/receipts';
import type { RowChunk } from '@wikifleet/mediawiki/page-converter';

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
  #pending: Uint8Array[] = [];
  #bytes = 0;
  #rows = 0;
  #firstPageId = 0;
  #lastPageId = 0;
  #offset = 0;
  readonly #members: Member[] = [];
  /** Members under compression, in order. */
  readonly #underWay: Promise<Uint8Array>[] = [];
  readonly #waiting: Omit<Member, 'offset' | 'length'>[] = [];

  constructor(sink: ByteSink, compression: Compression) {
    this.#sink = sink;
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
        if (this.#rows === 0) this.#firstPageId = page.id;
        this.#lastPageId = page.id;
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
    this.#waiting.push({ rows: this.#rows, firstPageId: this.#firstPageId, lastPageId: this.#lastPageId });
    this.#pending = [];
    this.#bytes = 0;
    this.#rows = 0;
    while (this.#underWay.length >= PARALLEL) await this.#write();
  }

  async #write(): Promise<void> {
    const packed = await this.#underWay.shift();
    const facts = this.#waiting.shift();
    if (packed === undefined || facts === undefined) return;
    this.#members.push({ offset: this.#offset, length: packed.length, ...facts });
    this.#offset += packed.length;
    await this.#sink.write(packed);
  }

  /** Writes what has gathered as the last member; nothing where there is nothing. */
  async finish(): Promise<void> {
    await this.#close();
    while (this.#underWay.length > 0) await this.#write();
  }
}
