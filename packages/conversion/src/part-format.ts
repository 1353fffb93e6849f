import type { RowEncoding } from '@wikifleet/domain/row-values';
import type { MemberPool } from './member-pool.js';

/** How rows become the bytes of one part, or of one file. Conversions may use it one after the other. */
export interface PartFormat {
  /** Of the rows that it takes. */
  readonly encoding: RowEncoding;
  /** A member is closed behind the first row that brings it over this many bytes of rows, or to this many rows. */
  readonly memberBytes: number;
  readonly memberRows: number;
  /** Members worth encoding at once in such a pool. */
  parallel(pool: MemberPool): number;
  /**
   * Encodes complete rows as a member; rejects with a `PermanentError` where they are no rows of the format. `rows` begins
   * its memory, which belongs to the format until it comes back with the member.
   */
  encode(rows: Buffer<ArrayBuffer>, pool: MemberPool): Promise<EncodedMember>;
  /** What stands behind the last member; for a part without any, all there is to be of it. May be empty. */
  end(): Uint8Array;
}

/** A member that has no place yet. */
export interface EncodedMember {
  /** The memory of its rows, to be used again. */
  readonly memory: ArrayBuffer;
  /** Puts it behind those that were placed before; once. */
  place(): PlacedMember;
}

export interface PlacedMember {
  /** The member's, in the part, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** What is to be written now: the member, and what the format has before it. */
  readonly bytes: readonly Uint8Array[];
}
