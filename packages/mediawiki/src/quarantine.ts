import { isUtf8 } from 'node:buffer';

/** Records that a split's quarantine has at most; what comes behind is counted by its code alone. */
export const MAX_QUARANTINE_RECORDS = 10_000;

/** Bytes that a split's quarantine has at most, as JSON lines; from the first record that does not fit on they are dropped. */
export const MAX_QUARANTINE_BYTES = 256 * 1024 * 1024;

/** Raw bytes that a record has at most: of a longer unit it has position and length alone. */
export const MAX_RAW_BYTES = 8 * 1024 * 1024;

/** What could not be read, one JSON object a line of the quarantine file. */
export interface QuarantineRecord {
  readonly wiki_id: string;
  /** Null where the page's head could not be read. */
  readonly page_id: number | null;
  readonly page_title: string | null;
  /** Null where it could not be read, and where it is no revision that is quarantined. */
  readonly revision_id: number | null;
  /** Position and length in the decompressed bytes (of UTF-8, where the dump is UTF-16). */
  readonly offset: number;
  readonly length: number;
  readonly code: string;
  /** What was expected and what came, and at which byte of the raw bytes where that is known. */
  readonly reason: string;
  /** `none`: too long to be kept. */
  readonly encoding: 'utf-8' | 'base64' | 'none';
  readonly raw: string | null;
  /** In the first record of a page whose head is sound: the head's raw text, for a revision is read with it. */
  readonly page_head: string | null;
}

export type RawBytes = Pick<QuarantineRecord, 'encoding' | 'raw'>;

export function rawBytes(bytes: Buffer | null): RawBytes {
  if (bytes === null || bytes.length > MAX_RAW_BYTES) return { encoding: 'none', raw: null };
  return isUtf8(bytes)
    ? { encoding: 'utf-8', raw: bytes.toString('utf8') }
    : { encoding: 'base64', raw: bytes.toString('base64') };
}

const REVISION_ID = /^<revision>[ \t\r\n]{0,100}<id>([0-9]{1,15})<\/id>/;

/** A revision's id from bytes that no parser takes, where it stands in its usual place. */
export function guessRevisionId(bytes: Buffer): number | null {
  const match = REVISION_ID.exec(bytes.toString('latin1', 0, 200));
  return match?.[1] === undefined ? null : Number(match[1]);
}
