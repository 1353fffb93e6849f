const MIB = 1024 * 1024;

/**
 * The part size of the uploads of rows, indexes and the quarantine; a smaller object is written by one request. 10,000 parts are 156
 * GiB, more than a split can become.
 */
export const ROWS_PART_BYTES = 16 * MIB;

/**
 * The part size of a raw object's upload: it follows from the file's size alone, 12 MiB up to 117 GiB, and never needs
 * more than the 10,000 parts that S3 allows. Each part is a request that is paid for: with the smallest that S3 takes, 5 MiB, English
 * articles would cost 0.015 USD more; with 16 MiB, a downloader of 3 connections would pass 150 MB of memory.
 */
export function rawPartBytes(size: number): number {
  return Math.max(12 * MIB, Math.ceil(size / 10_000 / MIB) * MIB);
}

/** Requests that write an object of `bytes`: one, or a multipart upload. */
export function uploadRequests(bytes: number, partBytes: number): number {
  return bytes < partBytes ? 1 : Math.ceil(bytes / partBytes) + 2;
}
