// The kernel's memory: one block of any level, what its decoding needs, and nothing else. All sizes are in bytes.

/** No block has more bytes before the first run-length coding than one of level 9. */
export const MAX_LENGTH: i32 = 900_000;

/** As many as `MAX_LENGTH` symbols and the end need. A block may state more; they are read and ignored, as bzip2 1.0.8 does. */
export const MAX_SELECTORS: i32 = 18_002;

/** Symbols that one selector stands for. */
export const GROUP_SYMBOLS: i32 = 50;

/** More than a group of symbols of 20 bits each, and the words that are loaded at its end. */
export const GROUP_BYTES: i32 = 144;

/** The window on the input: no legal block is longer, unless its lengths of codes walk to and fro, which no encoder does. */
export const INPUT_BYTES: i32 = 2_300_000;

/** Room for what a vector writes or reads too much. */
const SLACK: usize = 64;

/** Marks are so many rows apart, as a power of two. */
export const MARK_SHIFT: i32 = 10;
const MAX_MARKS: i32 = (MAX_LENGTH >> MARK_SHIFT) + 2;

/** Chains that walk a block at the same time, and the room of each for the bytes it meets: more than twice its share. */
export const CHAINS: i32 = 32;
export const CHAIN_BYTES: i32 = 70_000;

/** The CRC's 16 tables of 256 words. */
export const CRC_TABLES: usize = 1024;

/** By symbol 0 to 16: the shuffle of the 16 bytes in front that moves its byte to the front. */
export const MOVES: usize = CRC_TABLES + 16 * 1024;

/** Six Huffman tables, as huffman.ts has them. */
export const TABLES: usize = MOVES + 17 * 16;
export const TABLE_SIZE: usize = 3072;

/** By symbol: the lengths of the codes of one table. */
export const LENGTHS: usize = TABLES + 6 * TABLE_SIZE;

/** By group: the offset of its table from `TABLES`, in 16 bits. */
export const SELECTORS: usize = LENGTHS + 256 + SLACK;

/** The bytes of the alphabet, the last used first: 16 of them, then the others. */
export const FRONT: usize = SELECTORS + 2 * MAX_SELECTORS + SLACK;
export const REST: usize = FRONT + 16;

/** Four counts of each byte; the first becomes where the byte's next row is. */
export const COUNTS: usize = REST + 256;

/** By mark: where the bytes are that are met from there to the next mark, how many, and the number of that mark. */
export const SEGMENTS: usize = COUNTS + 4 * 1024;
export const SEGMENT_SIZE: usize = 12;

/** By chain: the offset of its next link, and its segment. */
export const CHAIN_STATES: usize = SEGMENTS + <usize>MAX_MARKS * SEGMENT_SIZE;

/** The input; when the symbols have been read, what the chains meet instead. */
export const INPUT: usize = CHAIN_STATES + 8 * CHAINS + SLACK;
export const CHAIN_OUTPUT: usize = INPUT;

/** The last column of the sorted rotations, then the block itself. */
export const BLOCK: usize = INPUT + INPUT_BYTES + GROUP_BYTES + SLACK;

/** By row: its link. When the block is walked, the decoded bytes instead. */
export const LINKS: usize = BLOCK + MAX_LENGTH + SLACK;
export const OUTPUT: usize = LINKS;
export const OUTPUT_BYTES: i32 = 4 * MAX_LENGTH;

export const END: usize = LINKS + OUTPUT_BYTES + SLACK;
