import { GrowingBytes } from '@wikifleet/compression/growing-bytes';

const BOOLEAN_TRUE = 1;
const BOOLEAN_FALSE = 2;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
/** Lists of more have their size behind the type. */
const MAX_SHORT_LIST = 14;
const MAX_SHORT_DELTA = 15;

/**
 * A struct in Thrift's compact protocol; its fields are to be written in ascending order. Integers are exact to 2^53.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export class ThriftStruct {
  readonly #out: GrowingBytes;
  #last = 0;

  constructor(out: GrowingBytes) {
    this.#out = out;
  }

  flag(id: number, value: boolean): void {
    this.#header(id, value ? BOOLEAN_TRUE : BOOLEAN_FALSE);
  }

  i16(id: number, value: number): void {
    this.#header(id, I16);
    this.#integer(value);
  }

  i32(id: number, value: number): void {
    this.#header(id, I32);
    this.#integer(value);
  }

  i64(id: number, value: number): void {
    this.#header(id, I64);
    this.#integer(value);
  }

  binary(id: number, value: Uint8Array | string): void {
    this.#header(id, BINARY);
    this.#bytes(value);
  }

  struct(id: number, write: (struct: ThriftStruct) => void): void {
    this.#header(id, STRUCT);
    writeStruct(this.#out, write);
  }

  i32s(id: number, values: readonly number[]): void {
    this.#list(id, values.length, I32);
    for (const value of values) this.#integer(value);
  }

  binaries(id: number, values: readonly string[]): void {
    this.#list(id, values.length, BINARY);
    for (const value of values) this.#bytes(value);
  }

  structs<T>(id: number, values: readonly T[], write: (struct: ThriftStruct, value: T) => void): void {
    this.#list(id, values.length, STRUCT);
    for (const value of values) writeStruct(this.#out, (struct) => write(struct, value));
  }

  /** A list of structs that are written already. */
  writtenStructs(id: number, values: readonly Uint8Array[]): void {
    this.#list(id, values.length, STRUCT);
    for (const value of values) this.#out.append(value);
  }

  #list(id: number, size: number, type: number): void {
    this.#header(id, LIST);
    if (size <= MAX_SHORT_LIST) return this.#out.byte((size << 4) | type);
    this.#out.byte(0xf0 | type);
    this.#out.varint(size);
  }

  #bytes(value: Uint8Array | string): void {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    this.#out.varint(bytes.length);
    this.#out.append(bytes);
  }

  /** In zigzag: the sign is the lowest bit. */
  #integer(value: number): void {
    this.#out.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #header(id: number, type: number): void {
    const delta = id - this.#last;
    this.#last = id;
    if (delta > 0 && delta <= MAX_SHORT_DELTA) return this.#out.byte((delta << 4) | type);
    this.#out.byte(type);
    this.#integer(id);
  }
}

/** Appends a struct with what `write` has in it. */
export function writeStruct(out: GrowingBytes, write: (struct: ThriftStruct) => void): void {
  write(new ThriftStruct(out));
  out.byte(0);
}

/** A struct by itself. */
export function structBytes(write: (struct: ThriftStruct) => void): Uint8Array {
  const out = new GrowingBytes();
  writeStruct(out, write);
  return Uint8Array.from(out.bytes);
}
