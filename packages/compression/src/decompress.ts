import * as zlib from 'node:zlib';
import type { Compression } from '@wikifleet/domain/plan';
import { checkZstd } from './check-zstd.js';
import { unsnappy } from './unsnappy.js';

/** Decompresses what has `size` bytes; throws where it has others, or is broken. */
export type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

/** Throws a `UsageError` where this Node cannot read it. */
export function checkDecompression(compression: Compression): void {
  if (compression === 'zstd') checkZstd();
}

/** Throws a `UsageError` where this Node cannot do it. */
export function decompressOf(compression: Compression): Decompress {
  switch (compression) {
    case 'none':
      return (bytes) => bytes;
    case 'gzip':
      return (bytes, size) => zlib.gunzipSync(bytes, { maxOutputLength: Math.max(1, size) });
    case 'snappy':
      return unsnappy;
    case 'zstd':
      checkZstd();
      return (bytes, size) => zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size) });
  }
}
