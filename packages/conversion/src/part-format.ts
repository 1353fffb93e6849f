/** How rows become the bytes of one part, or of one file. Conversions may use it one after the other. */
export interface PartFormat {
  /** A member is closed behind the first row that brings it over this many bytes of rows. */
  readonly memberBytes: number;
  /** Members worth encoding at once. */
  readonly parallel: number;
  /** Encodes whole rows, JSON lines, as a member; throws a `PermanentError` where they are no rows of the format. */
  encode(rows: Uint8Array): Promise<EncodedMember>;
  /** What stands behind the last member; for a part without any, all there is to be of it. May be empty. */
  end(): Uint8Array;
}

/** A member that has no place yet. */
export interface EncodedMember {
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
