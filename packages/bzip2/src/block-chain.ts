import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import { StreamRecorder } from '@wikifleet/domain/stream-checksums';
import type { StreamChecksums } from '@wikifleet/domain/stream-checksums';
import { MAX_BLOCK_BYTES } from './block-decoder.js';
import type { BlockDecoders, DecodedBlock } from './block-decoders.js';
import { bzip2Error, hex32 } from './bzip2-error.js';
import { CompressedWindow } from './compressed-window.js';
import { combineCrc } from './crc32.js';
import { MAGIC_BITS, bits24, magicAt } from './find-magic.js';

/** A block of the chain, in the order of the file. */
export interface ChainedBlock {
  /** The bit position of its magic, from the beginning of the file. */
  readonly bit: number;
  /** Whether it begins in the split. */
  readonly owned: boolean;
  /** The next slice of its bytes, a view that is good until the next call; null after the last. */
  read(): Uint8Array | null;
}

export interface ChainOptions {
  /** The file's bytes from `start` on, to its end; as much is taken as is needed. */
  readonly source: AsyncIterable<Uint8Array>;
  /** The split, in bytes of the file: blocks whose magic begins in it are owned. */
  readonly start: number;
  readonly end: number;
  /** Bytes of the file. */
  readonly size: number;
  readonly decoders: BlockDecoders;
  /** Is called with the byte where each stream's header begins, before the stream's blocks come. */
  readonly onStream?: (byte: number) => void;
}

interface Ahead {
  readonly level: number;
  readonly block: Promise<DecodedBlock>;
}

const HEADER_BITS = 32;
const TRAILER_BITS = MAGIC_BITS + 32;
const MAX_LEVEL = 9;
/** A candidate that is followed by neither a magic nor a stream's end was there by chance. */
const CANDIDATE_CODES = /^BZIP2_/;
/** By chance a magic occurs in one of a million splits. More than so many are damage or malice, and each costs a trial. */
export const MAX_REJECTED_CANDIDATES = 100;
/** Magics that are held for each block that is asked for ahead: hostile data may consist of magics. */
const MAGICS_PER_BLOCK = 16;

/**
 * The blocks of a bzip2 file from a split's first one on, each right behind the one before it, to the file's end: who
 * reads them stops when the split's last page is over. A split in mid-file begins with the first magic that decodes and
 * is followed by another or by a stream's end; from there on nothing is passed over, and any error ends the chain.
 * Memory: a window of the blocks that the pool has at once.
 */
export class BlockChain {
  readonly #options: ChainOptions;
  readonly #window: CompressedWindow;
  readonly #ahead = new Map<number, Ahead>();
  /** Up to where everything is decoded. */
  #bit: number;
  #level = MAX_LEVEL;
  #end: number;
  /** Whether a block or the stream's end must follow: a file that ends at a block's last bit is cut short, too. */
  #inStream = true;
  /** Null where the stream's beginning was not seen: then its checksum is compared where the receipts join. */
  #streamCrc: number | null = null;
  #firstBlock: number | null = null;
  #nextBlock: number | null = null;
  /** The block that was handed out last. */
  #taken: { readonly bit: number; readonly crc: number } | null = null;
  readonly #streams = new StreamRecorder();
  /** Blocks behind the split that were needed so far. */
  #beyond = 0;
  readonly #rejectedCandidates: number[] = [];

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#window = new CompressedWindow(options.source, options.start);
    this.#bit = options.start * 8;
    this.#end = options.end;
  }

  /** The first owned block; null where none is. */
  get firstBlock(): number | null {
    return this.#firstBlock;
  }

  /** What follows the last owned block: the next block, or the end of the file; null until it is reached. */
  get nextBlock(): number | null {
    return this.#nextBlock;
  }

  /** The split's share of its streams' checksums, complete once `nextBlock` is known; null where no block is owned. */
  get streams(): StreamChecksums | null {
    return this.#streams.checksums;
  }

  /** Up to which byte of the file everything is decoded. */
  get position(): number {
    return Math.floor(this.#bit / 8);
  }

  /** Makes all blocks owned, from the one that was handed out last on. */
  ownAll(): void {
    this.#end = this.#options.size;
    if (this.#firstBlock !== null || this.#taken === null) return;
    this.#firstBlock = this.#taken.bit;
    this.#streams.addBlock(this.#taken.crc);
  }

  /** Bit positions of magics before the first block that were there by chance, or whose block is broken. */
  get rejectedCandidates(): readonly number[] {
    return this.#rejectedCandidates;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChainedBlock> {
    try {
      if (this.#options.start === 0) await this.#readHeader();
      else if (!(await this.#findFirst())) return;
      for (;;) {
        const block = await this.#next();
        if (block === null) return;
        yield block;
      }
    } finally {
      await this.#window.close();
    }
  }

  /** The next block of the chain, over stream ends and headers; null at the end of the file. */
  async #next(): Promise<ChainedBlock | null> {
    for (;;) {
      this.#window.dropTo(this.#bit);
      await this.#window.growTo(Math.ceil((this.#bit + TRAILER_BITS) / 8));
      if (!this.#inStream && this.#bit === this.#options.size * 8) return this.#atEnd();
      const kind = magicAt(this.#window.bytes, this.#at());
      if (kind === 'block') return await this.#takeBlock();
      if (kind !== 'end') throw this.#badMagic();
      await this.#readTrailer();
    }
  }

  #atEnd(): null {
    if (this.#firstBlock !== null) this.#nextBlock ??= this.#bit;
    return null;
  }

  async #takeBlock(): Promise<ChainedBlock> {
    const bit = this.#bit;
    const owned = bit < this.#end * 8;
    if (owned) this.#firstBlock ??= bit;
    else {
      this.#beyond += 1;
      if (this.#firstBlock !== null) this.#nextBlock ??= bit;
    }
    const block = await this.#decode(bit, this.#level);
    this.#taken = { bit, crc: block.crc };
    this.#bit = block.endBit;
    if (owned) this.#streams.addBlock(block.crc);
    if (this.#streamCrc !== null) this.#streamCrc = combineCrc(this.#streamCrc, block.crc);
    return { bit, owned, read: () => block.read() };
  }

  /** Decodes the block at `bit`, and asks for those behind it. */
  async #decode(bit: number, level: number): Promise<DecodedBlock> {
    const asked = this.#ahead.get(bit);
    this.#ahead.delete(bit);
    const block = asked?.level === level ? asked.block : this.#ask(bit, level, await this.#extent(bit));
    await this.#askAhead();
    try {
      return await block;
    } catch (error) {
      if (codeOf(error) !== 'BZIP2_TRUNCATED') throw error;
    }
    // a magic by chance inside the block: it is longer than it seemed
    const furthest = Math.floor(bit / 8) + MAX_BLOCK_BYTES;
    await this.#window.growTo(furthest + 1);
    return await this.#ask(bit, level, furthest + 1);
  }

  #ask(bit: number, level: number, end: number): Promise<DecodedBlock> {
    const base = Math.floor(bit / 8);
    const block = this.#options.decoders.decode(this.#window.view(base, end), base, bit, level);
    // whoever needs it awaits it, maybe later than it fails; nobody may need it at all
    block.catch(() => {});
    return block;
  }

  /** Up to which byte a block seems to reach: to the next magic, or as far as any block can. */
  async #extent(bit: number): Promise<number> {
    const furthest = Math.floor(bit / 8) + MAX_BLOCK_BYTES;
    for (;;) {
      const next = this.#window.magics.find((magic) => magic.bit > bit);
      if (next !== undefined) return Math.ceil((next.bit + MAGIC_BITS) / 8);
      if (this.#window.ended || this.#window.end >= furthest) return this.#window.end;
      await this.#window.grow();
    }
  }

  /** Asks the pool for the blocks behind this one, as many as it takes, by where magics stand. */
  async #askAhead(): Promise<void> {
    const { ahead } = this.#options.decoders;
    if (ahead === 0) return;
    // what lies behind was asked for by mistake: a magic inside a block
    for (const bit of this.#ahead.keys()) if (bit < this.#bit) this.#ahead.delete(bit);
    await this.#growAhead(ahead);
    let level = this.#level;
    let beyond = this.#aheadBeyond();
    const { magics } = this.#window;
    for (const [i, { kind, bit }] of magics.entries()) {
      if (this.#ahead.size >= ahead) return;
      if (kind === 'end') level = this.#levelAfter(bit) ?? level;
      if (kind === 'end' || bit <= this.#bit) continue;
      if (bit >= this.#end * 8 && beyond-- <= 0) return;
      const next = magics[i + 1];
      if (next === undefined || this.#ahead.has(bit)) continue;
      this.#ahead.set(bit, { level, block: this.#ask(bit, level, Math.ceil((next.bit + MAGIC_BITS) / 8)) });
    }
  }

  /** Blocks behind the split that are worth asking for: none at first, for pages are short; then more and more. */
  #aheadBeyond(): number {
    return Math.max(0, this.#beyond - 1);
  }

  /** Holds enough of the file that as many blocks can be asked for; not more than they can at most need. */
  async #growAhead(ahead: number): Promise<void> {
    const furthest = Math.floor(this.#bit / 8) + (ahead + 1) * MAX_BLOCK_BYTES;
    while (!this.#window.ended && this.#window.end < furthest && !this.#holdsEnough(ahead)) await this.#window.grow();
  }

  #holdsEnough(ahead: number): boolean {
    const { magics } = this.#window;
    let beyond = this.#aheadBeyond();
    if (this.#bit >= this.#end * 8 && beyond === 0) return true;
    if (magics.length > MAGICS_PER_BLOCK * (ahead + 1)) return true;
    let blocks = 0;
    for (const { kind, bit } of magics) {
      if (kind === 'end' || bit <= this.#bit) continue;
      // the first that is not asked for says where the last one ends
      if (blocks === ahead || (bit >= this.#end * 8 && beyond-- <= 0)) return true;
      blocks += 1;
    }
    return false;
  }

  /** The level of the stream that follows a stream's end; null where no header is seen there. */
  #levelAfter(endMagic: number): number | null {
    const at = Math.ceil((endMagic + TRAILER_BITS) / 8) - this.#window.base;
    const header = this.#window.bytes.subarray(at, at + HEADER_BITS / 8).toString('latin1');
    return /^BZh[1-9]$/.test(header) ? Number(header[3]) : null;
  }

  async #readTrailer(): Promise<void> {
    const at = this.#at();
    const { bytes, end } = this.#window;
    if (at + TRAILER_BITS > bytes.length * 8)
      throw bzip2Error('BZIP2_TRUNCATED', end * 8, "a stream's CRC", 'the end of the data');
    const crc = ((bits24(bytes, at + MAGIC_BITS) << 8) | (bits24(bytes, at + TRAILER_BITS - 24) & 255)) >>> 0;
    // behind `nextBlock` another split records it
    if (this.#nextBlock === null) this.#streams.addEnd(this.#bit, crc);
    if (this.#streamCrc !== null && crc !== this.#streamCrc) {
      throw bzip2Error('BZIP2_STREAM_CRC', this.#bit, `the stream's CRC ${hex32(crc)}`, hex32(this.#streamCrc));
    }
    this.#bit = Math.ceil((this.#bit + TRAILER_BITS) / 8) * 8;
    this.#inStream = false;
    await this.#window.growTo(this.#bit / 8 + HEADER_BITS / 8);
    if (this.#bit < this.#options.size * 8) await this.#readHeader();
  }

  async #readHeader(): Promise<void> {
    await this.#window.growTo(this.#bit / 8 + HEADER_BITS / 8);
    const at = this.#bit / 8 - this.#window.base;
    const header = this.#window.bytes.subarray(at, at + HEADER_BITS / 8).toString('latin1');
    const received = `the bytes ${Buffer.from(header, 'latin1').toString('hex')}`;
    if (!/^BZh[1-9]$/.test(header)) {
      if (header.length < 4 && 'BZh'.startsWith(header.slice(0, 3))) {
        throw bzip2Error('BZIP2_TRUNCATED', this.#window.end * 8, "a stream's header", 'the end of the data');
      }
      throw this.#bit === 0
        ? bzip2Error('BZIP2_BAD_HEADER', 0, 'BZh1 to BZh9', received)
        : bzip2Error('BZIP2_TRAILING_GARBAGE', this.#bit, 'another stream (BZh1 to BZh9) or the end', received);
    }
    this.#level = Number(header[3]);
    if (this.#nextBlock === null) this.#streams.addHeader(this.#bit);
    this.#options.onStream?.(this.#bit / 8);
    this.#streamCrc = 0;
    this.#inStream = true;
    this.#bit += HEADER_BITS;
  }

  #badMagic(): Error {
    const { bytes, end, ended } = this.#window;
    const at = this.#at();
    if (ended && at + MAGIC_BITS > bytes.length * 8) {
      return bzip2Error('BZIP2_TRUNCATED', end * 8, "a block or a stream's end", 'the end of the data');
    }
    const received = (bits24(bytes, at) * 2 ** 24 + bits24(bytes, at + 24)).toString(16).padStart(12, '0');
    return bzip2Error('BZIP2_BAD_MAGIC', this.#bit, "the magic of a block or of a stream's end", received);
  }

  /** Goes to the first magic of the split whose block decodes and is followed by one; false where none is. */
  async #findFirst(): Promise<boolean> {
    for (;;) {
      const candidate = this.#window.magics.find(({ kind }) => kind === 'block');
      if (candidate === undefined) {
        if (this.#window.ended || this.#window.end > this.#end + MAGIC_BITS) return false;
        this.#window.dropTo(Math.max(this.#window.base * 8, this.#window.end * 8 - 2 * MAGIC_BITS));
        await this.#window.grow();
        continue;
      }
      if (candidate.bit >= this.#end * 8) return false;
      this.#bit = candidate.bit;
      this.#window.dropTo(candidate.bit);
      if (await this.#isBlock(candidate.bit)) return true;
      if (this.#rejectedCandidates.length === MAX_REJECTED_CANDIDATES) throw tooManyRejected(candidate.bit);
      this.#rejectedCandidates.push(candidate.bit);
      this.#window.magics.shift();
    }
  }

  async #isBlock(bit: number): Promise<boolean> {
    try {
      const block = await this.#decode(bit, MAX_LEVEL);
      await this.#window.growTo(Math.ceil((block.endBit + MAGIC_BITS) / 8));
      if (magicAt(this.#window.bytes, block.endBit - this.#window.base * 8) === null) return false;
      this.#ahead.set(bit, { level: MAX_LEVEL, block: Promise.resolve(block) });
      return true;
    } catch (error) {
      if (!CANDIDATE_CODES.test(codeOf(error))) throw error;
      return false;
    }
  }

  /** The chain's place in the window, in bits. */
  #at(): number {
    return this.#bit - this.#window.base * 8;
  }
}

function tooManyRejected(bit: number): PermanentError {
  const place = `bit ${bit} (byte ${Math.floor(bit / 8)})`;
  const expected = `a block that can be decoded among the first ${MAX_REJECTED_CANDIDATES} magics of the split`;
  const received = 'none';
  const message = `bzip2 data at ${place}: expected ${expected}, received ${received}`;
  return new PermanentError('NO_FIRST_BLOCK', message, { place, expected, received });
}
