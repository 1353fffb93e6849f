// Takes rows that are values (domain/src/row-values.ts) apart into columns, with the levels by which Dremel puts them
// together again: https://github.com/apache/parquet-format/blob/master/README.md#nested-encoding

import { NULL_BOOLEAN, NULL_LENGTH } from '@wikifleet/domain/row-values';
import type { Field } from '@wikifleet/domain/row-columns';
import type { ColumnChunkWriter } from './column-chunk-writer.js';

/** The high half of -2^63. */
const NULL_HIGH = -(2 ** 31);

/** Bytes of rows, and where the next value stands. */
export class Cursor {
  readonly bytes: Buffer;
  readonly view: DataView;
  at = 0;

  constructor(rows: Uint8Array) {
    this.bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
    this.view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  }

  /** Of a string, a list or a map: `NULL_LENGTH` where it is null. */
  length(): number {
    const length = this.view.getUint32(this.at, true);
    this.at += 4;
    return length;
  }
}

/** Reads the value of one field, in the row that the cursor is at. */
export interface FieldReader {
  read(cursor: Cursor, repetition: number, definition: number): void;
  /** There is no value, since a field above has none. */
  readMissing(repetition: number, definition: number): void;
}

/** Readers of these fields, whose leaves take `chunks` in order. */
export function fieldReaders(fields: readonly Field[], chunks: Iterator<ColumnChunkWriter>): readonly FieldReader[] {
  return fields.map((field) => readerOf(field, chunks, 0));
}

function readerOf({ nullable, type }: Field, chunks: Iterator<ColumnChunkWriter>, depth: number): FieldReader {
  if (typeof type === 'object') {
    if ('struct' in type) return new StructReader(type.struct.map((child) => readerOf(child, chunks, depth)));
    const children = 'list' in type ? [type.list] : [type.map.key, type.map.value];
    const readers = children.map((child) => readerOf(child, chunks, depth + 1));
    return new RepeatedReader(new StructReader(readers), nullable, depth + 1);
  }
  const chunk = chunks.next().value as ColumnChunkWriter;
  if (type === 'string') return new StringReader(chunk, nullable);
  return type === 'integer' ? new IntegerReader(chunk, nullable) : new BooleanReader(chunk, nullable);
}

abstract class LeafReader {
  protected readonly chunk: ColumnChunkWriter;
  /** What a value adds to the definition level. */
  protected readonly defined: number;

  constructor(chunk: ColumnChunkWriter, nullable: boolean) {
    this.chunk = chunk;
    this.defined = Number(nullable);
  }

  readMissing(repetition: number, definition: number): void {
    this.chunk.addNull(repetition, definition);
  }

  protected readNull(repetition: number, definition: number): void {
    if (this.defined === 0) throw new RangeError(`${this.chunk.leaf.path.join('.')}: expected a value, received null`);
    this.chunk.addNull(repetition, definition);
  }
}

class StringReader extends LeafReader implements FieldReader {
  read(cursor: Cursor, repetition: number, definition: number): void {
    const from = cursor.at;
    const length = cursor.length();
    if (length === NULL_LENGTH) return this.readNull(repetition, definition);
    cursor.at += length;
    if (cursor.at > cursor.bytes.length) throw new RangeError(`expected ${length} bytes of a string at byte ${from}`);
    this.chunk.addString(cursor.bytes, from, cursor.at, repetition, definition + this.defined);
  }
}

class IntegerReader extends LeafReader implements FieldReader {
  read(cursor: Cursor, repetition: number, definition: number): void {
    const { at, view } = cursor;
    const isNull = view.getInt32(at + 4, true) === NULL_HIGH && view.getUint32(at, true) === 0;
    cursor.at += 8;
    if (isNull) return this.readNull(repetition, definition);
    this.chunk.addInteger(cursor.bytes, view, at, repetition, definition + this.defined);
  }
}

class BooleanReader extends LeafReader implements FieldReader {
  read(cursor: Cursor, repetition: number, definition: number): void {
    const value = cursor.view.getUint8(cursor.at);
    cursor.at += 1;
    if (value === NULL_BOOLEAN) return this.readNull(repetition, definition);
    this.chunk.addBoolean(value, repetition, definition + this.defined);
  }
}

class StructReader implements FieldReader {
  readonly #fields: readonly FieldReader[];

  constructor(fields: readonly FieldReader[]) {
    this.#fields = fields;
  }

  read(cursor: Cursor, repetition: number, definition: number): void {
    for (let i = 0; i < this.#fields.length; i += 1) this.#fields[i]!.read(cursor, repetition, definition);
  }

  readMissing(repetition: number, definition: number): void {
    for (const field of this.#fields) field.readMissing(repetition, definition);
  }
}

/** A list or a map: three levels, of which the middle one repeats. */
class RepeatedReader implements FieldReader {
  readonly #entry: FieldReader;
  readonly #nullable: boolean;
  /** The repetition level of entries behind the first one. */
  readonly #repetition: number;

  constructor(entry: FieldReader, nullable: boolean, repetition: number) {
    this.#entry = entry;
    this.#nullable = nullable;
    this.#repetition = repetition;
  }

  read(cursor: Cursor, repetition: number, definition: number): void {
    const count = cursor.length();
    if (count === NULL_LENGTH) {
      if (!this.#nullable) throw new RangeError('expected a list or a map, received null');
      return this.#entry.readMissing(repetition, definition);
    }
    const defined = definition + Number(this.#nullable);
    if (count === 0) return this.#entry.readMissing(repetition, defined);
    for (let i = 0; i < count; i += 1) this.#entry.read(cursor, i === 0 ? repetition : this.#repetition, defined + 1);
  }

  readMissing(repetition: number, definition: number): void {
    this.#entry.readMissing(repetition, definition);
  }
}
