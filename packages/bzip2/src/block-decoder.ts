import type { PermanentError } from '@wikifleet/domain/errors';
import { BlockKernel, STATUS } from './block-kernel.js';
import { bzip2Error, hex32 } from './bzip2-error.js';
import type { Bzip2Code } from './bzip2-error.js';
import { bits24 } from './find-magic.js';
import { randomise } from './randomise.js';

/**
 * No legal block is longer: 900,001 symbols and 32,767 selectors at their longest, and six tables that do not walk to and
 * fro between two lengths (which the format allows without end, and no encoder does).
 */
export const MAX_BLOCK_BYTES = 2_300_000;

/** Bytes of a block before the first run-length coding, for each level. */
const LEVEL_BYTES = 100_000;

const MAX_LEVEL = 9;

/** Decoded bytes are handed out in slices of at most this many. */
export const SLICE_BYTES = 1024 * 1024;

export interface DecodedBlock {
  /** The bit position in `input` right after the block. */
  readonly endBit: number;
  /** Decoded bytes: at least 1, at most some 46 million. */
  readonly size: number;
  /** The block's CRC, unsigned; it has been verified. */
  readonly crc: number;
}

/**
 * Decodes one bzip2 block at a bit position. It owns the memory for one block of any level (some 7 MB) and uses it again
 * for the next. No byte of a block is handed out before the block's CRC has been verified: a block that expands to more
 * than there is room for is expanded twice, once for its CRC and once for its reader.
 */
export class BlockDecoder {
  readonly #kernel = new BlockKernel();
  /** The part of the input that the block may reach to, and the bit position of its beginning in the whole. */
  #window: Uint8Array = new Uint8Array(0);
  #windowBit = 0;
  /** Whether the input goes on behind the window. */
  #capped = false;
  /** Where the block begins in the whole. */
  #place = 0;
  /** Bytes that stand ready, and all that have not been handed out. */
  #ready: Uint8Array = new Uint8Array(0);
  #left = 0;

  /**
   * Decodes the block whose magic is at bit `bitPosition` of `input`; `read` then hands out its bytes. `level`, 1 to 9, is
   * the stream's; 9 accepts what every level does. `origin` is the bit position of `input` in the whole, for errors.
   * Throws a `PermanentError` with a `Bzip2Code`; with `BZIP2_TRUNCATED`, more input may help.
   */
  decode(input: Uint8Array, bitPosition: number, level: number, origin = 0): DecodedBlock {
    this.#left = 0;
    if (!Number.isInteger(level) || level < 1 || level > MAX_LEVEL) {
      throw new RangeError(`expected a level of 1 to ${MAX_LEVEL}, received ${level}`);
    }
    const from = Math.floor(bitPosition / 8);
    const to = Math.min(input.length, from + MAX_BLOCK_BYTES);
    this.#window = input.subarray(from, to);
    this.#windowBit = origin + from * 8;
    this.#capped = to < input.length;
    this.#place = origin + bitPosition;
    try {
      this.#readSymbols(bitPosition - from * 8, level * LEVEL_BYTES);
      this.#invert();
      const size = this.#verify();
      this.#left = size;
      return { endBit: from * 8 + this.#kernel.position, size, crc: this.#kernel.crc };
    } finally {
      this.#window = this.#window.subarray(0, 0);
      this.#kernel.close();
    }
  }

  /** The next slice of the block, or null after its last. It is a view, valid until the next `read` or `decode`. */
  read(): Uint8Array | null {
    if (this.#left === 0) return null;
    if (this.#ready.length === 0) {
      this.#kernel.expandRuns();
      this.#ready = this.#kernel.output;
    }
    const slice = this.#ready.subarray(0, SLICE_BYTES);
    this.#ready = this.#ready.subarray(slice.length);
    this.#left -= slice.length;
    return slice;
  }

  #readSymbols(bit: number, capacity: number): void {
    const kernel = this.#kernel;
    let status = kernel.readHeader(this.#window, bit);
    if (status === STATUS.done) status = kernel.readSymbols(capacity);
    const { received } = kernel;
    switch (status) {
      case STATUS.done:
        return;
      case STATUS.badMagic:
        throw this.#fail('BZIP2_BAD_MAGIC', "a block's magic 314159265359", this.#magic(bit));
      case STATUS.noAlphabet:
        throw this.#fail('BZIP2_BAD_ALPHABET', 'at least one byte in use', 'none');
      case STATUS.badTableCount:
        throw this.#fail('BZIP2_BAD_HUFFMAN', '2 to 6 tables', String(received));
      case STATUS.noSelectors:
        throw this.#fail('BZIP2_BAD_SELECTOR', 'at least one selector', '0');
      case STATUS.badSelector:
        throw this.#fail('BZIP2_BAD_SELECTOR', `one of ${received} tables`, 'a higher one');
      case STATUS.badLength:
        throw this.#fail('BZIP2_BAD_HUFFMAN', "a code's length of 1 to 20 bits", String(received));
      case STATUS.badCode:
        throw this.#fail('BZIP2_BAD_HUFFMAN', 'the code of a symbol', 'bits that are none');
      case STATUS.overflow:
        throw this.#fail('BZIP2_BLOCK_OVERFLOW', `a block of at most ${capacity} bytes`, 'more');
      case STATUS.noEnd:
        throw this.#fail(
          'BZIP2_BAD_SELECTOR',
          `the end of the block in ${kernel.selectorCount} groups`,
          'more symbols',
        );
      default:
        throw this.#short();
    }
  }

  #invert(): void {
    const { origin, length, randomised } = this.#kernel;
    if (origin >= length) {
      throw bzip2Error('BZIP2_BAD_ORIGIN', this.#place, `an origin below ${length}`, String(origin));
    }
    const block = this.#kernel.invert();
    if (randomised) randomise(block, length);
  }

  /** Expands the block's runs, compares the CRC, and makes the first bytes ready; returns the expanded size. */
  #verify(): number {
    const kernel = this.#kernel;
    let size = 0;
    let sum = -1;
    let status: number;
    kernel.startRuns();
    do {
      status = kernel.expandRuns();
      if (status === STATUS.badRun) {
        throw bzip2Error('BZIP2_BAD_RUN', this.#place, 'a count after four equal bytes', 'the end of the block');
      }
      sum = kernel.crc32(sum);
      this.#ready = kernel.output;
      size += this.#ready.length;
    } while (status === STATUS.more);
    sum = ~sum >>> 0;
    if (sum !== kernel.crc) {
      throw bzip2Error('BZIP2_BLOCK_CRC', this.#place, `the CRC ${hex32(kernel.crc)}`, hex32(sum));
    }
    if (size > this.#ready.length) {
      this.#ready = this.#ready.subarray(0, 0);
      kernel.startRuns();
    }
    return size;
  }

  /** The error for what is wrong where the kernel stopped. */
  #fail(code: Bzip2Code, expected: string, received: string): PermanentError {
    return bzip2Error(code, this.#windowBit + this.#kernel.position, expected, received);
  }

  /** The error for data that ends, or that goes on for longer than any block. */
  #short(): PermanentError {
    const end = this.#windowBit + this.#window.length * 8;
    return this.#capped
      ? bzip2Error('BZIP2_BLOCK_TOO_LONG', end, `a block of at most ${MAX_BLOCK_BYTES} bytes`, 'more')
      : bzip2Error('BZIP2_TRUNCATED', end, 'the rest of a block', 'the end of the data');
  }

  /** The 48 bits that stand where a block's magic should, in hexadecimal. */
  #magic(bit: number): string {
    return hex32(bits24(this.#window, bit)).slice(4) + hex32(bits24(this.#window, bit + 24)).slice(4);
  }
}
