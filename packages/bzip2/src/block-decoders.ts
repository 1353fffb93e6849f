import { BlockDecoder } from './block-decoder.js';

/** A decoded block. Its CRC is right; its bytes are taken by `read`, once. */
export interface DecodedBlock {
  /** The bit position after it, from the beginning of the file. */
  readonly endBit: number;
  readonly crc: number;
  /** The next slice, a view that is valid until the next call; null after the last. */
  read(): Uint8Array | null;
}

/** Decodes blocks, in threads or in this one. */
export interface BlockDecoders {
  /** Blocks worth requesting ahead of the one that is needed. */
  readonly ahead: number;
  /**
   * Decodes the block at bit `bit` of the file. `input` holds it from byte `base` of the file on, and may change
   * afterwards. Rejects with a `PermanentError` `BZIP2_…`; with `BZIP2_TRUNCATED` where `input` is too short; with a
   * `FleetError` `THREAD_DIED` or `POOL_CLOSED`. Blocks are to be read one after the other; with `ahead` 0 a block is
   * valid until the next call.
   */
  decode(input: Uint8Array, base: number, bit: number, level: number): Promise<DecodedBlock>;
}

/** Decodes each block in this thread, when it is requested. */
export class InlineBlockDecoders implements BlockDecoders {
  readonly ahead = 0;
  readonly #decoder = new BlockDecoder();

  async decode(input: Uint8Array, base: number, bit: number, level: number): Promise<DecodedBlock> {
    const { endBit, crc } = this.#decoder.decode(input, bit - base * 8, level, base * 8);
    return await Promise.resolve({ endBit: base * 8 + endBit, crc, read: () => this.#decoder.read() });
  }
}
