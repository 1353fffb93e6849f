/**
 * The checksums of bzip2 streams in a file that is cut into splits.
 *
 * Each stream ends with a trailer that holds the fold of its blocks' CRCs (`crc-fold.ts`). A split that reads a stream
 * from its header to its trailer checks it at once. Of the other streams no split has all blocks, so each split records
 * its share: the stream that is open at its first owned block (`first`), and the stream that is open behind its last
 * owned block (`last`). The join folds the shares in the order of the file and compares them with the trailer.
 *
 * Which split records what: a split owns the blocks that begin in its range, and everything between these blocks and
 * up to the block that follows the last of them (`nextBlock`, or the end of the file): trailers, headers and streams
 * without a block. So every trailer behind a block belongs to exactly one split. What lies before the file's first block are
 * streams without a block; the first split reads them and checks them at once.
 */
import { z } from 'zod';
import { continueFold } from './crc-fold.js';

const count = z.number().int().nonnegative();
const crcSchema = z.number().int().min(0).max(0xffff_ffff);

export const streamChecksumsSchema = z.strictObject({
  /** The stream of the first owned block. Its header may be in this split or in an earlier one. */
  first: z.strictObject({
    /** Owned blocks of this stream, and the fold of their CRCs from 0. */
    blocks: z.number().int().positive(),
    fold: crcSchema,
    /** The bit position of its end magic and the CRC behind it; null where the stream goes on in a later split. */
    end: z.strictObject({ bit: count, crc: crcSchema }).nullable(),
  }),
  /**
   * The stream that is open behind the last owned block, where it is not `first`: the bit position of its header, its
   * owned blocks (0 where all are in later splits), and their fold. Null where it is `first`, or the file ends.
   */
  last: z.strictObject({ header: count, blocks: count, fold: crcSchema }).nullable(),
});

export type StreamChecksums = z.infer<typeof streamChecksumsSchema>;

/** Bits of a stream's header: `BZh1` to `BZh9`, right before the stream's first block. */
const HEADER_BITS = 32;
/** Bits of a stream's trailer: the end magic and the CRC. Zeros pad it to a byte. */
const TRAILER_BITS = 80;

/** Records a split's share of its streams while the split is read: call the methods in the order of the file. */
export class StreamRecorder {
  #first: { blocks: number; fold: number; end: { bit: number; crc: number } | null } | null = null;
  #last: { header: number; blocks: number; fold: number } | null = null;

  /** Null before any owned block. */
  get checksums(): StreamChecksums | null {
    return this.#first === null ? null : { first: { ...this.#first }, last: this.#last && { ...this.#last } };
  }

  /** An owned block. */
  addBlock(crc: number): void {
    this.#first ??= { blocks: 0, fold: 0, end: null };
    const stream = this.#last ?? this.#first;
    stream.fold = continueFold(stream.fold, 1, crc);
    stream.blocks += 1;
  }

  /** A stream's end magic at `bit`, behind an owned block. */
  addEnd(bit: number, crc: number): void {
    if (this.#first === null) return;
    this.#first.end ??= { bit, crc };
    this.#last = null;
  }

  /** A stream's header at `bit`, behind an owned block. */
  addHeader(bit: number): void {
    if (this.#first !== null) this.#last = { header: bit, blocks: 0, fold: 0 };
  }
}

/** What the join needs of a receipt. */
export interface StreamShare {
  readonly split: { readonly index: number };
  readonly firstBlock: number | null;
  readonly nextBlock: number | null;
  /** Null where the split owns no block, and in a file that has none (gzip, plain XML: `firstBlock` is 0). */
  readonly streams: StreamChecksums | null;
}

export type StreamProblem =
  | {
      readonly kind: 'crc';
      /** Bit positions of the stream's header and of the byte border behind its trailer. */
      readonly from: number;
      readonly to: number;
      readonly blocks: number;
      /** The CRC in the trailer, and the fold of the blocks. */
      readonly expected: number;
      readonly received: number;
      /** The splits that own its blocks, ascending. */
      readonly splits: readonly number[];
    }
  /** A receipt says of its streams what cannot be. */
  | {
      readonly kind: 'contradiction';
      readonly expected: string;
      readonly received: string;
      readonly splits: readonly number[];
    };

interface OpenStream {
  readonly header: number;
  blocks: number;
  fold: number;
  readonly splits: number[];
}

/**
 * Compares the CRC of each stream that no split has alone, over the receipts of a file in order. `firstBlock` is the file's
 * first block, `size` the bytes of the file. Where the blocks of two splits do not meet, which is another problem, the
 * stream that is open there cannot be compared.
 */
export function streamProblems(
  size: number,
  firstBlock: number | null,
  shares: readonly StreamShare[],
): StreamProblem[] {
  const problems: StreamProblem[] = [];
  let open: OpenStream | null =
    firstBlock === null ? null : { header: firstBlock - HEADER_BITS, blocks: 0, fold: 0, splits: [] };
  let expectedBlock = firstBlock;
  for (const share of shares) {
    const { split, firstBlock: from, nextBlock: to, streams } = share;
    const contradiction = contradictionOf(size, share);
    if (contradiction !== null) problems.push({ kind: 'contradiction', ...contradiction, splits: [split.index] });
    if (from === null || to === null) continue;
    if (from !== expectedBlock) open = null;
    expectedBlock = to;
    if (streams === null || contradiction !== null) {
      open = null;
      continue;
    }
    const { first, last } = streams;
    if (open !== null) {
      open.blocks += first.blocks;
      open.fold = continueFold(open.fold, first.blocks, first.fold);
      open.splits.push(split.index);
    }
    if (first.end === null) continue;
    if (open !== null && open.fold !== first.end.crc) {
      const end = Math.ceil((first.end.bit + TRAILER_BITS) / 8) * 8;
      const { header, blocks, fold, splits } = open;
      problems.push({ kind: 'crc', from: header, to: end, blocks, expected: first.end.crc, received: fold, splits });
    }
    open = last === null ? null : { ...last, splits: last.blocks > 0 ? [split.index] : [] };
  }
  return problems;
}

function contradictionOf(
  size: number,
  { firstBlock, nextBlock, streams }: StreamShare,
): { expected: string; received: string } | null {
  // one of them alone is a contradiction that the join of blocks reports
  if ((firstBlock === null) !== (nextBlock === null)) return null;
  const owns = firstBlock !== null && firstBlock > 0;
  if (owns !== (streams !== null)) {
    const [expected, received] = owns ? ['checksums of streams', 'none'] : ['no checksums of streams', 'some'];
    return {
      expected: `${expected} for a first block ${firstBlock === null ? 'null' : `at bit ${firstBlock}`}`,
      received,
    };
  }
  if (firstBlock === null || nextBlock === null || streams === null) return null;
  const { first, last } = streams;
  if (first.end !== null && (first.end.bit <= firstBlock || first.end.bit >= nextBlock))
    return { expected: `a stream's end between bits ${firstBlock} and ${nextBlock}`, received: `bit ${first.end.bit}` };
  if (first.end === null && last !== null)
    return { expected: 'no second stream, as the first has no end', received: `a header at bit ${last.header}` };
  if (last !== null && (last.header < (first.end?.bit ?? 0) || last.header > nextBlock - HEADER_BITS))
    return { expected: `a header before bit ${nextBlock}, behind the first stream`, received: `bit ${last.header}` };
  const isEnd = nextBlock === 8 * size;
  const isOpen = first.end === null || last !== null;
  if (isEnd === isOpen) {
    const [open, none] = [`a stream that is open at bit ${nextBlock}`, `no stream that is open at bit ${nextBlock}`];
    return isEnd ? { expected: none, received: open } : { expected: open, received: none };
  }
  return null;
}
