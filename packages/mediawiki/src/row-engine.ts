import type { RowEncoding } from '@wikifleet/domain/row-values';

/** A page's head, read: what its rows begin with. */
export interface PageHead {
  readonly id: number;
  readonly title: string;
  /** The row from its beginning to before `user_id`, in the engine's encoding. */
  readonly rowStart: Buffer;
  /** Names of what has no column, one an occurrence: elements, `#text`, `element@attribute`. */
  readonly unmapped: readonly string[];
}

export interface RevisionRow {
  /** The row in the engine's encoding (of JSON with its newline); if a view, good until the engine's next call. */
  readonly line: Buffer;
  /** Whether the row is no view, but memory of its own that does not change. */
  readonly isOwn: boolean;
  readonly unmapped: readonly string[];
}

/**
 * Makes rows of units: a page's head and one revision. Pure: the same bytes give the same rows, whatever was read
 * before. Each method throws a `UnitFault` where a unit breaks the rules. The bytes are a view that changes after the
 * call. What revisions share (the page's columns) is read once a page.
 */
export interface RowEngine {
  /** Of the rows that it makes. */
  readonly encoding: RowEncoding;
  /** As `readPage` and `readRevision`, where the engine knows the bytes exactly as what MediaWiki writes; else null. */
  knownPage(wiki: string, bytes: Buffer): PageHead | null;
  knownRevision(page: PageHead, bytes: Buffer): RevisionRow | null;
  /** Reads a page's start tag that is not `<page>`: only names to count, for nothing there has a column. */
  readPageTag(bytes: Buffer): readonly string[];
  /** `bytes` is what follows `<page>`, to the first revision or the page's end. */
  readPage(wiki: string, bytes: Buffer): PageHead;
  /** `bytes` begins with `<revision` and holds no other. */
  readRevision(page: PageHead, bytes: Buffer): RevisionRow;
  /** Reads what stands after a revision and is none: only names to count, for nothing there has a column. */
  readBetween(bytes: Buffer): readonly string[];
}
