import type { Checksum } from './checksums.js';

/** What a writer says of an object. */
export interface ObjectDraft {
  /** Bytes. */
  readonly size: number;
  /** Without quotes: MD5 in hex, or MD5 of MD5s with `-<parts>`. */
  readonly etag: string;
  /** Headers to give back, by lower-case name: Content-Type and its like, `x-amz-meta-…`, the storage class. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: Checksum;
  /** Sizes of the parts of a multipart upload, in bytes. */
  readonly parts?: readonly number[];
}

/** The record of an object as it is kept; it holds for a file of exactly this size and time of change. */
export interface ObjectRecord extends ObjectDraft {
  readonly key: string;
  /** Nanoseconds since 1970, in decimal. */
  readonly mtimeNs: string;
  /** Whether the data lies as a blob, and not as a file under its key. */
  readonly blob: boolean;
}

export interface StoredObject extends ObjectRecord {
  /** Whole seconds, as S3 counts them. */
  readonly lastModified: Date;
}

export function storedObject(record: ObjectRecord): StoredObject {
  return { ...record, lastModified: new Date(Number(BigInt(record.mtimeNs) / 1_000_000_000n) * 1000) };
}
