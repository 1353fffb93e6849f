import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';

/**
 * Compressed bytes that are handed over at once. The library's memory of some MB is given back when V8 collects, and V8 knows
 * only of these: with 256 KiB a process that compresses page by page takes 70 MB more.
 */
const CHUNK_BYTES = 1280 * 1024;

/** What is compressed by itself: a page of Parquet, or a member of JSON Lines. */
export type Unit = 'page' | 'member';

/**
 * Throws a `UsageError` where this Node has no zstd: Node 20. A member has the strategy of level 1 with a larger table: a
 * quarter faster than level 3, which pages have, for 4 % more bytes. A page has the checksum of its header.
 */
export function zstdOptions(unit: Unit): zlib.ZstdOptions {
  if (typeof zlib.zstdCompress !== 'function') {
    throw new UsageError(
      'ZSTD_UNAVAILABLE',
      `zstd needs Node 22.15 or newer, this is ${process.version}; gzip works everywhere`,
    );
  }
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = zlib.constants;
  const { ZSTD_c_windowLog: windowLog, ZSTD_c_hashLog: hashLog } = zlib.constants;
  const params =
    unit === 'page' ? { [level]: 3, [windowLog]: 20 } : { [level]: 1, [windowLog]: 20, [hashLog]: 17, [checksum]: 1 };
  return { chunkSize: CHUNK_BYTES, params };
}

/** Throws a `UsageError` where this Node cannot compress so. */
export function checkCompression(compression: Compression): void {
  if (compression === 'zstd') zstdOptions('page');
}
