import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Compression } from '@wikifleet/domain/plan';
import { checkDecodable } from './json-lines-check.js';
import type { MemberDecoder } from './output-formats.js';

const NEWLINE = 0x0a;
/** A member is 4 MiB of rows and one more, of a revision of 64 MiB at most. */
export const MAX_LINES_BYTES = 256 * 1024 * 1024;

/** Throws a `UsageError` where this Node cannot do it. */
export function jsonLinesDecoder(compression: Compression): MemberDecoder {
  checkDecodable(compression);
  return { maxBytes: MAX_LINES_BYTES, lines: async (member) => linesOf(await decode(member, compression)) };
}

async function decode(member: Buffer, compression: Compression): Promise<Buffer> {
  const options = { maxOutputLength: MAX_LINES_BYTES };
  if (compression === 'none') return member;
  if (compression === 'gzip') return await promisify(zlib.gunzip)(member, options);
  return await promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)(member, options);
}

/** Each with its newline, if it has one. */
function* linesOf(rows: Buffer): Generator<Buffer> {
  for (let at = 0; at < rows.length;) {
    const newline = rows.indexOf(NEWLINE, at);
    const end = newline < 0 ? rows.length : newline + 1;
    yield rows.subarray(at, end);
    at = end;
  }
}
