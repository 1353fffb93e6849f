/** Takes bzip2 files apart into blocks, bit by bit, and puts blocks together again under the CRCs that are given. */
import { findMagics } from '@wikifleet/bzip2/find-magic';

export interface TestBlock {
  /** Of its bytes, as the block's head has it. */
  readonly crc: number;
  /** All its bits as `0` and `1`, from the magic on. */
  readonly bits: string;
}

export interface TestStream {
  readonly level: string;
  readonly blocks: readonly TestBlock[];
  /** As the trailer has it. */
  readonly crc: number;
}

const MAGIC_BITS = 48;
const END_MAGIC = 0x177245385090n.toString(2).padStart(MAGIC_BITS, '0');

/** The streams of a file in whose blocks no magic stands by chance. */
export function cutStreams(file: Uint8Array): TestStream[] {
  let all = '';
  for (const byte of file) all += byte.toString(2).padStart(8, '0');
  const crcAt = (bit: number): number => Number.parseInt(all.slice(bit, bit + 32), 2);
  const streams: TestStream[] = [];
  const magics = [...findMagics(file)];
  let header = 0;
  let blocks: TestBlock[] = [];
  for (const [i, { kind, bit }] of magics.entries()) {
    if (kind === 'block') {
      blocks.push({ crc: crcAt(bit + MAGIC_BITS), bits: all.slice(bit, magics[i + 1]?.bit) });
      continue;
    }
    streams.push({ level: String.fromCharCode(file[header + 3] ?? 0), blocks, crc: crcAt(bit + MAGIC_BITS) });
    header = Math.ceil((bit + MAGIC_BITS + 32) / 8);
    blocks = [];
  }
  return streams;
}

export function joinStreams(streams: readonly TestStream[]): Buffer {
  return Buffer.concat(
    streams.flatMap(({ level, blocks, crc }) => {
      const bits = `${blocks.map((block) => block.bits).join('')}${END_MAGIC}${crc.toString(2).padStart(32, '0')}`;
      const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
      for (let at = 0; at < bytes.length; at += 1) {
        bytes[at] = Number.parseInt(bits.slice(8 * at, 8 * at + 8).padEnd(8, '0'), 2);
      }
      return [Buffer.from(`BZh${level}`), bytes];
    }),
  );
}

/** What the trailer should have: block by block, as bzip2 itself does it. */
export function crcOf(blocks: readonly TestBlock[]): number {
  let fold = 0;
  for (const { crc } of blocks) fold = (((fold << 1) | (fold >>> 31)) ^ crc) >>> 0;
  return fold;
}

/** Where each stream of `joinStreams` begins and ends, in bits. */
export function rangesOf(streams: readonly TestStream[]): { from: number; to: number }[] {
  let at = 0;
  return streams.map((stream) => {
    const from = at;
    at += 8 * joinStreams([stream]).length;
    return { from, to: at };
  });
}
