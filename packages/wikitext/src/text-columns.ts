/** Columns that are made of a revision's wikitext, in the order in which rows have them. */
export const TEXT_COLUMNS = ['plain_text', 'sections', 'links', 'categories', 'templates', 'markdown'] as const;
export type TextColumn = (typeof TEXT_COLUMNS)[number];

export function isTextColumn(name: string): name is TextColumn {
  return (TEXT_COLUMNS as readonly string[]).includes(name);
}

/** What of a text is kept beside its prose. */
export interface TextOptions {
  /** Cells of tables: in plain text a row a line, its cells separated by tabs; in Markdown simple tables are always kept. */
  readonly keepTables?: boolean;
  /** Sections that hold references: References, External links and their like. */
  readonly keepReferenceSections?: boolean;
  /** Of Markdown: links keep their targets. */
  readonly keepTargets?: boolean;
}

/** Why a text has null columns although it is wikitext. */
export type TextRefusal = 'too-long' | 'exhausted';

/** How often a template was called: rendered to text, or left out. */
export interface TemplateCount {
  readonly name: string;
  readonly rendered: number;
  readonly dropped: number;
}
