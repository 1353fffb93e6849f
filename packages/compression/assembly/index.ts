// The kernel of the compressors. What the memory holds where is in layout.ts; the bounds of INPUT are the caller's to check.

import { beginStream, compressPiece } from './deflate';
import { claimMemory } from './layout';
import { compressFragment } from './snappy';

export { INPUT, INPUT_BYTES, OUTPUT } from './layout';

claimMemory();

/** Compresses a fragment of a snappy block, of 65,536 bytes at most, from INPUT to OUTPUT. Returns its length. */
export function snappy(length: i32): i32 {
  return i32(compressFragment(length));
}

/** Begins a stream of DEFLATE. Another one, or snappy, ends it. */
export function deflateBegin(): void {
  beginStream();
}

/** Compresses the next piece of the stream from INPUT to OUTPUT. All pieces but the last have INPUT_BYTES. Returns its length. */
export function deflate(length: i32, isLast: i32): i32 {
  return i32(compressPiece(length, isLast != 0));
}
