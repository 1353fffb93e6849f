import * as zlib from 'node:zlib';
import { PermanentError, messageOf } from '@wikifleet/domain/errors';
import { ROWS_VERSION } from '@wikifleet/domain/plan';
import type { Compression } from '@wikifleet/domain/plan';
import type { RowGroup } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import { GZIP_OPTIONS, zstdOptions } from './compressors.js';
import { CODECS, MAGIC, parquetSchema, rowColumns } from './parquet-schema.js';
import type { RowColumn } from './parquet-schema.js';
import { parseRows } from './parse-rows.js';

/** Bytes of a page before it is compressed; a page is one row at least. */
const PAGE_BYTES = 1024 * 1024;

/** In the form by which readers know what wrote a file; it changes with the format of the rows alone. */
const CREATED_BY = `wikifleet version ${ROWS_VERSION}.0.0`;

export interface EncodedRowGroup {
  readonly bytes: Uint8Array;
  /** Its places count from a file that has only the magic before it. */
  readonly group: RowGroup;
}

/** Encodes row groups, each a function of its rows, the compression and the columns alone. */
export class RowGroupEncoder {
  readonly #columns: readonly RowColumn[];
  readonly #compression: Compression;
  readonly #compressors: ConstructorParameters<typeof ParquetWriter>[0]['compressors'];

  /** `optional`: columns that not every run has. Throws a `UsageError` where this Node cannot do it. */
  constructor(compression: Compression, optional: readonly string[]) {
    this.#columns = rowColumns(optional);
    this.#compression = compression;
    const zstd = compression === 'zstd' ? zstdOptions() : null;
    this.#compressors = {
      GZIP: (page) => zlib.gzipSync(page, GZIP_OPTIONS),
      ...(zstd === null ? {} : { ZSTD: (page: Uint8Array) => zlib.zstdCompressSync(page, zstd) }),
    };
  }

  /** Of JSON lines, one at least. Throws a `PermanentError` `ROW_UNFIT` where they are no rows. */
  encode(lines: Uint8Array): EncodedRowGroup {
    const cells = parseRows(lines, this.#columns);
    const rows = cells[0]?.length ?? 0;
    const writer = new ByteWriter(lines.length >> 2);
    const parquet = this.#open(writer);
    try {
      const columnData = this.#columns.map(({ name, kind }, i): ColumnSource => {
        // pages are found by the group, which is small; of slots nobody asks for the least
        const flags = { offsetIndex: false, ...(kind === 'slots' ? { statistics: false } : {}) };
        return { name, data: cells[i] ?? [], ...flags };
      });
      void parquet.write({ columnData, rowGroupSize: rows, pageSize: PAGE_BYTES });
    } catch (error) {
      throw new PermanentError('ROW_UNFIT', `a row group of ${rows} rows: ${messageOf(error)}`, { cause: error });
    }
    const [group, ...others] = parquet.row_groups;
    if (group === undefined || others.length > 0)
      throw new RangeError(`expected a row group of ${rows} rows, received ${parquet.row_groups.length}`);
    return { bytes: writer.getBytes().subarray(MAGIC.length), group };
  }

  /** A file of these row groups without their bytes: the magic, footer and magic. */
  frame(groups: readonly RowGroup[]): Uint8Array {
    const writer = new ByteWriter();
    const parquet = this.#open(writer);
    parquet.row_groups = [...groups];
    parquet.num_rows = groups.reduce((sum, { num_rows: rows }) => sum + rows, 0n);
    void parquet.finish();
    return writer.getBytes();
  }

  #open(writer: ByteWriter): ParquetWriter {
    return new ParquetWriter({
      writer,
      schema: parquetSchema(this.#columns),
      codec: CODECS[this.#compression],
      ...(this.#compressors === undefined ? {} : { compressors: this.#compressors }),
      createdBy: CREATED_BY,
    });
  }
}
