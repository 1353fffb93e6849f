import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';

/** Packed bytes that are handed over at once. */
const CHUNK_BYTES = 256 * 1024;
const ZSTD_LEVEL = 3;

/** Throws a `UsageError` where this Node has no zstd: Node 20. */
export function zstdOptions(): zlib.ZstdOptions {
  if (typeof zlib.zstdCompress !== 'function') {
    throw new UsageError(
      'ZSTD_UNAVAILABLE',
      `zstd needs Node 22.15 or newer, this is ${process.version}; gzip works everywhere`,
    );
  }
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  return { chunkSize: CHUNK_BYTES, params: { [ZSTD_c_compressionLevel]: ZSTD_LEVEL, [ZSTD_c_checksumFlag]: 1 } };
}

/** Throws a `UsageError` where this Node cannot compress so. */
export function checkCompression(compression: Compression): void {
  if (compression === 'zstd') zstdOptions();
}
