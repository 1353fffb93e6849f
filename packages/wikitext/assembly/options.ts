// What the caller wants of a text.

export let isMarkdown: bool = false;
/** Cells of tables are kept: in plain text a row a line, in Markdown as a table. */
export let keepsTables: bool = false;
/** Sections that hold references are kept. */
export let keepsReferenceSections: bool = false;
/** Of Markdown: links keep their targets. */
export let keepsTargets: bool = false;

export const MARKDOWN: u32 = 1;
export const TABLES: u32 = 2;
export const REFERENCE_SECTIONS: u32 = 4;
export const TARGETS: u32 = 8;
/** Links, categories and sections are recorded. */
export const RECORDS: u32 = 16;

/** Template calls are counted. */
export const COUNTED: u32 = 32;

export function setOptions(bits: u32): void {
  isMarkdown = (bits & MARKDOWN) != 0;
  keepsTables = (bits & TABLES) != 0;
  keepsReferenceSections = (bits & REFERENCE_SECTIONS) != 0;
  keepsTargets = (bits & TARGETS) != 0;
}
