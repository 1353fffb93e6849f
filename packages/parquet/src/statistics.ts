import type { ScalarKind } from './schema.js';

/** Bytes of a text's bounds; what is longer is cut, and says so. */
export const MAX_BOUND_BYTES = 64;

/** The least and the greatest value of a column chunk, in the encoding PLAIN without a length, and how many are null. */
export interface ChunkStatistics {
  readonly nulls: number;
  readonly min: Bound | null;
  readonly max: Bound | null;
}

interface Bound {
  readonly bytes: Uint8Array;
  readonly isExact: boolean;
}

/** Follows the bounds of integers (signed) or strings (by their bytes). */
export class BoundsKeeper {
  readonly #kind: ScalarKind;
  #hasValues = false;
  // of integers: the high and the low half
  #minHigh = 0;
  #minLow = 0;
  #maxHigh = 0;
  #maxLow = 0;
  // of strings: their first bytes, one more than is kept, and how long they are
  readonly #min = Buffer.alloc(MAX_BOUND_BYTES + 1);
  readonly #max = Buffer.alloc(MAX_BOUND_BYTES + 1);
  #minLength = 0;
  #maxLength = 0;

  constructor(kind: ScalarKind) {
    this.#kind = kind;
  }

  clear(): void {
    this.#hasValues = false;
  }

  addInteger(high: number, low: number): void {
    if (!this.#hasValues || high < this.#minHigh || (high === this.#minHigh && low < this.#minLow)) {
      this.#minHigh = high;
      this.#minLow = low;
    }
    if (!this.#hasValues || high > this.#maxHigh || (high === this.#maxHigh && low > this.#maxLow)) {
      this.#maxHigh = high;
      this.#maxLow = low;
    }
    this.#hasValues = true;
  }

  addString(source: Buffer, from: number, to: number): void {
    const length = Math.min(to - from, MAX_BOUND_BYTES + 1);
    if (!this.#hasValues || compare(source, from, length, this.#min, this.#minLength) < 0) {
      copyBytes(source, from, this.#min, length);
      this.#minLength = length;
    }
    if (!this.#hasValues || compare(source, from, length, this.#max, this.#maxLength) > 0) {
      copyBytes(source, from, this.#max, length);
      this.#maxLength = length;
    }
    this.#hasValues = true;
  }

  statistics(nulls: number): ChunkStatistics {
    if (!this.#hasValues) return { nulls, min: null, max: null };
    if (this.#kind === 'integer') {
      const min = integerBytes(this.#minHigh, this.#minLow);
      const max = integerBytes(this.#maxHigh, this.#maxLow);
      return { nulls, min: { bytes: min, isExact: true }, max: { bytes: max, isExact: true } };
    }
    return { nulls, min: lowerBound(this.#min, this.#minLength), max: upperBound(this.#max, this.#maxLength) };
  }
}

function copyBytes(source: Uint8Array, from: number, target: Uint8Array, length: number): void {
  for (let i = 0; i < length; i += 1) target[i] = source[from + i]!;
}

function compare(one: Uint8Array, from: number, length: number, two: Uint8Array, twoLength: number): number {
  const shared = Math.min(length, twoLength);
  for (let i = 0; i < shared; i += 1) {
    const difference = one[from + i]! - two[i]!;
    if (difference !== 0) return difference;
  }
  return length - twoLength;
}

function integerBytes(high: number, low: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(low, 0);
  bytes.writeInt32LE(high, 4);
  return bytes;
}

function lowerBound(bytes: Buffer, length: number): Bound {
  if (length <= MAX_BOUND_BYTES) return { bytes: Uint8Array.from(bytes.subarray(0, length)), isExact: true };
  return { bytes: Uint8Array.from(bytes.subarray(0, characterStart(bytes, MAX_BOUND_BYTES))), isExact: false };
}

/** Of a long text: its beginning, with the last character that has a next one replaced by that; null where none has. */
function upperBound(bytes: Buffer, length: number): Bound | null {
  if (length <= MAX_BOUND_BYTES) return lowerBound(bytes, length);
  for (let end = characterStart(bytes, MAX_BOUND_BYTES); end > 0;) {
    const start = characterStart(bytes, end - 1);
    const code = bytes.toString('utf8', start, end).codePointAt(0) ?? 0;
    // the surrogates are no characters
    const next = code === 0xd7ff ? 0xe000 : code + 1;
    if (next <= 0x10ffff) {
      const character = Buffer.from(String.fromCodePoint(next), 'utf8');
      return { bytes: Uint8Array.from(Buffer.concat([bytes.subarray(0, start), character])), isExact: false };
    }
    end = start;
  }
  return null;
}

/** Where the character begins that the byte at `at` is of. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
