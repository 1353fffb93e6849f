// A row as values, which is what formats other than JSON Lines are made of: its fields one after the other, in the order of
// the columns, little-endian, without keys, escapes or padding. An encoder copies a string or an integer as it stands, since
// this is also how Parquet's encoding PLAIN has them.
//
// | type      | bytes                                           | null                     |
// | --------- | ----------------------------------------------- | ------------------------ |
// | string    | length in bytes (u32), then UTF-8               | the length `NULL_LENGTH` |
// | integer   | i64                                             | -2^63                    |
// | boolean   | u8: 0 or 1                                      | 255                      |
// | struct    | its fields                                      | never                    |
// | list, map | number of entries (u32), then the entries; an entry of a map is its key, then its value | the number `NULL_LENGTH` |

import { PermanentError } from './errors.js';
import type { Field, FieldType } from './row-columns.js';

/** How the bytes of rows on their way through a conversion are to be read: lines of JSON, or values as above. */
export type RowEncoding = 'json' | 'values';

export const NULL_LENGTH = 0xffff_ffff;
export const NULL_INTEGER = -(2n ** 63n);
export const NULL_BOOLEAN = 255;

const MAX_INTEGER = 2n ** 63n - 1n;

/** A row, or a struct, by its fields' names. Integers may be numbers or `bigint`. */
export type Values = Readonly<Record<string, unknown>>;

/** The bytes of these fields of a row. Throws a `PermanentError` `ROW_UNFIT` for a value that is none of its field. */
export function encodeValues(fields: readonly Field[], values: Values): Buffer {
  const bytes = Buffer.allocUnsafeSlow(sizeOfStruct(fields, values));
  writeStruct(bytes, 0, fields, values);
  return bytes;
}

function sizeOfStruct(fields: readonly Field[], values: Values): number {
  let size = 0;
  for (const field of fields) size += sizeOf(field, values[field.name]);
  return size;
}

function sizeOf({ name, type }: Field, value: unknown): number {
  if (type === 'integer') return 8;
  if (type === 'boolean') return 1;
  if (typeof type === 'object' && 'struct' in type) return sizeOfStruct(type.struct, structOf(name, value));
  if (value === null) return 4;
  if (type === 'string') return 4 + Buffer.byteLength(stringOf(name, value), 'utf8');
  let size = 4;
  for (const [field, entry] of entriesOf(name, type, value)) size += sizeOf(field, entry);
  return size;
}

function writeStruct(bytes: Buffer, at: number, fields: readonly Field[], values: Values): number {
  let end = at;
  for (const field of fields) end = write(bytes, end, field, values[field.name]);
  return end;
}

function write(bytes: Buffer, at: number, { name, type, nullable }: Field, value: unknown): number {
  if (value === null && !nullable) throw unfit(name, 'a value', 'null');
  if (type === 'integer') return bytes.writeBigInt64LE(value === null ? NULL_INTEGER : integerOf(name, value), at);
  if (type === 'boolean') return bytes.writeUInt8(value === null ? NULL_BOOLEAN : Number(booleanOf(name, value)), at);
  if (typeof type === 'object' && 'struct' in type) return writeStruct(bytes, at, type.struct, structOf(name, value));
  if (value === null) return bytes.writeUInt32LE(NULL_LENGTH, at);
  if (type === 'string') {
    const length = bytes.write(stringOf(name, value), at + 4, 'utf8');
    bytes.writeUInt32LE(length, at);
    return at + 4 + length;
  }
  const entries = entriesOf(name, type, value);
  let end = bytes.writeUInt32LE('map' in type ? entries.length / 2 : entries.length, at);
  for (const [field, entry] of entries) end = write(bytes, end, field, entry);
  return end;
}

/** What a list or a map is made of, in order. */
function entriesOf(name: string, type: Exclude<FieldType, string | { struct: unknown }>, value: unknown) {
  if ('list' in type) {
    if (!Array.isArray(value)) throw unfit(name, 'a list', typeof value);
    return value.map((entry: unknown): [Field, unknown] => [type.list, entry]);
  }
  const { map } = type;
  const pairs = value instanceof Map ? [...value] : Object.entries(structOf(name, value));
  return pairs.flatMap(([key, entry]): [Field, unknown][] => [
    [map.key, key],
    [map.value, entry],
  ]);
}

function stringOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw unfit(name, 'a string', typeof value);
}

function booleanOf(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw unfit(name, 'true or false', typeof value);
}

function structOf(name: string, value: unknown): Values {
  if (typeof value === 'object' && value !== null) return value as Values;
  throw unfit(name, 'fields', String(value));
}

function integerOf(name: string, value: unknown): bigint {
  const isInteger = typeof value === 'bigint' || Number.isInteger(value);
  const integer = isInteger ? BigInt(value as bigint | number) : null;
  if (integer !== null && integer > NULL_INTEGER && integer <= MAX_INTEGER) return integer;
  throw unfit(name, 'an integer of 64 bits', String(value));
}

function unfit(name: string, expected: string, received: string): PermanentError {
  const message = `${name}: expected ${expected}, received ${received}`;
  return new PermanentError('ROW_UNFIT', message, { place: name, expected, received });
}

/** Reads rows, or fields of them, from where `at` is on. Throws a `RangeError` where the bytes end too soon. */
export class ValueReader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** The fields as JSON has them: integers are numbers, or `bigint` beyond 2^53; maps are objects. */
  read(fields: readonly Field[]): Record<string, unknown> {
    return Object.fromEntries(fields.map(({ name, type }) => [name, this.#value(type)]));
  }

  #value(type: FieldType): unknown {
    if (type === 'integer') return this.#integer();
    if (type === 'boolean') return this.#boolean();
    if (type === 'string') return this.#string();
    if ('struct' in type) return this.read(type.struct);
    const count = this.#length();
    if (count === null) return null;
    if ('list' in type) return Array.from({ length: count }, () => this.#value(type.list.type));
    const { key, value } = type.map;
    return Object.fromEntries(
      Array.from({ length: count }, () => [this.#value(key.type) as string, this.#value(value.type)]),
    );
  }

  #length(): number | null {
    const length = this.#bytes.readUInt32LE(this.at);
    this.at += 4;
    return length === NULL_LENGTH ? null : length;
  }

  #string(): string | null {
    const length = this.#length();
    if (length === null) return null;
    const from = this.at;
    this.at += length;
    if (this.at > this.#bytes.length) throw new RangeError(`expected ${length} bytes of a string at byte ${from}`);
    return this.#bytes.toString('utf8', from, this.at);
  }

  #integer(): number | bigint | null {
    const value = this.#bytes.readBigInt64LE(this.at);
    this.at += 8;
    if (value === NULL_INTEGER) return null;
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #boolean(): boolean | null {
    const value = this.#bytes.readUInt8(this.at);
    this.at += 1;
    return value === NULL_BOOLEAN ? null : value === 1;
  }
}
