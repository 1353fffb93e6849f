import { compressOf } from '@wikifleet/compression/compress';
import { GrowingBytes } from '@wikifleet/compression/growing-bytes';
import { PermanentError, messageOf } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import type { Field } from '@wikifleet/domain/row-columns';
import { ColumnChunkWriter } from './column-chunk-writer.js';
import type { ChunkFacts } from './column-chunk-writer.js';
import { leavesOf } from './schema.js';
import { Cursor, fieldReaders } from './shredder.js';
import type { FieldReader } from './shredder.js';

/** Bytes of rows, as values, in a row group. */
export const ROW_GROUP_BYTES = 10 * 1024 * 1024;
/** Rows in a row group: short ones are more than a reader wants at once. */
export const ROW_GROUP_ROWS = 64 * 1024;
/** Memory of compressed pages that is kept for the next row group. */
const MAX_KEPT_BYTES = ROW_GROUP_BYTES;

export interface EncodedRowGroup {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** What the footer says of each column's chunk, in the order in which they follow each other. */
  readonly chunks: readonly ChunkFacts[];
}

/**
 * Encodes row groups, each a function of its rows, the compression and the columns alone. Memory: an open page and a
 * dictionary a column, 1 MiB each at most, but for one text that is larger, and the compressed row group, twice.
 */
export class RowGroupEncoder {
  readonly #pages = new GrowingBytes();
  readonly #chunks: readonly ColumnChunkWriter[];
  readonly #fields: readonly FieldReader[];

  /** Throws a `UsageError` where this Node cannot do it. */
  constructor(compression: Compression, columns: readonly Field[]) {
    const compress = compressOf(compression, 'page');
    this.#chunks = leavesOf(columns).map((leaf) => new ColumnChunkWriter(leaf, compress, this.#pages));
    this.#fields = fieldReaders(columns, this.#chunks.values());
  }

  /** Of rows as values, one at least. Throws a `PermanentError` `ROW_UNFIT` where they are no rows. */
  encode(rows: Uint8Array): EncodedRowGroup {
    this.#pages.clear(MAX_KEPT_BYTES);
    const count = this.#shred(rows);
    const chunks = this.#chunks.map((chunk) => chunk.finish());
    const bytes = new Uint8Array(chunks.reduce((sum, { facts }) => sum + facts.length, 0));
    let at = 0;
    for (const { ranges } of chunks) {
      for (const { from, to } of ranges) {
        bytes.set(this.#pages.buffer.subarray(from, to), at);
        at += to - from;
      }
    }
    return { bytes, rows: count, chunks: chunks.map(({ facts }) => facts) };
  }

  #shred(rows: Uint8Array): number {
    const cursor = new Cursor(rows);
    let count = 0;
    try {
      for (; cursor.at < rows.length; count += 1) {
        for (let i = 0; i < this.#fields.length; i += 1) this.#fields[i]!.read(cursor, 0, 0);
        for (let i = 0; i < this.#chunks.length; i += 1) if (this.#chunks[i]!.isPageFull) this.#chunks[i]!.closePage();
      }
    } catch (error) {
      // what was read of the row group is of no use
      for (const chunk of this.#chunks) chunk.finish();
      const place = `row ${count} of its row group`;
      throw new PermanentError('ROW_UNFIT', `${place}: ${messageOf(error)}`, { cause: error, place });
    }
    return count;
  }
}
