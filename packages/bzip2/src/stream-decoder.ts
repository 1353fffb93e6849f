import { FleetError } from '@wikifleet/domain/errors';
import { BlockDecoder, MAX_BLOCK_BYTES } from './block-decoder.js';
import { bzip2Error, hex32 } from './bzip2-error.js';
import { combineCrc } from './crc32.js';
import { bits24, findMagics, MAGIC_BITS, magicAt } from './find-magic.js';
import { InputWindow } from './input-window.js';

/** `BZh` and the level. */
const HEADER_BYTES = 4;
const HEADER = [0x42, 0x5a, 0x68] as const;

/** The end's magic and the stream's CRC. */
const TRAILER_BITS = MAGIC_BITS + 32;

export interface DecodedSlice {
  /** At most 1 MiB, of one block; a view, valid until the generator's next step. */
  readonly bytes: Uint8Array;
  /** The bit position in the whole input of the block's magic. */
  readonly block: number;
  /** How many bytes of the block come before these. */
  readonly offsetInBlock: number;
}

type State = 'header' | 'magic' | 'block' | 'slices' | 'trailer' | 'done';

/**
 * Decodes bzip2 input of any number of streams, given in chunks of any size:
 *
 *     for await (const chunk of source) { decoder.push(chunk); for (const slice of decoder.read()) … }
 *     decoder.end(); for (const slice of decoder.read()) …
 *
 * All whole blocks before an error are handed out, then `read` throws it, and again each time. Input that ends without its
 * stream's end is `BZIP2_TRUNCATED`, bytes after the last stream that begin no other are `BZIP2_TRAILING_GARBAGE`. Holds
 * at most some 4 MB of input, and one block.
 */
export class Bzip2Decoder {
  readonly #window = new InputWindow();
  readonly #decoder = new BlockDecoder();
  #state: State = 'header';
  #failure: unknown = null;
  /** The bit position in the whole input up to which all is decoded. */
  #bit = 0;
  #level = 0;
  #streamCrc = 0;
  #firstBlock: number | null = null;
  /** The block whose slices are being handed out. */
  #block = 0;
  #offsetInBlock = 0;
  /** Up to where magics have been looked for, and how many bytes are to be there before a block is tried again. */
  #searched = 0;
  #retryBytes = 0;

  /** The bit position of the first block's magic, after any empty streams; null until it is decoded, or without one. */
  get firstBlock(): number | null {
    return this.#firstBlock;
  }

  /**
   * The bit position up to which the input is decoded. When `read` has taken in all of an ended input, 8 times its size:
   * what follows the last block, its stream's end and any empty streams.
   */
  get nextBlock(): number {
    return this.#bit;
  }

  /** Takes the next chunk of input, of any size. It is not copied at once: `read` to its end before changing it, or pushing another. */
  push(chunk: Uint8Array): void {
    this.#window.push(chunk);
  }

  /** Says that the input ends here. May be called twice. */
  end(): void {
    this.#window.end();
  }

  /** Yields what the input so far allows, and returns when it needs more, or is done. */
  *read(): Generator<DecodedSlice, void, void> {
    for (;;) {
      const bytes = this.#state === 'slices' ? this.#decoder.read() : null;
      if (bytes !== null) {
        const offsetInBlock = this.#offsetInBlock;
        this.#offsetInBlock += bytes.length;
        yield { bytes, block: this.#block, offsetInBlock };
      } else if (!this.#advance()) return;
    }
  }

  /** One step; false when it takes more input, or at the end. */
  #advance(): boolean {
    if (this.#failure !== null) throw this.#failure;
    try {
      this.#window.fill(Math.floor(this.#bit / 8));
      switch (this.#state) {
        case 'header':
          return this.#readHeader();
        case 'magic':
          return this.#readMagic();
        case 'block':
          return this.#readBlock();
        case 'slices':
          this.#state = 'magic';
          return true;
        case 'trailer':
          return this.#readTrailer();
        case 'done':
          return false;
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #readHeader(): boolean {
    const { bytes, ended } = this.#window;
    const at = this.#at() / 8;
    const header = bytes.subarray(at, at + HEADER_BYTES);
    if (header.length === 0 && ended && this.#bit > 0) {
      this.#state = 'done';
      return false;
    }
    const isHeader = header.every((byte, i) => (i < 3 ? byte === HEADER[i] : byte >= 0x31 && byte <= 0x39));
    if (!isHeader) {
      const received = `the bytes ${Buffer.from(header).toString('hex')}`;
      throw this.#bit === 0
        ? bzip2Error('BZIP2_BAD_HEADER', 0, 'BZh1 to BZh9', received)
        : bzip2Error('BZIP2_TRAILING_GARBAGE', this.#bit, 'another stream (BZh1 to BZh9) or the end', received);
    }
    if (header.length < HEADER_BYTES) return this.#needMore("a stream's header");
    this.#level = header[3]! - 0x30;
    this.#streamCrc = 0;
    this.#bit += HEADER_BYTES * 8;
    this.#state = 'magic';
    return true;
  }

  #readMagic(): boolean {
    const { bytes } = this.#window;
    const at = this.#at();
    if (at + MAGIC_BITS > bytes.length * 8) return this.#needMore("a block or a stream's end");
    const kind = magicAt(bytes, at);
    if (kind === null) {
      const received = (bits24(bytes, at) * 2 ** 24 + bits24(bytes, at + 24)).toString(16).padStart(12, '0');
      throw bzip2Error('BZIP2_BAD_MAGIC', this.#bit, "the magic of a block or of a stream's end", received);
    }
    this.#state = kind === 'block' ? 'block' : 'trailer';
    this.#searched = this.#bit + 1;
    this.#retryBytes = 0;
    return true;
  }

  #readBlock(): boolean {
    if (!this.#worthTrying()) return false;
    const { bytes, base } = this.#window;
    const at = this.#at();
    try {
      const { endBit, crc } = this.#decoder.decode(bytes, at, this.#level, base * 8);
      this.#streamCrc = combineCrc(this.#streamCrc, crc);
      this.#firstBlock ??= this.#bit;
      this.#block = this.#bit;
      this.#offsetInBlock = 0;
      this.#bit = base * 8 + endBit;
      this.#state = 'slices';
      return true;
    } catch (error) {
      const short = error instanceof FleetError && error.code === 'BZIP2_TRUNCATED';
      if (!short || this.#window.ended) throw error;
      // Twice the input before the next trial: all trials together cost no more than two of the last.
      this.#retryBytes = 2 * this.#held();
      return false;
    }
  }

  /** Whether the block is surely there as a whole, or seems to be, as something follows it. */
  #worthTrying(): boolean {
    const held = this.#held();
    if (this.#window.ended || held > MAX_BLOCK_BYTES) return true;
    if (held < this.#retryBytes) return false;
    const { bytes, base } = this.#window;
    const [found] = findMagics(bytes, this.#searched - base * 8);
    // The last bits may be the beginning of one.
    this.#searched =
      found === undefined
        ? Math.max(this.#searched, (base + bytes.length) * 8 - MAGIC_BITS + 1)
        : base * 8 + found.bit + 1;
    return found !== undefined;
  }

  #readTrailer(): boolean {
    const { bytes } = this.#window;
    const at = this.#at();
    if (at + TRAILER_BITS > bytes.length * 8) return this.#needMore("a stream's CRC");
    const crc = ((bits24(bytes, at + MAGIC_BITS) << 8) | (bits24(bytes, at + TRAILER_BITS - 24) & 255)) >>> 0;
    if (crc !== this.#streamCrc) {
      throw bzip2Error('BZIP2_STREAM_CRC', this.#bit, `the stream's CRC ${hex32(crc)}`, hex32(this.#streamCrc));
    }
    this.#bit = Math.ceil((this.#bit + TRAILER_BITS) / 8) * 8;
    this.#state = 'header';
    return true;
  }

  #needMore(expected: string): false {
    if (!this.#window.ended) return false;
    const end = (this.#window.base + this.#window.bytes.length) * 8;
    throw bzip2Error('BZIP2_TRUNCATED', end, expected, 'the end of the data');
  }

  /** The bit position in the window, and the bytes in it from there on. */
  #at(): number {
    return this.#bit - this.#window.base * 8;
  }

  #held(): number {
    return this.#window.bytes.length - Math.floor(this.#at() / 8);
  }
}
