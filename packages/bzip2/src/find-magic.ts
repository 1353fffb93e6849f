/** The 48 bits of π before a block, and of √π before a stream's CRC, in two halves. */
const BLOCK_MAGIC = [0x314159, 0x265359] as const;
const END_MAGIC = [0x177245, 0x385090] as const;

/** What 48 bits stand before: a block, or the CRC at the end of a stream. In a block's data they can occur by chance. */
export interface Magic {
  readonly kind: 'block' | 'end';
  /** The bit position of the first of the 48 bits in the input. */
  readonly bit: number;
}

export const MAGIC_BITS = 48;

/**
 * At any bit offset a magic has at least four pairs of neighbouring whole bytes, the first of them at the second byte it
 * touches. So of every four pairs in the input one is looked up, and each magic is met by exactly one of those.
 */
const PAIRS = 4;

/** By pair of bytes: 1 where it occurs in a magic. */
const isPair = new Uint8Array(0x10000);

/** By such a pair: how many bits before it a magic may begin, descending. */
const distances = new Map<number, number[]>();

for (let shift = 0; shift < 8; shift++) {
  for (let index = 1; index <= PAIRS; index++) {
    for (const [high, low] of [BLOCK_MAGIC, END_MAGIC]) {
      const bits = (BigInt(high) << 24n) | BigInt(low);
      const pair = Number((bits >> BigInt(MAGIC_BITS + shift - 16 - 8 * index)) & 0xffffn);
      isPair[pair] = 1;
      const known = new Set(distances.get(pair)).add(8 * index - shift);
      distances.set(
        pair,
        Array.from(known).sort((a, b) => b - a),
      );
    }
  }
}

/**
 * All magics that begin at a bit in `[fromBit, toBit)` and lie whole within `input`, ascending. With `toBit` left out, to
 * the end of the input. Pure: what it yields depends on the bytes at the time of the step.
 */
export function* findMagics(input: Uint8Array, fromBit = 0, toBit = input.length * 8): Generator<Magic, void, void> {
  const stop = Math.min(toBit, input.length * 8 - MAGIC_BITS + 1);
  const lastPair = Math.floor((stop - 1) / 8) + PAIRS;
  for (let at = Math.floor(fromBit / 8) + PAIRS; ; at += PAIRS) {
    at = nextPair(input, at, lastPair);
    if (at < 0) return;
    for (const distance of distances.get((input[at]! << 8) | input[at + 1]!) ?? []) {
      const bit = at * 8 - distance;
      if (bit < fromBit || bit >= stop) continue;
      const kind = magicAt(input, bit);
      if (kind !== null) yield { kind, bit };
    }
  }
}

/** Which magic the 48 bits at bit position `bit` are; null for none, or fewer bits. */
export function magicAt(input: Uint8Array, bit: number): Magic['kind'] | null {
  const high = bits24(input, bit);
  if (high === BLOCK_MAGIC[0]) return bits24(input, bit + 24) === BLOCK_MAGIC[1] ? 'block' : null;
  if (high === END_MAGIC[0]) return bits24(input, bit + 24) === END_MAGIC[1] ? 'end' : null;
  return null;
}

/** The 24 bits at bit position `bit`, or -1 where there are fewer. */
export function bits24(input: Uint8Array, bit: number): number {
  if (bit + 24 > input.length * 8) return -1;
  const at = Math.floor(bit / 8);
  const shift = bit % 8;
  const next = shift === 0 ? 0 : input[at + 3]!;
  const word = (input[at]! << 24) | (input[at + 1]! << 16) | (input[at + 2]! << 8) | next;
  return (word << shift) >>> 8;
}

/** The first of `at`, `at + 4`, … up to `last` where a pair of a magic begins; -1 for none. A function of its own for its speed. */
function nextPair(input: Uint8Array, at: number, last: number): number {
  const end = Math.min(last, input.length - 2);
  for (; at <= end; at += PAIRS) {
    if (isPair[(input[at]! << 8) | input[at + 1]!] === 1) return at;
  }
  return -1;
}
