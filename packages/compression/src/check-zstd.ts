import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';

/** Throws a `UsageError` where this Node cannot read zstd; Node 20 cannot. */
export function checkZstd(): void {
  if (typeof zlib.zstdDecompress === 'function') return;
  throw new UsageError(
    'ZSTD_UNAVAILABLE',
    `the rows are zstd, which needs Node 22.15 or newer to be read; this is ${process.version}`,
  );
}
