// The memory, in one table: nothing lies anywhere else, and nothing grows after the start.
//
// | from     | bytes              | what                                                                          |
// | -------- | ------------------ | ----------------------------------------------------------------------------- |
// | 0        | 16 KiB             | the compiler's: constant strings                                              |
// | LITERALS | 8 KiB              | those strings as ASCII, each after its length (u32)                           |
// | FIELDS   | 1 KiB              | where the values of the present unit begin and end (two u32 each)             |
// | RESULTS  | 1 KiB              | what a call answers beside its value                                          |
// | SIGNS    | 6 KiB              | what is written for `&lt;`, `"` and their like (json-text.ts)                 |
// | PAGE     | PAGE_BYTES         | a row's beginning, `{"wiki_id":` to before `"user_id"`, set by the caller     |
// | INPUT    | INPUT_BYTES        | a unit's or a slice's bytes, set by the caller; PADDING before and behind it  |
// | OUTPUT   | OUTPUT_BYTES       | JSON, or values                                                               |
//
// A byte of text gives two bytes of JSON at most (`\n`, `\"`): the other control characters, which would give six,
// are refused. As values it gives no more than it has. The keys of a row, a page and nine slots fit in what OUTPUT has beyond that.

export const LITERALS: usize = 0x4000;
export const FIELDS: usize = 0x6000;
export const RESULTS: usize = 0x6400;
export const SIGNS: usize = 0x6800;
export const PADDING: usize = 64;
export const PAGE: usize = 0x8000;
export const PAGE_BYTES: usize = 0x8000 - PADDING;
export const INPUT: usize = 0x10000;
export const INPUT_BYTES: usize = 0x100000;
export const OUTPUT: usize = INPUT + INPUT_BYTES + PADDING;
export const OUTPUT_BYTES: usize = 2 * INPUT_BYTES + 0x10000;

const WASM_PAGE: usize = 0x10000;

/** `literals`: where the last literal ends. Fails where a part of the table is too small, and so for every input. */
export function claimMemory(literals: usize): void {
  if (__heap_base > LITERALS || literals > FIELDS) unreachable();
  memory.grow(i32((OUTPUT + OUTPUT_BYTES + PADDING + WASM_PAGE - 1) / WASM_PAGE) - memory.size());
}

// FIELDS of a revision …
export const ID: usize = FIELDS;
export const PARENT_ID: usize = FIELDS + 8;
export const TIMESTAMP: usize = FIELDS + 16;
export const USERNAME: usize = FIELDS + 24;
export const USER_ID: usize = FIELDS + 32;
export const IP: usize = FIELDS + 40;
export const COMMENT: usize = FIELDS + 48;
export const SHA1: usize = FIELDS + 56;
// … of its slots, the main one first …
export const SLOTS: usize = FIELDS + 64;
export const SLOT_BYTES: usize = 64;
export const MOST_SLOTS: usize = 9;
export const ROLE: usize = 0;
export const ORIGIN: usize = 8;
export const MODEL: usize = 16;
export const FORMAT: usize = 24;
export const TEXT: usize = 32;
export const TEXT_SHA1: usize = 40;
export const TEXT_BYTES: usize = 48;
/** What `<text>` is beside its body: a set of the bits below. */
export const TEXT_KIND: usize = 56;
export const IS_DELETED: u32 = 1;
/** It has an `id` or a `location`. */
export const IS_STORED: u32 = 2;
// … and of a page's head.
export const PAGE_ID: usize = FIELDS;
export const NAMESPACE: usize = FIELDS + 8;
export const TITLE: usize = FIELDS + 16;
export const REDIRECT: usize = FIELDS + 24;

// RESULTS
/** Where in OUTPUT the answer begins. */
export const RESULT_FROM: usize = RESULTS;
/** Where in the answer an absent body belongs; of a page: where its title begins. */
export const RESULT_AT: usize = RESULTS + 4;
/** The UTF-8 length of a text; of a page's title: the length of its JSON. */
export const RESULT_BYTES: usize = RESULTS + 8;
/** A page's id, as a 64-bit float. */
export const RESULT_ID: usize = RESULTS + 16;

export function begins(field: usize): usize {
  return load<u32>(field);
}

export function ends(field: usize): usize {
  return load<u32>(field, 4);
}

/** No value begins at 0. */
export function has(field: usize): bool {
  return load<u32>(field) != 0;
}

/** False where it is there already. */
export function setField(field: usize, from: usize, to: usize): bool {
  if (has(field)) return false;
  store<u32>(field, u32(from));
  store<u32>(field, u32(to), 4);
  return true;
}

export function clearFields(): void {
  memory.fill(FIELDS, 0, 64 + SLOT_BYTES);
}
