import type { PermanentError } from '@wikifleet/domain/errors';

/** Who takes a dump's bytes from its head's end on. */
export interface PageStream {
  /** `offset`: of the first byte that will be pushed. */
  begin(offset: number): void;
  push(bytes: Uint8Array): void;
  end(): void;
  /** Gives everything that can be told of what has come: else a tag may be looked for only when more bytes come. */
  flush(): void;
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
  /** The first bytes outside of pages that do not belong there; what can be read behind them is read all the same. */
  readonly failure: PermanentError | null;
}
