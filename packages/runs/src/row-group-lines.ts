import { CODECS, parquetSchema, rowColumns } from '@wikifleet/conversion/parquet-schema';
import type { RowColumn, ScalarColumn } from '@wikifleet/conversion/parquet-schema';
import type { Compression } from '@wikifleet/domain/plan';
import { parquetRead } from 'hyparquet';
import type { ColumnChunk, DecodedArray, FileMetaData } from 'hyparquet';
import { checkPageValues } from './page-values.js';
import type { Leaf } from './page-values.js';
import { decompressorOf, rowGroupProblem } from './row-group-problem.js';
import type { Decompress } from './row-group-problem.js';

/** Of a row group, as it stands and without compression: more than one of ours has, whose last row is of 64 MiB. */
export const MOST_GROUP_BYTES = 128 * 1024 * 1024;
/** 16 MiB of rows as JSON, and one more, are 30,000 rows, or have 134,000 slots, at most. */
const MOST_ROWS = 64 * 1024;
const MOST_VALUES = 256 * 1024;

const TYPES = { string: 'BYTE_ARRAY', integer: 'INT64', boolean: 'BOOLEAN' } as const;

/** A run's columns, and what of them has values in Parquet. */
interface Table {
  readonly columns: readonly RowColumn[];
  readonly leaves: readonly Leaf[];
}

function tableOf(columns: readonly RowColumn[]): Table {
  const leaves = columns.flatMap((column): Leaf[] => {
    if (column.kind !== 'slots') return [{ ...column, path: [column.name], repeated: false }];
    const { name, columns: slots } = column;
    return [
      { path: [name, 'key_value', 'key'], kind: 'string', nullable: false, repeated: true },
      ...slots.map((slot) => ({ ...slot, path: [name, 'key_value', 'value', slot.name], repeated: true })),
    ];
  });
  return { columns, leaves };
}

const TABLE = tableOf(rowColumns());
const TABLE_WITH_TEXT = tableOf(rowColumns(['plain_text']));

/** A leaf's values, a row each: of what is repeated a list of them. */
type Values = ReadonlyMap<string, readonly unknown[]>;

/**
 * The rows of a row group as JSON Lines has them, each with its newline, made as they are asked for. It is read by its pages
 * and our own schema, not by the footer of its file. Throws what says where it is none of `rows` rows in our columns, at
 * once or in the iteration. Memory: its values and their pages, which `MOST_GROUP_BYTES`, `MOST_ROWS` and `MOST_VALUES`
 * bound: 50 to 90 MiB for 16 MiB of rows, 440 MiB with a text of 64 MiB.
 */
export async function linesOfRowGroup(
  bytes: Uint8Array,
  rows: number,
  compression: Compression,
  plainText = false,
): Promise<Iterable<Buffer>> {
  const decompress = decompressorOf(compression);
  const table = plainText ? TABLE_WITH_TEXT : TABLE;
  const chunks = columnChunks(table, bytes, rows, compression, decompress);
  return linesOf(table, await readValues(table, bytes, rows, chunks, decompress), rows);
}

/** Where each column begins and ends, once all of its pages are checked. */
function columnChunks(
  { leaves }: Table,
  bytes: Uint8Array,
  rows: number,
  compression: Compression,
  decompress: Decompress,
): ColumnChunk[] {
  if (bytes.length > MOST_GROUP_BYTES || rows > MOST_ROWS)
    throw new RangeError(`expected at most ${MOST_GROUP_BYTES} bytes and ${MOST_ROWS} rows, received ${rows} rows`);
  const ranges: { start: number; end: number; values: number }[] = [];
  let size = 0;
  const problem = rowGroupProblem(bytes, rows, decompress, (read) => {
    const { page, column, start, end } = read;
    const leaf = leaves[column];
    if (leaf === undefined) throw new RangeError(`expected ${leaves.length} columns, received more`);
    const range = (ranges[column] ??= { start, end, values: 0 });
    range.end = end;
    range.values += page.values;
    size += page.size;
    if (range.values > MOST_VALUES || size > MOST_GROUP_BYTES)
      throw new RangeError(
        `expected at most ${MOST_GROUP_BYTES} bytes and ${MOST_VALUES} values a column, received more`,
      );
    checkPageValues(read, leaf);
  });
  if (problem !== null) throw new RangeError(problem);
  if (ranges.length !== leaves.length)
    throw new RangeError(`expected ${leaves.length} columns, received ${ranges.length}`);
  return ranges.map(({ start, end, values }, i) => ({
    file_offset: BigInt(start),
    meta_data: {
      type: TYPES[leaves[i]!.kind],
      encodings: [],
      path_in_schema: [...leaves[i]!.path],
      codec: CODECS[compression],
      num_values: BigInt(values),
      total_uncompressed_size: 0n,
      total_compressed_size: BigInt(end - start),
      data_page_offset: BigInt(start),
    },
  }));
}

async function readValues(
  { columns: all, leaves }: Table,
  bytes: Uint8Array,
  rows: number,
  columns: ColumnChunk[],
  decompress: Decompress,
): Promise<Values> {
  const count = BigInt(rows);
  const metadata: FileMetaData = {
    version: 2,
    schema: parquetSchema(all),
    num_rows: count,
    row_groups: [{ columns, total_byte_size: 0n, num_rows: count }],
    metadata_length: 0,
  };
  const values = new Map(leaves.map(({ path }) => [path.join('.'), [] as DecodedArray[]]));
  // a text may begin with a mark of byte order, which is its own
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  await parquetRead({
    file: { byteLength: bytes.length, slice: (start, end) => Uint8Array.from(bytes.subarray(start, end)).buffer },
    metadata,
    compressors: { SNAPPY: decompress, GZIP: decompress, ZSTD: decompress },
    parsers: { stringFromBytes: (text) => decoder.decode(text) },
    onPage: ({ pathInSchema, columnData }) => void values.get(pathInSchema.join('.'))?.push(columnData),
  });
  return new Map([...values].map(([path, pages]) => [path, pages.flatMap((page) => Array.from<unknown>(page))]));
}

function* linesOf(table: Table, values: Values, rows: number): Generator<Buffer> {
  for (const [path, { length }] of values)
    if (length !== rows) throw new RangeError(`${path}: expected ${rows} rows, received ${length}`);
  const columns = table.columns.map((column) => {
    const { name } = column;
    if (column.kind === 'slots') return [name, slotsReader(name, column.columns, values)] as const;
    const cells = values.get(name);
    return [name, (row: number) => cellOf(cells?.[row], column)] as const;
  });
  for (let row = 0; row < rows; row += 1)
    yield Buffer.from(`${JSON.stringify(Object.fromEntries(columns.map(([name, read]) => [name, read(row)])))}\n`);
}

/** The slots of a row, in the order in which they stand. */
function slotsReader(name: string, columns: readonly ScalarColumn[], values: Values): (row: number) => object {
  const role: ScalarColumn = { name: `a role of ${name}`, kind: 'string', nullable: false };
  const roles = values.get(`${name}.key_value.key`);
  const cells = columns.map((column) => [column, values.get(`${name}.key_value.value.${column.name}`)] as const);
  return (row) => {
    const keys = listOf(roles?.[row]).map((key) => cellOf(key, role));
    const lists = cells.map(([column, lists]) => [column, listOf(lists?.[row], keys.length)] as const);
    if (keys[0] !== 'main' || new Set(keys).size !== keys.length)
      throw new RangeError(`${name}: expected main and other roles, received ${JSON.stringify(keys)}`);
    return Object.fromEntries(
      keys.map((key, at) => [
        key,
        Object.fromEntries(lists.map(([column, list]) => [column.name, cellOf(list[at], column)])),
      ]),
    );
  };
}

function listOf(value: unknown, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value as unknown[];
  throw new RangeError(`expected the values of ${length ?? 'some'} slots`);
}

/** As JSON has it; an index that no dictionary has is undefined here. */
function cellOf(value: unknown, { name, kind, nullable }: ScalarColumn): string | number | boolean | null {
  if (value === null && nullable) return null;
  if (kind === 'integer' && typeof value === 'bigint') return Number(value);
  if (kind === 'string' && typeof value === 'string') return value;
  if (kind === 'boolean' && typeof value === 'boolean') return value;
  throw new RangeError(`${name}: expected ${kind}${nullable ? ' or null' : ''}, received ${typeof value}`);
}
