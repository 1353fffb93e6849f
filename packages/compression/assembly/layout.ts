// The memory, in one table: nothing lies anywhere else, and nothing grows after the start.
//
// | from   | bytes        | what                                                                          |
// | ------ | ------------ | ----------------------------------------------------------------------------- |
// | 0      | 16 KiB       | the compiler's: constants                                                     |
// | TABLE  | TABLE_BYTES  | positions by the hash of what stands there (snappy.ts)                        |
// | INPUT  | INPUT_BYTES  | what is to be compressed, set by the caller; PADDING behind it                |
// | OUTPUT | OUTPUT_BYTES | what it is compressed to                                                      |

export const TABLE: usize = 0x4000;
export const TABLE_BYTES: usize = 0x10000;
export const PADDING: usize = 64;
export const INPUT: usize = TABLE + TABLE_BYTES;
export const INPUT_BYTES: usize = 0x10000;
export const OUTPUT: usize = INPUT + INPUT_BYTES + PADDING;
/** What snappy says a block of INPUT_BYTES may become at most. */
export const OUTPUT_BYTES: usize = 32 + INPUT_BYTES + INPUT_BYTES / 6;

const WASM_PAGE: usize = 0x10000;

/** Fails where the compiler's part is too small, and so for every input. */
export function claimMemory(): void {
  if (__heap_base > TABLE) unreachable();
  memory.grow(i32((OUTPUT + OUTPUT_BYTES + PADDING + WASM_PAGE - 1) / WASM_PAGE) - memory.size());
}
