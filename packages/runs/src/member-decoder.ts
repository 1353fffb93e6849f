import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { Compression, Settings } from '@wikifleet/domain/plan';
import { checkZstd } from './check-zstd.js';
import { linesOf } from './page-rows.js';
import { MOST_GROUP_BYTES, linesOfRowGroup } from './row-group-lines.js';
import { decompressorOf } from './row-group-problem.js';

/** Of rows that are lines: throws a `UsageError` where this Node has no zstd. */
export function checkDecodable(compression: Compression): void {
  if (compression === 'snappy') throw new UsageError('FORMAT_REFUSED', 'no lines are snappy');
  if (compression === 'zstd') checkZstd();
}

async function unzstd(member: Buffer, options: zlib.ZstdOptions): Promise<Buffer> {
  return await promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)(member, options);
}

/** Rows of one member, in JSON Lines each with its newline. */
export interface MemberDecoder {
  /** A member as it stands has no more. */
  readonly maxBytes: number;
  /** Of a member of `rows` rows; throws, at once or in the iteration, where it is no whole one. */
  lines(member: Buffer, rows: number): Promise<Iterable<Buffer>>;
}

/** A member of lines is 4 MiB of rows and one more, of a revision of 64 MiB at most. */
const MAX_LINES_BYTES = 256 * 1024 * 1024;

/** Throws a `UsageError` where this Node cannot do it. */
export function memberDecoder({ format, compression, plainText }: Settings): MemberDecoder {
  if (format === 'parquet') {
    decompressorOf(compression);
    const lines: MemberDecoder['lines'] = async (member, rows) =>
      bounded(await linesOfRowGroup(member, rows, compression, plainText), MAX_LINES_BYTES);
    return { maxBytes: MOST_GROUP_BYTES, lines };
  }
  checkDecodable(compression);
  const lines: MemberDecoder['lines'] = async (member) => linesOf(await decode(member, compression, MAX_LINES_BYTES));
  return { maxBytes: MAX_LINES_BYTES, lines };
}

/** A dictionary gives a text as often as it likes. */
function* bounded(lines: Iterable<Buffer>, maxBytes: number): Generator<Buffer> {
  let size = 0;
  for (const line of lines) {
    size += line.length;
    if (size > maxBytes) throw new RangeError(`expected at most ${maxBytes} bytes of rows, received more`);
    yield line;
  }
}

async function decode(member: Buffer, compression: Compression, maxBytes: number): Promise<Buffer> {
  if (compression === 'none') return member;
  const options = { maxOutputLength: maxBytes };
  return await (compression === 'gzip' ? promisify(zlib.gunzip)(member, options) : unzstd(member, options));
}
