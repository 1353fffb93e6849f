// The kernel of the compressors. What the memory holds where is in layout.ts; the bound of INPUT is the caller's to check.

import { claimMemory } from './layout';
import { compressFragment } from './snappy';

export { INPUT, INPUT_BYTES, OUTPUT } from './layout';

claimMemory();

/** Compresses a fragment of a snappy block from INPUT to OUTPUT. Returns its length. */
export function snappy(length: i32): i32 {
  return i32(compressFragment(length));
}
