// The memory, in one table: nothing lies anywhere else, and nothing grows after the start. INPUT is the caller's to fill; all
// that follows it is padding for loads beyond its end, or belongs to one compressor.
//
// | from       | bytes        | what                                                                             |
// | ---------- | ------------ | -------------------------------------------------------------------------------- |
// | 0          | 16 KiB       | the compiler's: constants                                                        |
// | CODES      | 16 KiB       | DEFLATE: Huffman codes and what they are built from (huffman.ts)                 |
// | TABLE      | 256 KiB      | positions by the hash of what stands there                                       |
// | WINDOW     | 32 KiB       | DEFLATE: what stands before INPUT, for matches                                   |
// | INPUT      | INPUT_BYTES  | what is to be compressed                                                         |
// | TOKENS     | 1 MiB        | DEFLATE: literals and matches (u32 each), one for each byte of INPUT at most     |
// | OUTPUT     | OUTPUT_BYTES | what it is compressed to                                                         |

export const CODES: usize = 0x4000;
export const TABLE: usize = 0x8000;
export const TABLE_BYTES: usize = 0x40000;
export const PADDING: usize = 320;
export const WINDOW_BYTES: usize = 0x8000;
export const WINDOW: usize = TABLE + TABLE_BYTES;
export const INPUT: usize = WINDOW + WINDOW_BYTES;
export const INPUT_BYTES: usize = 0x40000;
export const TOKENS: usize = INPUT + INPUT_BYTES + PADDING;
export const OUTPUT: usize = TOKENS + 4 * INPUT_BYTES + PADDING;
/** A Huffman code of bytes that are all as frequent has eight bits a byte; snappy adds a sixth at most. */
export const OUTPUT_BYTES: usize = INPUT_BYTES + INPUT_BYTES / 4 + 0x1000;

const WASM_PAGE: usize = 0x10000;

/** Fails where the compiler's part is too small, and so for every input. */
export function claimMemory(): void {
  if (__heap_base > CODES) unreachable();
  memory.grow(i32((OUTPUT + OUTPUT_BYTES + PADDING + WASM_PAGE - 1) / WASM_PAGE) - memory.size());
}
