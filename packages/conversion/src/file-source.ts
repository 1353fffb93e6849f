import { BlockChain } from '@wikifleet/bzip2/block-chain';
import { InlineBlockDecoders } from '@wikifleet/bzip2/block-decoders';
import { containerOf } from '@wikifleet/domain/containers';
import { gunzip } from './gunzip.js';

/** A dump file that can be read from any byte on. */
export interface FileSource {
  /** In bytes. */
  readonly size: number;
  /** Where the file is on this machine, for the commands that a message suggests; none for an object of S3. */
  readonly path?: string;
  /** The bytes from `start` to the end; each a view, good until the next. Whoever reads may stop at any time. */
  read(start: number): AsyncIterable<Uint8Array>;
  /** The first bytes, `count` at most; fewer only where the file has no more. */
  first(count: number): Promise<Uint8Array>;
}

/** As many first bytes as tell how a file is packed. */
export const CONTAINER_BYTES = 3;

/** Of a look that is over: its 7 MB serve the next file, where hundreds are looked at one after the other. */
let spareDecoders: InlineBlockDecoders | undefined;

/** The unpacked bytes of a whole file, in order and in this thread: for a look into it. */
export async function* unpack(source: FileSource): AsyncGenerator<Uint8Array> {
  switch (containerOf(await source.first(CONTAINER_BYTES))) {
    case 'plain':
      yield* source.read(0);
      return;
    case 'gzip':
      yield* gunzip(source.read(0));
      return;
    case 'bzip2': {
      const { size } = source;
      const decoders = spareDecoders ?? new InlineBlockDecoders();
      spareDecoders = undefined;
      try {
        for await (const block of new BlockChain({ source: source.read(0), start: 0, end: size, size, decoders }))
          for (let bytes = block.read(); bytes !== null; bytes = block.read()) yield bytes;
      } finally {
        spareDecoders = decoders;
      }
    }
  }
}
