import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import { snappyUncompress } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';

/** Decompresses a page that has `size` bytes; throws where it has others, or is broken. */
export type Decompress = (page: Uint8Array, size: number) => Uint8Array;

/** The most that a page of ours decompresses to: a row's text, and what shares its page. */
const MOST_PAGE_BYTES = 128 * 1024 * 1024;

const PAGE_TYPES: Readonly<Record<number, 'dictionary' | 'data'>> = { 2: 'dictionary', 3: 'data' };

/** Throws a `UsageError` where this Node cannot do it. */
export function decompressorOf(compression: Compression): Decompress {
  switch (compression) {
    case 'none':
      return (page) => page;
    case 'gzip':
      return (page, size) => zlib.gunzipSync(page, { maxOutputLength: Math.max(1, size) });
    case 'snappy':
      return (page, size) => {
        const output = new Uint8Array(size);
        snappyUncompress(page, output);
        return output;
      };
    case 'zstd':
      if (typeof zlib.zstdDecompressSync === 'function')
        return (page, size) => zlib.zstdDecompressSync(page, { maxOutputLength: Math.max(1, size) });
      throw new UsageError(
        'ZSTD_UNAVAILABLE',
        `the rows are zstd, which needs Node 22.15 or newer to be read; this is ${process.version}`,
      );
  }
}

/**
 * What is wrong with the bytes of a row group of `rows` rows, or null: column chunks follow each other, each an optional
 * dictionary and data pages (version 2) that decompress to the size that they say and have the rows together.
 */
export function rowGroupProblem(bytes: Uint8Array, rows: number, decompress: Decompress): string | null {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  for (let column = 0; column === 0 || reader.offset < bytes.length; column += 1) {
    for (let seen = 0; seen < rows;) {
      const at = reader.offset;
      const page = readHeader(reader);
      const body = bytes.subarray(reader.offset, reader.offset + page.length);
      reader.offset += page.length;
      if (body.length < page.length || page.levels > Math.min(page.length, page.size) || page.size > MOST_PAGE_BYTES)
        return `page at byte ${at}: expected ${page.length} bytes, received ${body.length}`;
      const size = page.size - page.levels;
      const unpacked = decompress(body.subarray(page.levels), size).length;
      if (unpacked !== size) return `page at byte ${at}: expected ${size} bytes, received ${unpacked}`;
      seen += page.rows;
      if (seen > rows) return `column ${column}: expected ${rows} rows, received ${seen}`;
    }
  }
  return null;
}

interface Page {
  /** Bytes as they stand, and without compression. */
  readonly length: number;
  readonly size: number;
  /** Bytes before the values, which are never compressed. */
  readonly levels: number;
  readonly rows: number;
}

/** `PageHeader` of parquet.thrift. */
function readHeader(reader: { view: DataView; offset: number }): Page {
  const at = reader.offset;
  const { field_1: type, field_2: size, field_3: length, field_8: data } = deserializeTCompactProtocol(reader);
  const kind = PAGE_TYPES[type as number];
  const [rows, definitions, repetitions] = kind === 'data' ? [data?.field_3, data?.field_5, data?.field_6] : [0, 0, 0];
  const numbers = [length, size, definitions, repetitions, rows];
  if (kind === undefined || numbers.some((n) => !Number.isSafeInteger(n) || n < 0) || (kind === 'data' && rows === 0))
    throw new RangeError(`expected the header of a page at byte ${at} of a row group`);
  return { length, size, levels: definitions + repetitions, rows };
}
