// The kernel's memory: one block of any level, what its decoding needs, and nothing else. All in bytes.

/** No block has more bytes before the first run-length coding than one of level 9. */
export const MAX_LENGTH: i32 = 900_000;

/** As many as `MAX_LENGTH` symbols and the end need. A block may state more; they are read and ignored, as bzip2 1.0.8 does. */
export const MAX_SELECTORS: i32 = 18_002;

/** Symbols that one selector stands for. */
export const GROUP_SYMBOLS: i32 = 50;

/** More than a group of symbols of 20 bits each, and the words that are loaded at its end. */
export const GROUP_BYTES: i32 = 144;

/** The window on the input may hold so much; TypeScript fills it. */
export const INPUT_BYTES: i32 = 2_300_000;

/** Chains that walk a block at a time, and the room of each for the bytes it meets. */
export const CHAINS: i32 = 8;
export const CHAIN_BYTES: i32 = 280_000;

/** The CRC's 16 tables of 256 words. */
export const CRC_TABLES: usize = 1024;

/** By symbol 0 to 16: the shuffle of the 16 bytes in front that moves its byte to the front. */
export const MOVES: usize = CRC_TABLES + 16 * 1024;

/** Six Huffman tables, as huffman.ts has them. */
export const TABLES: usize = MOVES + 17 * 16;
export const TABLE_SIZE: usize = 3072;

/** The lengths of the codes of one table, by symbol. */
export const LENGTHS: usize = TABLES + 6 * TABLE_SIZE;

/** By group: the offset of its table from `TABLES`, in 16 bits. */
export const SELECTORS: usize = LENGTHS + 272;

/** The recently used bytes: the first 16, then the others, then room for a vector. */
export const FRONT: usize = SELECTORS + 2 * MAX_SELECTORS + 12;
export const REST: usize = FRONT + 16;

/** Four counts of each byte, which become the beginnings of its rows. */
export const COUNTS: usize = REST + 256;

/** By mark: where the chain that began there ended, where its bytes are, and how many. */
export const SEGMENTS: usize = COUNTS + 4 * 1024;
export const SEGMENT_SIZE: usize = 12;

/** By chain: its segment. */
export const CHAIN_SEGMENTS: usize = SEGMENTS + 1024 * SEGMENT_SIZE;

/** The input; when the symbols have been read, what the chains meet instead. */
export const INPUT: usize = CHAIN_SEGMENTS + 4 * CHAINS + 16;
export const CHAIN_OUTPUT: usize = INPUT;

/** The last column of the sorted rotations, then the block itself; behind it, room for what a vector writes too much. */
export const BLOCK: usize = INPUT + INPUT_BYTES + GROUP_BYTES + 64;

/** By row: the row that follows it, and in the lowest eight bits its first byte. When the block is walked, the decoded bytes. */
export const LINKS: usize = BLOCK + MAX_LENGTH + 64;
export const OUTPUT: usize = LINKS;
export const OUTPUT_BYTES: i32 = 4 * MAX_LENGTH;

export const END: usize = LINKS + OUTPUT_BYTES + 64;
