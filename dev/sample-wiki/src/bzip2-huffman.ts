import type { BitWriter } from './bit-writer.js';

/** Symbols coded with one table before the next selector. */
const GROUP_SIZE = 50;
/** The longest code; the format allows 20, bzip2 itself keeps to 17. */
const MAX_LENGTH = 17;
const ROUNDS = 4;

/** Writes the tables, the selectors and the codes of a block's symbols (0 to `alphabetSize` - 1, the last one its end). */
export function writeHuffman(out: BitWriter, symbols: Uint16Array, alphabetSize: number): void {
  const groups = Math.ceil(symbols.length / GROUP_SIZE);
  const selectors = new Uint8Array(groups);
  const tables = chooseTables(symbols, alphabetSize, selectors);

  out.write(3, tables.length);
  out.write(15, groups);
  writeSelectors(out, selectors, tables.length);
  for (const lengths of tables) writeLengths(out, lengths);

  const codes = tables.map(canonicalCodes);
  for (let group = 0, at = 0; group < groups; group++) {
    const lengths = tables[selectors[group]!]!;
    const code = codes[selectors[group]!]!;
    const end = Math.min(at + GROUP_SIZE, symbols.length);
    for (; at < end; at++) {
      const symbol = symbols[at]!;
      out.write(lengths[symbol]!, code[symbol]!);
    }
  }
}

/** Refines two to six tables of code lengths: each group of symbols takes the table that codes it best, in turn. */
function chooseTables(symbols: Uint16Array, alphabetSize: number, selectors: Uint8Array): Uint8Array[] {
  const tables = firstTables(symbols, alphabetSize);
  const counts = tables.map(() => new Int32Array(alphabetSize));
  for (let round = 0; round < ROUNDS; round++) {
    for (const count of counts) count.fill(0);
    for (let group = 0, start = 0; start < symbols.length; group++, start += GROUP_SIZE) {
      const end = Math.min(start + GROUP_SIZE, symbols.length);
      let best = 0;
      let bestCost = Infinity;
      for (let t = 0; t < tables.length; t++) {
        const lengths = tables[t]!;
        let cost = 0;
        for (let i = start; i < end; i++) cost += lengths[symbols[i]!]!;
        if (cost < bestCost) {
          best = t;
          bestCost = cost;
        }
      }
      selectors[group] = best;
      const count = counts[best]!;
      for (let i = start; i < end; i++) count[symbols[i]!]!++;
    }
    for (let t = 0; t < tables.length; t++) tables[t] = codeLengths(counts[t]!);
  }
  return tables;
}

/** Tables to begin with: each is cheap for one stretch of the alphabet, the stretches being about equally frequent. */
function firstTables(symbols: Uint16Array, alphabetSize: number): Uint8Array[] {
  const n = symbols.length;
  const tableCount = n < 200 ? 2 : n < 600 ? 3 : n < 1200 ? 4 : n < 2400 ? 5 : 6;
  const frequency = new Int32Array(alphabetSize);
  for (let i = 0; i < n; i++) frequency[symbols[i]!]!++;
  let left = n;
  let from = 0;
  return Array.from({ length: tableCount }, (_, t) => {
    const lengths = new Uint8Array(alphabetSize).fill(15);
    const wanted = Math.floor(left / (tableCount - t));
    for (let taken = 0; from < alphabetSize && taken < wanted; from++) {
      taken += frequency[from]!;
      left -= frequency[from]!;
      lengths[from] = 0;
    }
    return lengths;
  });
}

/** Huffman code lengths of 1 to 17 for all symbols, also those that do not occur: a table codes the whole alphabet. */
export function codeLengths(counts: Int32Array): Uint8Array {
  const n = counts.length;
  const weights = Array.from(counts, (count) => Math.max(count, 1));
  for (;;) {
    const lengths = huffmanLengths(weights);
    if (lengths.every((length) => length <= MAX_LENGTH)) return lengths;
    // Flatter weights make a flatter tree.
    for (let i = 0; i < n; i++) weights[i] = 1 + (weights[i]! >> 1);
  }
}

/** Two queues, leaves by weight and inner nodes as they arise, give the two lightest nodes without a heap. */
function huffmanLengths(weights: readonly number[]): Uint8Array {
  const n = weights.length;
  const leaves = Array.from(weights.keys()).toSorted((a, b) => weights[a]! - weights[b]! || a - b);
  const weight = [...weights];
  const parent = new Int32Array(2 * n - 1);
  let leaf = 0;
  let inner = n;
  for (let node = n; node < 2 * n - 1; node++) {
    weight.push(0);
    for (let child = 0; child < 2; child++) {
      const takeLeaf = leaf < n && (inner === node || weight[leaves[leaf]!]! <= weight[inner]!);
      const taken = takeLeaf ? leaves[leaf++]! : inner++;
      parent[taken] = node;
      weight[node]! += weight[taken]!;
    }
  }
  const depth = new Int32Array(2 * n - 1);
  for (let node = 2 * n - 3; node >= 0; node--) depth[node] = depth[parent[node]!]! + 1;
  return Uint8Array.from(depth.subarray(0, n));
}

/** Codes in ascending order of length, then of symbol. */
function canonicalCodes(lengths: Uint8Array): Int32Array {
  const codes = new Int32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= MAX_LENGTH; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === length) codes[symbol] = code++;
    }
    code <<= 1;
  }
  return codes;
}

/** Selectors move to front, then unary: so many ones, and a zero. */
function writeSelectors(out: BitWriter, selectors: Uint8Array, tableCount: number): void {
  const front = Array.from({ length: tableCount }, (_, t) => t);
  for (const selector of selectors) {
    const place = front.indexOf(selector);
    front.splice(place, 1);
    front.unshift(selector);
    out.write(place + 1, (1 << (place + 1)) - 2);
  }
}

/** The first length in five bits, then per symbol `10` for one more, `11` for one less, `0` when reached. */
function writeLengths(out: BitWriter, lengths: Uint8Array): void {
  let current = lengths[0]!;
  out.write(5, current);
  for (const length of lengths) {
    for (; current < length; current++) out.write(2, 2);
    for (; current > length; current--) out.write(2, 3);
    out.write(1, 0);
  }
}
