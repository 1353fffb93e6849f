import type { Compression } from '@wikifleet/domain/plan';
import { rowJsonSchema } from '@wikifleet/domain/row-schema';
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

/** What a JSON Schema says of a column, as far as a table wants to know it. */
interface JsonType {
  readonly type?: string | readonly string[];
  readonly additionalProperties?: { readonly $ref?: string } | boolean;
}

type JsonSchema = Pick<ReturnType<typeof rowJsonSchema>, 'properties' | '$defs' | 'required'>;

/** A column of one value a row. */
export interface ScalarColumn {
  readonly name: string;
  readonly kind: 'string' | 'integer' | 'boolean';
  readonly nullable: boolean;
}

/** Roles to slots: a map whose values are structs of these columns. */
export interface SlotsColumn {
  readonly name: string;
  readonly kind: 'slots';
  readonly columns: readonly ScalarColumn[];
}

export type RowColumn = ScalarColumn | SlotsColumn;

/**
 * The columns of a row, made of its JSON Schema, those that not every run has only where `optional` names them; throws
 * where that has what a table of ours has no type for.
 */
export function rowColumns(
  optional: readonly string[] = [],
  schema: JsonSchema = rowJsonSchema(),
): readonly RowColumn[] {
  const slot = schema.$defs?.['slot'];
  const slots = columnsOf(slot?.properties).map(([name, type]) => scalarOf(name, type));
  const wanted = new Set([...(schema.required ?? []), ...optional]);
  const columns = columnsOf(schema.properties).filter(([name]) => wanted.has(name));
  return columns.map(([name, type]) => {
    const { additionalProperties: values } = type;
    if (typeof values === 'object' && values.$ref === '#/$defs/slot') return { name, kind: 'slots', columns: slots };
    return scalarOf(name, type);
  });
}

function columnsOf(properties: object | undefined): [string, JsonType][] {
  const columns = Object.entries(properties ?? {}) as [string, JsonType][];
  if (columns.length === 0) throw new TypeError('expected the JSON Schema of a row and its slots');
  return columns;
}

function scalarOf(name: string, { type }: JsonType): ScalarColumn {
  const [kind, ...others] = [type ?? []].flat();
  if (kind !== 'string' && kind !== 'integer' && kind !== 'boolean')
    throw new TypeError(`${name}: expected a string, an integer or a boolean, received ${JSON.stringify(type)}`);
  return { name, kind, nullable: others.includes('null') };
}

/**
 * The columns as a Parquet schema: strings are UTF-8, integers INT64, what may be null is OPTIONAL, slots are a MAP in
 * three levels (parquet-format, LogicalTypes.md).
 */
export function parquetSchema(columns: readonly RowColumn[]): SchemaElement[] {
  return [
    { name: 'row', num_children: columns.length },
    ...columns.flatMap((column) => (column.kind === 'slots' ? slotsElements(column) : [leaf(column)])),
  ];
}

function slotsElements({ name, columns }: SlotsColumn): SchemaElement[] {
  const required = { repetition_type: 'REQUIRED' } as const;
  return [
    { name, ...required, num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } },
    { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
    leaf({ name: 'key', kind: 'string', nullable: false }),
    { name: 'value', ...required, num_children: columns.length },
    ...columns.map(leaf),
  ];
}

function leaf({ name, kind, nullable }: ScalarColumn): SchemaElement {
  const element = { name, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED' } as const;
  switch (kind) {
    case 'string':
      return { ...element, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'integer':
      return { ...element, type: 'INT64' };
    case 'boolean':
      return { ...element, type: 'BOOLEAN' };
  }
}
