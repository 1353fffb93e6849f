// The memory, in one table: nothing lies anywhere else.
//
// | from       | bytes            | what                                                                              |
// | ---------- | ---------------- | --------------------------------------------------------------------------------- |
// | 0          | 32 KiB           | the compiler's: constants                                                         |
// | EXCHANGE   | 32 KiB           | a dictionary entry on its way in, set by the caller                               |
// | INDEX      | 128 KiB          | hash index of the dictionary: addresses of entries (u32)                          |
// | DICTIONARY | 1 MiB            | entries: words of markup, entities, namespaces, template rules (dictionary.ts)    |
// | COUNT_INDEX| 128 KiB          | hash index of the text's template counts                                          |
// | COUNTS     | 1.25 MiB         | template names of the text with their counts (counts.ts)                          |
// | ARGUMENTS  | 256 KiB          | arguments of the template calls that are being rendered (arguments.ts)            |
// | SCRATCH    | 64 KiB           | a name on its way to the dictionary                                               |
// | TOTAL_INDEX| 128 KiB          | hash index of the sums of template counts                                         |
// | TOTALS     | 1.25 MiB         | template names of all texts with their counts                                     |
// | INPUT      | length + padding | the wikitext, set by the caller                                                   |
// | then       | 8 × length       | the tree (tree.ts)                                                                |
// | then       | OUTPUT_RATIO ×   | the text that is written                                                          |
// | then       | RECORD_RATIO ×   | links, categories and sections of the text (records.ts)                           |
// | then       | as it needs      | columns as JSON (json.ts)                                                         |
//
// The last four move with the length of the text. Memory grows to what the longest text so far needed, at most to what
// MAX_INPUT_BYTES needs: about 90 MiB, of which a text of ordinary markup touches a fifth.

export const EXCHANGE: usize = 0x8000;
export const INDEX: usize = 0x10000;
export const INDEX_SLOTS: u32 = 0x8000;
export const DICTIONARY: usize = 0x30000;
export const DICTIONARY_BYTES: usize = 0x100000;
export const COUNT_INDEX: usize = 0x130000;
export const COUNT_SLOTS: u32 = 0x8000;
export const COUNTS: usize = 0x150000;
export const COUNTS_BYTES: usize = 0x140000;
export const ARGUMENTS: usize = 0x290000;
export const ARGUMENTS_BYTES: usize = 0x40000;
export const SCRATCH: usize = 0x2d0000;
export const SCRATCH_BYTES: usize = 0x10000;
export const TOTAL_INDEX: usize = 0x2e0000;
export const TOTALS: usize = 0x300000;
export const PADDING: usize = 64;
export const INPUT: usize = 0x440000 + PADDING;

/** MediaWiki refuses to save more than 2 MiB; old revisions are below that too. */
export const MAX_INPUT_BYTES: usize = 0x400000;

const OUTPUT_RATIO: usize = 4;
const OUTPUT_SPARE: usize = 0x10000;
const RECORD_RATIO: usize = 8;
const WASM_PAGE: usize = 0x10000;

/** The wikitext's end; PADDING zero bytes follow. */
export let inputEnd: usize = INPUT;
export let tree: usize = 0;
export let output: usize = 0;
/** Nothing is written from here on. */
export let outputLimit: usize = 0;
export let records: usize = 0;
export let recordsLimit: usize = 0;

/** Lays out the memory for a text of so many bytes. False where it cannot grow that far. */
export function layOut(length: usize): bool {
  inputEnd = INPUT + length;
  v128.store(inputEnd, i8x16.splat(0));
  v128.store(inputEnd, i8x16.splat(0), 16);
  v128.store(inputEnd, i8x16.splat(0), 32);
  v128.store(inputEnd, i8x16.splat(0), 48);
  tree = (inputEnd + PADDING + 15) & ~15;
  output = tree + ((8 * length + 64) & ~15);
  outputLimit = output + OUTPUT_RATIO * length + OUTPUT_SPARE;
  records = (outputLimit + 2 * PADDING + 0x4000) & ~15;
  recordsLimit = records + RECORD_RATIO * length + 0x400;
  return reserve(recordsLimit + PADDING);
}

/** Room for a text of so many bytes to be copied in. */
export function reserveInput(length: usize): bool {
  return reserve(INPUT + length + PADDING);
}

/** Memory up to an address. */
export function reserveTo(end: usize): bool {
  return reserve(end + PADDING);
}

function reserve(end: usize): bool {
  const pages = i32((end + WASM_PAGE - 1) / WASM_PAGE);
  const missing = pages - memory.size();
  return missing <= 0 || memory.grow(missing) >= 0;
}
