import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';

/** Of rows that are lines: throws a `UsageError` where this Node has no zstd. */
export function checkDecodable(compression: Compression): void {
  if (compression === 'snappy') throw new UsageError('FORMAT_REFUSED', 'no lines are snappy');
  // Node 20 has none
  if (compression !== 'zstd' || typeof zlib.createZstdDecompress === 'function') return;
  throw new UsageError(
    'ZSTD_UNAVAILABLE',
    `the rows are zstd, which needs Node 22.15 or newer to be read; this is ${process.version}`,
  );
}

async function unzstd(member: Buffer, options: zlib.ZstdOptions): Promise<Buffer> {
  return await promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)(member, options);
}

/** A member's rows, all at once; `maxBytes` bounds them. Throws what zlib throws where it is no whole member. */
export async function decodeMember(member: Buffer, compression: Compression, maxBytes: number): Promise<Buffer> {
  if (compression === 'none') return member;
  checkDecodable(compression);
  const options = { maxOutputLength: maxBytes };
  return await (compression === 'gzip' ? promisify(zlib.gunzip)(member, options) : unzstd(member, options));
}
