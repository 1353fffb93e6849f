import { decompressOf } from '@wikifleet/compression/decompress';
import type { Decompress } from '@wikifleet/compression/decompress';
import type { Compression } from '@wikifleet/domain/plan';
import { rowColumns } from '@wikifleet/domain/row-columns';
import type { ColumnChoice, Field } from '@wikifleet/domain/row-columns';
import { parquetRead } from 'hyparquet';
import type { ColumnChunk, DecodedArray, FileMetaData } from 'hyparquet';
import { checkPageValues } from './page-values.js';
import { ROW_GROUP_ROWS } from './row-group-encoder.js';
import { rowGroupProblem } from './row-group-problem.js';
import { CODECS, PHYSICAL_TYPES, leavesOf, parquetSchema } from './schema.js';
import type { Leaf } from './schema.js';

/** Of a row group, as it stands and without compression: more than one of ours has, whose last row is of 64 MiB. */
export const MAX_GROUP_BYTES = 128 * 1024 * 1024;
/** Values of a column that repeats within a row: a slot has 44 bytes at least, and 35 in the XML of a revision of 32 MiB. */
export const MAX_VALUES = 1_500_000;

/** Of each leaf, its values, a row each: of what repeats a list of them. */
type Values = readonly (readonly unknown[])[];

/**
 * The rows of a row group as JSON Lines has them, each with its newline, made as they are asked for. It is read by its pages
 * and our own schema, not by the footer of its file. Throws what says where it is none of `rows` rows in our columns, at
 * once or in the iteration. Memory: its values and their pages, which `MAX_GROUP_BYTES`, `ROW_GROUP_ROWS` and `MAX_VALUES`
 * bound: 50 to 90 MiB for 16 MiB of values, 440 MiB with a text of 64 MiB.
 */
export async function linesOfRowGroup(
  bytes: Uint8Array,
  rows: number,
  compression: Compression,
  choice: ColumnChoice,
): Promise<Iterable<Buffer>> {
  const decompress = decompressOf(compression);
  const columns = rowColumns(choice);
  const leaves = leavesOf(columns);
  const chunks = columnChunks(leaves, bytes, rows, compression, decompress);
  const values = await readValues(columns, leaves, bytes, rows, chunks, decompress);
  return linesOf(columns, leaves, values, rows);
}

/** Where each column begins and ends, once all of its pages are checked. */
function columnChunks(
  leaves: readonly Leaf[],
  bytes: Uint8Array,
  rows: number,
  compression: Compression,
  decompress: Decompress,
): ColumnChunk[] {
  if (bytes.length > MAX_GROUP_BYTES || rows > ROW_GROUP_ROWS)
    throw new RangeError(`expected at most ${MAX_GROUP_BYTES} bytes and ${ROW_GROUP_ROWS} rows, received ${rows} rows`);
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
    if (range.values > MAX_VALUES || size > MAX_GROUP_BYTES)
      throw new RangeError(
        `expected at most ${MAX_GROUP_BYTES} bytes and ${MAX_VALUES} values a column, received more`,
      );
    checkPageValues(read, leaf);
  });
  if (problem !== null) throw new RangeError(problem);
  if (ranges.length !== leaves.length)
    throw new RangeError(`expected ${leaves.length} columns, received ${ranges.length}`);
  return ranges.map(({ start, end, values }, i) => ({
    file_offset: BigInt(start),
    meta_data: {
      type: PHYSICAL_TYPES[leaves[i]!.kind],
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
  all: readonly Field[],
  leaves: readonly Leaf[],
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
  return [...values.values()].map((pages) => pages.flatMap((page) => Array.from<unknown>(page)));
}

function* linesOf(columns: readonly Field[], leaves: readonly Leaf[], values: Values, rows: number): Generator<Buffer> {
  for (const [i, { length }] of values.entries())
    if (length !== rows)
      throw new RangeError(`${leaves[i]?.path.join('.')}: expected ${rows} rows, received ${length}`);
  const numbers = leaves.keys();
  const readers = columns.map((column) => [column.name, readerOf(column, numbers)] as const);
  for (let row = 0; row < rows; row += 1) {
    const leafValue = (leaf: number): unknown => values[leaf]?.[row];
    const cells = Object.fromEntries(readers.map(([name, reader]) => [name, reader.read(leafValue)]));
    checkSlots(cells['revision_content_slots']);
    yield Buffer.from(`${JSON.stringify(cells)}\n`);
  }
}

/** The first slot is the main one. */
function checkSlots(slots: unknown): void {
  const [first] = Object.keys(slots as object);
  if (first !== 'main')
    throw new RangeError(`revision_content_slots: expected main and other roles, received ${String(first)} first`);
}

/** Puts the value of a field together from those of its leaves, in the row or the entry that `leafValue` gives. */
interface Reader {
  /** Of the leaves of the field. */
  readonly firstLeaf: number;
  readonly read: (leafValue: (leaf: number) => unknown) => unknown;
}

function readerOf(field: Field, numbers: Iterator<number>): Reader {
  const { name, type } = field;
  if (typeof type === 'string') {
    const leaf = numbers.next().value as number;
    return { firstLeaf: leaf, read: (leafValue) => cellOf(leafValue(leaf), field) };
  }
  if ('struct' in type) {
    const fields = type.struct.map((child) => [child.name, readerOf(child, numbers)] as const);
    const read: Reader['read'] = (leafValue) =>
      Object.fromEntries(fields.map(([child, reader]) => [child, reader.read(leafValue)]));
    return { firstLeaf: fields[0]?.[1].firstLeaf ?? -1, read };
  }
  if ('list' in type) {
    const entry = readerOf(type.list, numbers);
    return {
      firstLeaf: entry.firstLeaf,
      read: (leafValue) => entriesOf(field, entry.firstLeaf, leafValue, entry.read),
    };
  }
  const [key, value] = [readerOf(type.map.key, numbers), readerOf(type.map.value, numbers)];
  const read: Reader['read'] = (leafValue) => {
    const pairs = entriesOf(field, key.firstLeaf, leafValue, (inEntry) => [key.read(inEntry), value.read(inEntry)]);
    if (pairs === null) return null;
    const object = Object.fromEntries(pairs as [string, unknown][]);
    if (Object.keys(object).length === pairs.length) return object;
    throw new RangeError(`${name}: expected main and other roles, each once, received one twice`);
  };
  return { firstLeaf: key.firstLeaf, read };
}

/** What becomes of each entry of a list or a map; null where there is no list. */
function entriesOf(
  { name, nullable }: Field,
  firstLeaf: number,
  leafValue: (leaf: number) => unknown,
  read: Reader['read'],
): unknown[] | null {
  const first = leafValue(firstLeaf);
  if (nullable && (first === null || first === undefined)) return null;
  const { length } = listOf(name, first);
  return Array.from({ length }, (_, i) => read((leaf) => listOf(name, leafValue(leaf), length)[i]));
}

function listOf(name: string, value: unknown, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value as unknown[];
  throw new RangeError(`${name}: expected ${length ?? 'some'} entries`);
}

/** As JSON has it; an index that no dictionary has is undefined here. */
function cellOf(value: unknown, { name, type, nullable }: Field): string | number | boolean | null {
  if (value === null && nullable) return null;
  if (type === 'integer' && typeof value === 'bigint') return Number(value);
  if (type === 'string' && typeof value === 'string') return value;
  if (type === 'boolean' && typeof value === 'boolean') return value;
  throw new RangeError(
    `${name}: expected ${JSON.stringify(type)}${nullable ? ' or null' : ''}, received ${typeof value}`,
  );
}
