import type { PermanentError } from '@wikifleet/domain/errors';
import { bzip2Error } from './bzip2-error.js';
import type { Bzip2Code } from './bzip2-error.js';

/**
 * No legal block is longer: 900,001 symbols and 32,767 selectors at their longest, and six tables that do not walk to and
 * fro between two lengths (which the format allows without end, and no encoder does).
 */
export const MAX_BLOCK_BYTES = 2_300_000;

/** More than a group of 50 symbols of 20 bits, and the word that is loaded at its last bit. */
const GROUP_BYTES = 136;

/**
 * Reads bits, highest first, from a window on one block. `position` and `limit` are bits from the window's beginning, so
 * that they stay small integers wherever in a file the block lies. Nothing past `limit` is ever taken for data.
 */
export class BitReader {
  position = 0;
  limit = 0;
  /** The window; `view` shows the same bytes. */
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  readonly #tail = new Uint8Array(2 * GROUP_BYTES);
  /** The position in the whole input of the window's first bit. */
  #origin = 0;
  #capped = false;

  /** Opens a window at `bitPosition` of `input`; `origin` is the bit position of `input` in the whole. */
  open(input: Uint8Array, bitPosition: number, origin: number): void {
    const from = Math.floor(bitPosition / 8);
    const to = Math.min(input.length, from + MAX_BLOCK_BYTES);
    this.#capped = to < input.length;
    this.#origin = origin + from * 8;
    this.position = bitPosition - from * 8;
    this.#show(input.subarray(from, to));
    this.limit = this.bytes.length * 8;
  }

  /** Lets go of the input. */
  close(): void {
    this.#show(this.#tail);
  }

  /** The next `count` bits (1 to 24) as an unsigned number; throws `BZIP2_TRUNCATED` where there are fewer. */
  read(count: number): number {
    const { bytes, position } = this;
    const end = position + count;
    if (end > this.limit) throw this.fail('BZIP2_TRUNCATED', '', '');
    const at = position >>> 3;
    // What lies past the end reads as undefined, which is 0 here; the limit has been checked.
    const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    this.position = end;
    return (word << (position & 7)) >>> (32 - count);
  }

  /** Whether a whole group of symbols and the words loaded for it lie before the end. */
  hasGroup(): boolean {
    return (this.position >>> 3) + GROUP_BYTES <= this.bytes.length;
  }

  /** For the last groups: moves on to a copy of what is left, with zeros after it; `limit` still marks the end of the data. */
  enterTail(): void {
    const from = this.position >>> 3;
    const rest = this.bytes.subarray(from);
    if (rest.length > GROUP_BYTES) throw new RangeError('the tail begins less than a group before the end');
    this.#tail.fill(0);
    this.#tail.set(rest);
    this.#origin += from * 8;
    this.position -= from * 8;
    this.limit -= from * 8;
    this.#show(this.#tail);
  }

  /** The position in the whole input. */
  absolute(): number {
    return this.#origin + this.position;
  }

  /** The error for what is wrong here; whatever seems wrong past the end of the data is its end, not a wrong bit. */
  fail(code: Bzip2Code, expected: string, received: string): PermanentError {
    if (code !== 'BZIP2_TRUNCATED' && this.position <= this.limit) {
      return bzip2Error(code, this.absolute(), expected, received);
    }
    const end = this.#origin + this.limit;
    return this.#capped
      ? bzip2Error('BZIP2_BLOCK_TOO_LONG', end, `a block of at most ${MAX_BLOCK_BYTES} bytes`, 'more')
      : bzip2Error('BZIP2_TRUNCATED', end, 'the rest of a block', 'the end of the data');
  }

  #show(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}
