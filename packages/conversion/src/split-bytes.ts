import type { Container } from '@wikifleet/domain/containers';
import type { StreamChecksums } from '@wikifleet/domain/stream-checksums';
import { BlockChain } from '@wikifleet/bzip2/block-chain';
import type { BlockPool } from './block-pool.js';
import type { FileSource } from './file-source.js';
import { gunzip } from './gunzip.js';

/** Unpacked bytes of a split and of what follows it; a view, valid until the next step. */
export interface SplitBytes {
  readonly bytes: Uint8Array;
  /** The bit position of their bzip2 block in the file; 0 in a file without blocks. */
  readonly block: number;
  /** Whether that block is the split's own. */
  readonly owned: boolean;
}

/** A split's bytes in order, on to the file's end; the boundaries are bit positions, right once they were passed. */
export interface SplitReader extends AsyncIterable<SplitBytes> {
  readonly firstBlock: number | null;
  readonly nextBlock: number | null;
  /** Magics before the first block that were there by chance. */
  readonly rejectedCandidates: readonly number[];
  /** The split's share of its streams' checksums; null where it owns no bzip2 block. */
  readonly streams: StreamChecksums | null;
  /** Up to which byte of the file everything was unpacked, or nearly so. */
  readonly position: number;
  /** Makes the split own all blocks from the present one to the file's end; `owned` says so from the next step on. */
  ownAll(): void;
}

export interface Range {
  /** In bytes of the file. */
  readonly start: number;
  readonly end: number;
}

/** `onStream` is called with the byte where each stream's header begins, before the stream's bytes come. */
export function readSplit(
  container: Container,
  source: FileSource,
  range: Range,
  pool: BlockPool,
  onStream?: (byte: number) => void,
): SplitReader {
  if (container === 'bzip2') {
    const options = { source: source.read(range.start), ...range, size: source.size, decoders: pool };
    return new BlockReader(new BlockChain(onStream === undefined ? options : { ...options, onStream }));
  }
  return new WholeFileReader(source, container === 'gzip');
}

class BlockReader implements SplitReader {
  readonly #chain: BlockChain;

  constructor(chain: BlockChain) {
    this.#chain = chain;
  }

  get firstBlock(): number | null {
    return this.#chain.firstBlock;
  }

  get nextBlock(): number | null {
    return this.#chain.nextBlock;
  }

  get rejectedCandidates(): readonly number[] {
    return this.#chain.rejectedCandidates;
  }

  get streams(): StreamChecksums | null {
    return this.#chain.streams;
  }

  get position(): number {
    return this.#chain.position;
  }

  ownAll(): void {
    this.#chain.ownAll();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SplitBytes> {
    for await (const block of this.#chain) {
      for (let bytes = block.read(); bytes !== null; bytes = block.read()) {
        yield { bytes, block: block.bit, owned: block.owned };
      }
    }
  }
}

/** gzip or plain XML has one split: `firstBlock` is 0, `nextBlock` 8 × the file's size. */
class WholeFileReader implements SplitReader {
  readonly firstBlock = 0;
  readonly nextBlock: number;
  readonly rejectedCandidates = [];
  readonly streams = null;
  position = 0;
  readonly #source: FileSource;
  readonly #packed: boolean;

  constructor(source: FileSource, packed: boolean) {
    this.#source = source;
    this.#packed = packed;
    this.nextBlock = 8 * source.size;
  }

  ownAll(): void {
    // it does
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source.read(0)) {
      this.position += chunk.length;
      yield chunk;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SplitBytes> {
    const file = this.#counted();
    for await (const bytes of this.#packed ? gunzip(file) : file) yield { bytes, block: 0, owned: true };
  }
}
