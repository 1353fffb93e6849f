import type { RowsFormat } from '@wikifleet/domain/plan';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import type { ChunkFacts } from '@wikifleet/parquet/column-chunk-writer';

/** Rows that are to become a member. The memory is the encoder's until it answers. */
export interface MemberRequest {
  readonly output: RowsFormat & ColumnChoice;
  readonly memory: ArrayBuffer;
  /** The rows are the first so many bytes. */
  readonly length: number;
}

export interface MemberReply {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What a footer says of the member; null in a format without one. */
  readonly facts: { readonly rows: number; readonly chunks: readonly ChunkFacts[] } | null;
  /** That of the request. */
  readonly memory: ArrayBuffer;
}

/** Encodes members, in threads or at once. */
export interface MemberPool {
  /** Threads, the caller's among them. */
  readonly workers: number;
  /** Rejects with a `PermanentError` `ROW_UNFIT`, or with a `FleetError` `THREAD_DIED` or `POOL_CLOSED`. */
  encode(request: MemberRequest): Promise<MemberReply>;
}
