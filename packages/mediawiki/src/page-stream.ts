/** Who takes a dump's bytes from its first `<page>` (or `</mediawiki>`) on. */
export interface PageStream {
  /** `offset`: of the first byte that will be pushed. */
  begin(offset: number): void;
  /** The first push holds the whole tag that the pages begin with. */
  push(bytes: Uint8Array): void;
  end(): void;
  /** Pages that begin at or after `offset` are somebody else's. Before any byte from there on is pushed. */
  ownTo(offset: number): void;
  /** Whether all that is owned is over: nothing more needs to be pushed. */
  readonly done: boolean;
  /** Where the first page begins; null where none came yet. */
  readonly firstPage: number | null;
  /** Where the first page begins that is somebody else's; null where it was not reached. */
  readonly nextPage: number | null;
  /** Where `</mediawiki>` begins; null where it did not come. */
  readonly endTag: number | null;
}
