import type { Compression } from '@wikifleet/domain/plan';
import type { Field } from '@wikifleet/domain/row-columns';
import type { CompressionCodec, SchemaElement } from 'hyparquet';

/** With which a Parquet file begins and ends. */
export const MAGIC = 'PAR1';

/** What Parquet calls our compressions. */
export const CODECS: Readonly<Record<Compression, CompressionCodec>> = {
  none: 'UNCOMPRESSED',
  snappy: 'SNAPPY',
  gzip: 'GZIP',
  zstd: 'ZSTD',
};

export type ScalarKind = 'string' | 'integer' | 'boolean';

export const PHYSICAL_TYPES = { string: 'BYTE_ARRAY', integer: 'INT64', boolean: 'BOOLEAN' } as const;

/** A field of one value, as Parquet stores it: all of its values in a row group are a column chunk. */
export interface Leaf {
  readonly path: readonly string[];
  readonly kind: ScalarKind;
  readonly nullable: boolean;
  /** The highest levels, as in Dremel: how many of the fields above may repeat, and how many may be missing or repeat. */
  readonly maxRepetition: number;
  readonly maxDefinition: number;
}

/** The leaves of these columns, in the order of their chunks. */
export function leavesOf(columns: readonly Field[]): readonly Leaf[] {
  return columns.flatMap((column) => leavesBelow(column, [], 0, 0));
}

function leavesBelow(field: Field, above: readonly string[], repetition: number, definition: number): Leaf[] {
  const path = [...above, field.name];
  const { nullable, type } = field;
  const own = definition + Number(nullable);
  if (typeof type === 'string') return [{ path, kind: type, nullable, maxRepetition: repetition, maxDefinition: own }];
  if ('struct' in type) return type.struct.flatMap((child) => leavesBelow(child, path, repetition, own));
  const [repeated, children]: [string, Field[]] =
    'list' in type ? ['list', [type.list]] : ['key_value', [type.map.key, type.map.value]];
  return children.flatMap((child) => leavesBelow(child, [...path, repeated], repetition + 1, own + 1));
}

/**
 * The columns as a Parquet schema: strings are UTF-8, integers INT64, what may be null is OPTIONAL, maps and lists have
 * three levels (parquet-format, LogicalTypes.md).
 */
export function parquetSchema(columns: readonly Field[]): SchemaElement[] {
  return [{ name: 'row', num_children: columns.length }, ...columns.flatMap(elementsOf)];
}

function elementsOf({ name, id, nullable, type }: Field): SchemaElement[] {
  const own = { name, field_id: id, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED' } as const;
  if (type === 'string')
    return [{ ...own, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }];
  if (typeof type === 'string') return [{ ...own, type: PHYSICAL_TYPES[type] }];
  if ('struct' in type) return [{ ...own, num_children: type.struct.length }, ...type.struct.flatMap(elementsOf)];
  if ('list' in type) {
    const list = { ...own, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } } as const;
    return [list, { name: 'list', repetition_type: 'REPEATED', num_children: 1 }, ...elementsOf(type.list)];
  }
  const map = { ...own, num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } } as const;
  const { key, value } = type.map;
  return [
    map,
    { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
    ...elementsOf(key),
    ...elementsOf(value),
  ];
}
