// Huffman codes of limited length: RFC 1951, section 3.2.2.

import { CODES } from './layout';

/** Symbols of the largest alphabet: literals and lengths. */
const MAX_SYMBOLS: usize = 288;
const MAX_BITS: usize = 15;

// what a code is built from
const SORTED: usize = CODES; // u32: symbols, the rarest first, below their frequency
const WEIGHTS: usize = SORTED + 4 * MAX_SYMBOLS; // u32, of the tree's nodes: leaves, then inner ones
const PARENTS: usize = WEIGHTS + 8 * MAX_SYMBOLS; // u32, of the nodes; then their depths
const COUNTS: usize = PARENTS + 8 * MAX_SYMBOLS; // u32: codes of each length
const NEXT_CODES: usize = COUNTS + 4 * (MAX_BITS + 1); // u32: of each length
/** Behind what this file needs. */
export const CODES_FREE: usize = NEXT_CODES + 4 * (MAX_BITS + 1);

/** Bits of a symbol and how many, as they are written: the code's first bit is the lowest. */
export function codeBits(entry: u32): u64 {
  return entry & 0xffff;
}

export function codeLength(entry: u32): u32 {
  return entry >> 16;
}

/**
 * Builds the code of the symbols from their frequencies (u32 each), of at most `limit` bits: in `codes` an entry (u32) a
 * symbol, its length above its bits; 0 where it does not occur. A code has two symbols at least, so that it is complete.
 */
export function buildCode(frequencies: usize, symbols: u32, limit: u32, codes: usize): void {
  const leaves = sortSymbols(frequencies, symbols);
  memory.fill(codes, 0, 4 * symbols);
  memory.fill(COUNTS, 0, 4 * (MAX_BITS + 1));
  buildTree(leaves);
  countLengths(leaves, limit);
  assignLengths(limit, codes);
  assignCodes(symbols, codes);
}

/** Puts the symbols that occur in order of their frequency. Returns how many. */
function sortSymbols(frequencies: usize, symbols: u32): u32 {
  let count: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol += 1) {
    const frequency = load<u32>(frequencies + 4 * symbol);
    if (frequency == 0) continue;
    store<u32>(SORTED + 4 * count, (frequency << 9) | symbol);
    count += 1;
  }
  for (let symbol: u32 = 0; count < 2; symbol += 1) {
    if (load<u32>(frequencies + 4 * symbol) != 0) continue;
    store<u32>(SORTED + 4 * count, symbol);
    count += 1;
  }
  // Shell's sort
  for (let gap: u32 = 121; gap > 0; gap /= 3) {
    for (let i = gap; i < count; i += 1) {
      const value = load<u32>(SORTED + 4 * i);
      let at = i;
      for (; at >= gap && load<u32>(SORTED + 4 * (at - gap)) > value; at -= gap) {
        store<u32>(SORTED + 4 * at, load<u32>(SORTED + 4 * (at - gap)));
      }
      store<u32>(SORTED + 4 * at, value);
    }
  }
  return count;
}

/** The lightest two nodes become one, again and again; inner nodes are made in order of their weight. */
function buildTree(leaves: u32): void {
  for (let i: u32 = 0; i < leaves; i += 1) store<u32>(WEIGHTS + 4 * i, load<u32>(SORTED + 4 * i) >> 9);
  let leaf: u32 = 0;
  let inner = leaves;
  for (let made = leaves; made < 2 * leaves - 1; made += 1) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child += 1) {
      const isLeaf =
        leaf < leaves && (inner == made || load<u32>(WEIGHTS + 4 * leaf) <= load<u32>(WEIGHTS + 4 * inner));
      const node = isLeaf ? leaf : inner;
      if (isLeaf) leaf += 1;
      else inner += 1;
      weight += load<u32>(WEIGHTS + 4 * node);
      store<u32>(PARENTS + 4 * node, made);
    }
    store<u32>(WEIGHTS + 4 * made, weight);
  }
}

/** How many codes have each length; where some would be too long, others become longer. */
function countLengths(leaves: u32, limit: u32): void {
  const root = 2 * leaves - 2;
  store<u32>(PARENTS + 4 * root, 0);
  let used: u32 = 0;
  for (let node = i32(root) - 1; node >= 0; node -= 1) {
    // a parent's depth stands in its place already
    const depth = load<u32>(PARENTS + 4 * load<u32>(PARENTS + 4 * node)) + 1;
    store<u32>(PARENTS + 4 * node, depth);
    if (u32(node) >= leaves) continue;
    const length = min(depth, limit);
    store<u32>(COUNTS + 4 * length, load<u32>(COUNTS + 4 * length) + 1);
    used += 1 << (limit - length);
  }
  for (; used > 1 << limit; used -= 1) {
    let length = limit - 1;
    while (load<u32>(COUNTS + 4 * length) == 0) length -= 1;
    store<u32>(COUNTS + 4 * length, load<u32>(COUNTS + 4 * length) - 1);
    store<u32>(COUNTS + 4 * (length + 1), load<u32>(COUNTS + 4 * (length + 1)) + 2);
    store<u32>(COUNTS + 4 * limit, load<u32>(COUNTS + 4 * limit) - 1);
  }
}

/** The rarest symbols have the longest codes. */
function assignLengths(limit: u32, codes: usize): void {
  let at: u32 = 0;
  for (let length = limit; length > 0; length -= 1) {
    for (let left = load<u32>(COUNTS + 4 * length); left > 0; left -= 1) {
      store<u32>(codes + 4 * (load<u32>(SORTED + 4 * at) & 511), length << 16);
      at += 1;
    }
  }
}

function assignCodes(symbols: u32, codes: usize): void {
  let code: u32 = 0;
  for (let length: u32 = 1; length <= u32(MAX_BITS); length += 1) {
    code = (code + load<u32>(COUNTS + 4 * (length - 1))) << 1;
    store<u32>(NEXT_CODES + 4 * length, code);
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol += 1) {
    const length = load<u32>(codes + 4 * symbol) >> 16;
    if (length == 0) continue;
    const next = load<u32>(NEXT_CODES + 4 * length);
    store<u32>(NEXT_CODES + 4 * length, next + 1);
    store<u32>(codes + 4 * symbol, (length << 16) | reversed(next, length));
  }
}

function reversed(code: u32, length: u32): u32 {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < length; i += 1) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}
