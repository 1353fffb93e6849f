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

/** Those that a run has where its settings say so, in the order in which they follow. */
const OPTIONAL_COLUMNS = {
  plainText: optional(19, 'plain_text', 'string'),
} as const;

/** The settings that add columns. */
export type ColumnChoice = Readonly<Record<keyof typeof OPTIONAL_COLUMNS, boolean>>;

/** The columns of a run's rows, in their order. */
export function rowColumns(choice: ColumnChoice): readonly Field[] {
  const added = Object.entries(OPTIONAL_COLUMNS).filter(([name]) => choice[name as keyof ColumnChoice]);
  return [...ROW_COLUMNS, ...added.map(([, column]) => column)];
}

/** The choice of the columns that every row has. */
export const NO_OPTIONAL_COLUMNS: ColumnChoice = { plainText: false };
