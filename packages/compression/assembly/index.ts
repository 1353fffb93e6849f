// The kernel of the compressors. What the memory holds where is in layout.ts; the bounds of INPUT are the caller's to check.

import { beginStream, compressPiece } from './deflate';
import { claimMemory } from './layout';
import { compressBlockPiece } from './snappy';

export { INPUT, INPUT_BYTES, OUTPUT } from './layout';

claimMemory();

/**
 * Compresses a piece of a snappy block from INPUT to OUTPUT: what stands behind the first `from` bytes, which are the 65,536
 * before it, or all. `position`: where in the block INPUT begins. Returns the length of its elements.
 */
export function snappy(from: i32, length: i32, position: u32): i32 {
  return i32(compressBlockPiece(from, length, position));
}

/** Begins a stream of DEFLATE. Another one, or snappy, ends it. */
export function deflateBegin(): void {
  beginStream();
}

/** Compresses the next piece of the stream from INPUT to OUTPUT. All pieces but the last have INPUT_BYTES. Returns its length. */
export function deflate(length: i32, isLast: i32): i32 {
  return i32(compressPiece(length, isLast != 0));
}
