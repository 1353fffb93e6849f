import * as zlib from 'node:zlib';
import type { Decompress } from '@wikifleet/compression/decompress';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { checkThrift } from './thrift-bounds.js';

/** The most that a page of ours decompresses to: a row's text, and what shares its page. */
const MOST_PAGE_BYTES = 128 * 1024 * 1024;

const PAGE_TYPES: Readonly<Record<number, 'dictionary' | 'data'>> = { 2: 'dictionary', 3: 'data' };

/** A page of a row group. */
export interface Page {
  readonly kind: 'dictionary' | 'data';
  /** How the values stand, a number of parquet.thrift. */
  readonly encoding: number;
  /** Of a dictionary, or of a data page with those that are null; the rows of a data page. */
  readonly values: number;
  readonly nulls: number;
  readonly rows: number;
  /** Bytes as they stand, and without compression. */
  readonly length: number;
  readonly size: number;
  /** Of the page's bytes as they stand, signed; null in parts that were written before pages had one. */
  readonly crc: number | null;
  /** Bytes before the values, which are never compressed: where they repeat, and where they are null. */
  readonly repetitions: number;
  readonly definitions: number;
}

/** A page that was read: in which column, from which byte of the row group to which, its levels, and its values. */
export interface ReadPage {
  readonly page: Page;
  readonly column: number;
  readonly start: number;
  readonly end: number;
  readonly levels: Uint8Array;
  readonly values: Uint8Array;
}

/**
 * What is wrong with the bytes of a row group of `rows` rows, or null: column chunks follow each other, each an optional
 * dictionary and data pages (version 2) that decompress to the size that they say and have the rows together.
 * Each page is given to `onPage`, which may throw. Memory: a page, of 128 MiB at most.
 */
export function rowGroupProblem(
  bytes: Uint8Array,
  rows: number,
  decompress: Decompress,
  onPage: (read: ReadPage) => void = () => {},
): string | null {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  for (let column = 0; column === 0 || reader.offset < bytes.length; column += 1) {
    for (let seen = 0; seen < rows;) {
      const at = reader.offset;
      const page = readHeader(reader);
      const body = bytes.subarray(reader.offset, reader.offset + page.length);
      reader.offset += page.length;
      const border = page.repetitions + page.definitions;
      if (body.length < page.length || border > Math.min(page.length, page.size) || page.size > MOST_PAGE_BYTES)
        return `page at byte ${at}: expected ${page.length} bytes, received ${body.length}`;
      if (page.crc !== null && page.crc !== (zlib.crc32(body) | 0))
        return `page at byte ${at}: its bytes do not have the CRC of its header`;
      const size = page.size - border;
      const values = decompress(body.subarray(border), size);
      if (values.length !== size) return `page at byte ${at}: expected ${size} bytes, received ${values.length}`;
      seen += page.rows;
      if (seen > rows) return `column ${column}: expected ${rows} rows, received ${seen}`;
      onPage({ page, column, start: at, end: reader.offset, levels: body.subarray(0, border), values });
    }
  }
  return null;
}

/** `PageHeader` of parquet.thrift. */
function readHeader(reader: { view: DataView; offset: number }): Page {
  const at = reader.offset;
  const { buffer, byteOffset, byteLength } = reader.view;
  checkThrift(new Uint8Array(buffer, byteOffset, byteLength), at);
  const header = deserializeTCompactProtocol(reader);
  const { field_1: type, field_2: size, field_3: length, field_4: crc, field_7: dictionary, field_8: data } = header;
  const kind = PAGE_TYPES[type as number];
  const page =
    kind === 'data'
      ? {
          values: data?.field_1,
          nulls: data?.field_2,
          rows: data?.field_3,
          encoding: data?.field_4,
          definitions: data?.field_5,
          repetitions: data?.field_6,
        }
      : {
          values: dictionary?.field_1,
          nulls: 0,
          rows: 0,
          encoding: dictionary?.field_2,
          definitions: 0,
          repetitions: 0,
        };
  const numbers = [length, size, ...Object.values(page)];
  if (
    kind === undefined ||
    numbers.some((n) => !Number.isSafeInteger(n) || n < 0) ||
    (kind === 'data' && page.rows === 0)
  )
    throw new RangeError(`expected the header of a page at byte ${at} of a row group`);
  if (kind === 'data' && data.field_7 === false)
    throw new RangeError(`expected the page at byte ${at} of a row group to be compressed as the others`);
  return { kind, length, size, crc: crc === undefined ? null : Number(crc), ...page };
}
