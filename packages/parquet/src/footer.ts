import { GrowingBytes } from '@wikifleet/compression/growing-bytes';
import type { Compression } from '@wikifleet/domain/plan';
import { ROWS_VERSION } from '@wikifleet/domain/plan';
import type { Field } from '@wikifleet/domain/row-columns';
import type { SchemaElement } from 'hyparquet';
import { ENCODINGS, PAGE_TYPES } from './column-chunk-writer.js';
import type { ChunkFacts } from './column-chunk-writer.js';
import type { EncodedRowGroup } from './row-group-encoder.js';
import { MAGIC, leavesOf, parquetSchema } from './schema.js';
import type { Leaf, ScalarKind } from './schema.js';
import type { ChunkStatistics } from './statistics.js';
import { structBytes, writeStruct } from './thrift-writer.js';
import type { ThriftStruct } from './thrift-writer.js';

/** In the form by which readers know what wrote a file; it changes with the format of the rows alone. */
const CREATED_BY = `wikifleet version ${ROWS_VERSION}.0.0`;

// the numbers of parquet.thrift
const FORMAT_VERSION = 2;
const TYPES: Readonly<Record<ScalarKind, number>> = { boolean: 0, integer: 2, string: 6 };
const REPETITIONS = { REQUIRED: 0, OPTIONAL: 1, REPEATED: 2 } as const;
const CONVERTED_TYPES: Readonly<Record<string, number>> = { UTF8: 0, MAP: 1, LIST: 3 };
const LOGICAL_TYPES: Readonly<Record<string, number>> = { STRING: 1, MAP: 2, LIST: 3 };
const CODEC_NUMBERS: Readonly<Record<Compression, number>> = { none: 0, snappy: 1, gzip: 2, zstd: 6 };

/** Gathers what the footer of a file says. Memory: of each row group, some 2 KB. */
export class FooterWriter {
  readonly #columns: readonly Field[];
  readonly #leaves: readonly Leaf[];
  readonly #compression: Compression;
  readonly #groups: Uint8Array[] = [];
  #rows = 0;

  constructor(compression: Compression, columns: readonly Field[]) {
    this.#columns = columns;
    this.#leaves = leavesOf(columns);
    this.#compression = compression;
  }

  /** A row group whose bytes begin at `offset` of the file. */
  add(group: Omit<EncodedRowGroup, 'bytes'>, offset: number): void {
    const { chunks, rows } = group;
    const sum = (of: (chunk: ChunkFacts) => number): number => chunks.reduce((total, chunk) => total + of(chunk), 0);
    const ordinal = this.#groups.length;
    this.#rows += rows;
    this.#groups.push(
      structBytes((row) => {
        let at = offset;
        const places = chunks.map((facts, i) => {
          const place = { facts, leaf: this.#leaves[i]!, offset: at };
          at += facts.length;
          return place;
        });
        row.structs(1, places, (column, { facts, leaf, offset: begin }) => this.#chunk(column, facts, leaf, begin));
        row.i64(
          2,
          sum(({ size }) => size),
        );
        row.i64(3, rows);
        row.i64(5, offset);
        row.i64(
          6,
          sum(({ length }) => length),
        );
        if (ordinal < 2 ** 15) row.i16(7, ordinal);
      }),
    );
  }

  #chunk(column: ThriftStruct, facts: ChunkFacts, leaf: Leaf, offset: number): void {
    const { values, length, size, dictionaryLength, pages, statistics } = facts;
    const levels = leaf.maxDefinition > 0 ? [ENCODINGS.rle] : [];
    const plain = dictionaryLength > 0 ? [ENCODINGS.plain] : [];
    const encodings = [...new Set([...levels, ...plain, ...pages.map(({ encoding }) => encoding)])];
    column.i64(2, 0);
    column.struct(3, (meta) => {
      meta.i32(1, TYPES[leaf.kind]);
      meta.i32s(2, encodings);
      meta.binaries(3, leaf.path);
      meta.i32(4, CODEC_NUMBERS[this.#compression]);
      meta.i64(5, values);
      meta.i64(6, size);
      meta.i64(7, length);
      meta.i64(9, offset + dictionaryLength);
      if (dictionaryLength > 0) meta.i64(11, offset);
      if (statistics !== null) meta.struct(12, (written) => writeStatistics(written, statistics));
      const dictionaryPage = { type: PAGE_TYPES.dictionary as number, encoding: ENCODINGS.plain as number, count: 1 };
      const stats = [
        ...(dictionaryLength > 0 ? [dictionaryPage] : []),
        ...pages.map((page) => ({ type: PAGE_TYPES.data as number, ...page })),
      ];
      meta.structs(13, stats, (written, { type, encoding, count }) => {
        written.i32(1, type);
        written.i32(2, encoding);
        written.i32(3, count);
      });
    });
  }

  /** What stands behind the last row group: the footer, its length, and the magic. */
  end(): Uint8Array {
    const out = new GrowingBytes();
    writeStruct(out, (file) => {
      file.i32(1, FORMAT_VERSION);
      file.structs(2, parquetSchema(this.#columns), writeElement);
      file.i64(3, this.#rows);
      file.writtenStructs(4, this.#groups);
      file.binary(6, CREATED_BY);
      // without it readers must not trust the bounds of strings
      file.structs(7, this.#leaves, (order) => order.struct(1, () => {}));
    });
    const end = Buffer.alloc(4 + MAGIC.length);
    end.writeUInt32LE(out.length, 0);
    end.write(MAGIC, 4, 'latin1');
    out.append(end);
    return out.bytes;
  }
}

function writeStatistics(written: ThriftStruct, { nulls, min, max }: ChunkStatistics): void {
  written.i64(3, nulls);
  if (max !== null) written.binary(5, max.bytes);
  if (min !== null) written.binary(6, min.bytes);
  if (max !== null) written.flag(7, max.isExact);
  if (min !== null) written.flag(8, min.isExact);
}

function writeElement(written: ThriftStruct, element: SchemaElement): void {
  const { type, repetition_type: repetition, name, num_children: children, converted_type: converted } = element;
  if (type !== undefined) written.i32(1, TYPES[KINDS[type]!]);
  if (repetition !== undefined) written.i32(3, REPETITIONS[repetition]);
  written.binary(4, name);
  if (children !== undefined) written.i32(5, children);
  if (converted !== undefined) written.i32(6, CONVERTED_TYPES[converted]!);
  if (element.field_id !== undefined) written.i32(9, element.field_id);
  const logical = element.logical_type?.type;
  if (logical !== undefined) written.struct(10, (union) => union.struct(LOGICAL_TYPES[logical]!, () => {}));
}

const KINDS: Readonly<Record<string, ScalarKind>> = { BYTE_ARRAY: 'string', INT64: 'integer', BOOLEAN: 'boolean' };
