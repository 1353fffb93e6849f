import { suffixArray } from './suffix-array.js';

/** A block after the Burrows-Wheeler transform: the last column of its sorted rotations, and the row of the block itself. */
export interface SortedBlock {
  readonly lastColumn: Uint8Array;
  readonly origin: number;
}

/**
 * The Burrows-Wheeler transform of a block, over its rotations as bzip2 has it.
 *
 * For a Lyndon word (strictly the least of its rotations) the order of the rotations is that of the suffixes, so the block
 * is turned to its least rotation first (Giancarlo, Restivo and Sciortino, "From first principles to the Burrows and Wheeler
 * transform and beyond, via combinatorial optimization", 2007). A block that is a power of a shorter word has equal
 * rotations: the word is sorted, and each row stands as often as the word does.
 */
export function sortBlock(block: Uint8Array): SortedBlock {
  const n = block.length;
  const { start, period } = leastRotation(block);
  const word = new Uint8Array(period);
  const head = Math.min(period, n - start);
  word.set(block.subarray(start, start + head));
  word.set(block.subarray(0, period - head), head);

  const rows = suffixArray(word, 255);
  const times = n / period;
  const lastColumn = new Uint8Array(n);
  const blockStart = (period - (start % period)) % period;
  let origin = 0;
  for (let row = 0, at = 0; row < period; row++) {
    const suffix = rows[row]!;
    if (suffix === blockStart) origin = at;
    const symbol = word[suffix === 0 ? period - 1 : suffix - 1]!;
    for (let i = 0; i < times; i++) lastColumn[at++] = symbol;
  }
  return { lastColumn, origin };
}

/** Where the least rotation of `block` starts, and the length of the shortest word that `block` is a power of. */
function leastRotation(block: Uint8Array): { start: number; period: number } {
  const n = block.length;
  let i = 0;
  let j = 1;
  let equal = 0;
  while (i < n && j < n && equal < n) {
    const a = i + equal;
    const b = j + equal;
    const left = block[a < n ? a : a - n]!;
    const right = block[b < n ? b : b - n]!;
    if (left === right) {
      equal++;
      continue;
    }
    // No rotation that starts in the compared stretch of the greater side can be the least one.
    if (left > right) i += equal + 1;
    else j += equal + 1;
    if (i === j) j++;
    equal = 0;
  }
  return { start: Math.min(i, j), period: equal === n ? Math.abs(i - j) : n };
}
