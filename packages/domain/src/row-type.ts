/**
 * A slot of a revision. `content_size` in bytes, as the dump says it, else the UTF-8 length of the body; hashes are
 * copied from the dump, in base 36.
 */
export interface RowSlot {
  /** The text; null where it is deleted, where there is none, and in a stub. */
  content_body: string | null;
  content_format: string | null;
  content_model: string | null;
  content_sha1: string | null;
  content_size: number | null;
  origin_rev_id: number | null;
}

/** Role to slot. `main` is always there, and first; the others are `[a-z][a-z0-9_-]*`: `mediainfo` on Commons. */
export interface RowSlots {
  main: RowSlot;
  [role: string]: RowSlot;
}

/** A line of a file of rows: one revision (docs/rows.md). The keys stand in this order, all but the last in every row. */
export interface Row {
  /** The wiki's database name; `unknown` where neither file nor run says it. */
  wiki_id: string;
  page_id: number;
  /** Null before export-0.6, which has none. */
  page_namespace_id: number | null;
  /** With its namespace prefix and spaces. */
  page_title: string;
  /** Null where the page is no redirect, `""` where the dump does not say whereto. */
  page_redirect_target: string | null;
  /** Null for an address and for a hidden user. */
  user_id: number | null;
  /** A name or an address; null for a hidden user. */
  user_text: string | null;
  user_is_visible: boolean;
  revision_id: number;
  revision_parent_id: number | null;
  /** As it stands in the dump: `2006-12-13T03:07:14Z`. */
  revision_dt: string;
  revision_is_minor_edit: boolean;
  /** `""` where there is none, null where it is hidden. */
  revision_comment: string | null;
  revision_comment_is_visible: boolean;
  revision_sha1: string | null;
  /** Bytes: the sum of the slots' `content_size`; null where one is null. */
  revision_size: number | null;
  revision_content_slots: RowSlots;
  revision_content_is_visible: boolean;
  // Only where the run asked for them (`--extract`): what is made of the main slot's wikitext; null where there is none.
  plain_text?: string | null;
  sections?: { level: number; title: string; text: string }[] | null;
  links?: { target: string; anchor: string | null; label: string }[] | null;
  categories?: { name: string; sort_key: string | null }[] | null;
  templates?: { name: string; count: number; rendered: number }[] | null;
  markdown?: string | null;
}
