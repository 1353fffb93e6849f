// What a step returns; ../src/block-kernel.ts has the same list.
export const DONE: i32 = 0;
export const MORE: i32 = 1;
export const TRUNCATED: i32 = 2;
export const BAD_MAGIC: i32 = 3;
export const NO_ALPHABET: i32 = 4;
export const BAD_TABLE_COUNT: i32 = 5;
export const NO_SELECTORS: i32 = 6;
export const BAD_SELECTOR: i32 = 7;
export const BAD_LENGTH: i32 = 8;
export const BAD_CODE: i32 = 9;
export const OVERFLOW: i32 = 10;
export const NO_END: i32 = 11;
export const BAD_RUN: i32 = 12;
