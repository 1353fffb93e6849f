import { TEXT_COLUMNS } from './text-columns.js';
import type { TextColumn, TextExtra } from './text-columns.js';

/** What a value is: a scalar, or one made of fields. A struct is never null; who has none leaves it out of a list or a map. */
export type FieldType =
  | 'string'
  | 'integer'
  | 'boolean'
  | { readonly struct: readonly Field[] }
  | { readonly list: Field }
  | { readonly map: { readonly key: Field; readonly value: Field } };

/** A column of the rows, or a field within one. */
export interface Field {
  readonly name: string;
  /** Parquet's `field_id`: unique in the rows, never used again for another field. Table formats know columns by it. */
  readonly id: number;
  readonly nullable: boolean;
  readonly type: FieldType;
}

function field(id: number, name: string, type: FieldType, nullable: boolean): Field {
  return { name, id, nullable, type };
}
const required = (id: number, name: string, type: FieldType): Field => field(id, name, type, false);
const optional = (id: number, name: string, type: FieldType): Field => field(id, name, type, true);

const SLOT: readonly Field[] = [
  optional(103, 'content_body', 'string'),
  optional(104, 'content_format', 'string'),
  optional(105, 'content_model', 'string'),
  optional(106, 'content_sha1', 'string'),
  optional(107, 'content_size', 'integer'),
  optional(108, 'origin_rev_id', 'integer'),
];
const SLOTS: FieldType = {
  map: { key: required(101, 'key', 'string'), value: required(102, 'value', { struct: SLOT }) },
};

/** The columns that every row has, in its order. A test compares them with `rowSchema`. */
export const ROW_COLUMNS: readonly Field[] = [
  required(1, 'wiki_id', 'string'),
  required(2, 'page_id', 'integer'),
  optional(3, 'page_namespace_id', 'integer'),
  required(4, 'page_title', 'string'),
  optional(5, 'page_redirect_target', 'string'),
  optional(6, 'user_id', 'integer'),
  optional(7, 'user_text', 'string'),
  required(8, 'user_is_visible', 'boolean'),
  required(9, 'revision_id', 'integer'),
  optional(10, 'revision_parent_id', 'integer'),
  required(11, 'revision_dt', 'string'),
  required(12, 'revision_is_minor_edit', 'boolean'),
  optional(13, 'revision_comment', 'string'),
  required(14, 'revision_comment_is_visible', 'boolean'),
  optional(15, 'revision_sha1', 'string'),
  optional(16, 'revision_size', 'integer'),
  required(17, 'revision_content_slots', SLOTS),
  required(18, 'revision_content_is_visible', 'boolean'),
];

/** Those of a page, with which a row begins. */
export const PAGE_COLUMNS: readonly Field[] = ROW_COLUMNS.slice(0, 5);

function list(id: number, struct: readonly Field[]): FieldType {
  return { list: required(id, 'element', { struct }) };
}

/** Those that a run has where its settings say so, in the order in which they follow. */
const OPTIONAL_COLUMNS: Readonly<Record<TextColumn, Field>> = {
  plain_text: optional(19, 'plain_text', 'string'),
  sections: optional(
    20,
    'sections',
    list(109, [required(110, 'level', 'integer'), required(111, 'title', 'string'), required(112, 'text', 'string')]),
  ),
  links: optional(
    21,
    'links',
    list(113, [required(114, 'target', 'string'), optional(115, 'anchor', 'string'), required(116, 'label', 'string')]),
  ),
  categories: optional(
    22,
    'categories',
    list(117, [required(118, 'name', 'string'), optional(119, 'sort_key', 'string')]),
  ),
  templates: optional(
    23,
    'templates',
    list(120, [
      required(121, 'name', 'string'),
      required(122, 'count', 'integer'),
      required(123, 'rendered', 'integer'),
    ]),
  ),
  markdown: optional(24, 'markdown', 'string'),
};

/** Columns that rows have whatever is chosen. */
export const KEY_COLUMNS: readonly string[] = ['wiki_id', 'page_id', 'page_title', 'revision_id'];

/** The settings that decide on the columns of a run's rows. */
export interface ColumnChoice {
  /** Columns made of the wikitext. */
  readonly extract: readonly TextColumn[];
  /** What their texts keep beside prose. */
  readonly keepInText: readonly TextExtra[];
  /** Only these, and KEY_COLUMNS; null: all. */
  readonly columns: readonly string[] | null;
}

/** The columns of a run's rows, in their order. */
export function rowColumns({ extract, columns }: ColumnChoice): readonly Field[] {
  const added = TEXT_COLUMNS.filter((name) => extract.includes(name)).map((name) => OPTIONAL_COLUMNS[name]);
  return [...ROW_COLUMNS, ...added].filter(({ name }) => isChosen(name, columns));
}

export function isChosen(name: string, columns: readonly string[] | null): boolean {
  return columns === null || KEY_COLUMNS.includes(name) || columns.includes(name);
}

/** Every name of a column that can be chosen. */
export const COLUMN_NAMES: readonly string[] = [...ROW_COLUMNS.map(({ name }) => name), ...TEXT_COLUMNS];

/** The choice of the columns that every row has. */
export const NO_OPTIONAL_COLUMNS: ColumnChoice = { extract: [], keepInText: [], columns: null };
