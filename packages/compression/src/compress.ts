import * as zlib from 'node:zlib';
import type { Compression } from '@wikifleet/domain/plan';
import { compressionKernel } from './compression-kernel.js';
import { zstdOptions } from './compressors.js';
import type { Unit } from './compressors.js';
import { gzip } from './gzip.js';
import type { GrowingBytes } from './growing-bytes.js';

/** Appends bytes, compressed by themselves. */
export type Compress = (bytes: Uint8Array, to: GrowingBytes) => void;

/** Throws a `UsageError` where this Node cannot do it. */
export function compressOf(compression: Compression, unit: Unit): Compress {
  switch (compression) {
    case 'none':
      return (bytes, to) => to.append(bytes);
    case 'snappy':
      return (bytes, to) => compressionKernel().snappy(bytes, to);
    case 'gzip':
      return gzip;
    case 'zstd': {
      const options = zstdOptions(unit);
      return (bytes, to) => to.append(zlib.zstdCompressSync(bytes, options));
    }
  }
}
