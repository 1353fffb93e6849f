import { Bzip2Decoder } from '@wikifleet/bzip2/stream-decoder';
import { gunzip } from './gunzip.js';

/** How a dump file is packed, by its first bytes; its name says nothing. */
export type Container = 'bzip2' | 'gzip' | 'plain';

export function containerOf(firstBytes: Uint8Array): Container {
  if (firstBytes[0] === 0x42 && firstBytes[1] === 0x5a && firstBytes[2] === 0x68) return 'bzip2';
  if (firstBytes[0] === 0x1f && firstBytes[1] === 0x8b) return 'gzip';
  return 'plain';
}

/** Unpacked bytes; a view, valid until the next step. */
export interface UnpackedBytes {
  readonly bytes: Uint8Array;
  /** The bit position of their bzip2 block in the file; 0 in a file without blocks. */
  readonly block: number;
  /** How many bytes of the block come before these; in a file without blocks, of the whole. */
  readonly offsetInBlock: number;
}

/** A file's unpacked bytes as they come. Its boundaries, bit positions, are right when all of them were taken. */
export interface Unpacked extends AsyncIterable<UnpackedBytes> {
  readonly firstBlock: number | null;
  readonly nextBlock: number;
}

/**
 * Unpacks a whole file. All that is whole before an error is handed out, then the error is thrown with its place:
 * `BZIP2_…` or `GZIP_…`.
 */
export function unpack(container: Container, source: AsyncIterable<Uint8Array>): Unpacked {
  return container === 'bzip2' ? new Bzip2File(source) : new FileWithoutBlocks(source, container === 'gzip');
}

class Bzip2File implements Unpacked {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #decoder = new Bzip2Decoder();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  get firstBlock(): number | null {
    return this.#decoder.firstBlock;
  }

  get nextBlock(): number {
    return this.#decoder.nextBlock;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<UnpackedBytes> {
    for await (const chunk of this.#source) {
      this.#decoder.push(chunk);
      yield* this.#decoder.read();
    }
    this.#decoder.end();
    yield* this.#decoder.read();
  }
}

/** gzip or plain XML: `firstBlock` is 0, `nextBlock` 8 × the file's size. */
class FileWithoutBlocks implements Unpacked {
  readonly firstBlock = 0;
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #packed: boolean;
  #size = 0;

  constructor(source: AsyncIterable<Uint8Array>, packed: boolean) {
    this.#source = source;
    this.#packed = packed;
  }

  get nextBlock(): number {
    return 8 * this.#size;
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      this.#size += chunk.length;
      yield chunk;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<UnpackedBytes> {
    let offsetInBlock = 0;
    const bytesOf = this.#packed ? gunzip(this.#counted()) : this.#counted();
    for await (const bytes of bytesOf) {
      yield { bytes, block: 0, offsetInBlock };
      offsetInBlock += bytes.length;
    }
  }
}
