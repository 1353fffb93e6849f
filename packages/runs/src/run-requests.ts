import { ROWS_PART_BYTES, rawPartBytes, uploadRequests } from '@wikifleet/store/upload-parts';

/** A dump file as far as its requests depend on it. */
export interface RequestedFile {
  readonly bytes: number;
  readonly splits: number;
}

/** Requests that a run makes, where every job succeeds at its first attempt. */
export interface RunRequests {
  /** PUT, POST and LIST of S3, which have one price. */
  readonly s3Writes: number;
  /** GET and HEAD of S3. */
  readonly s3Reads: number;
  readonly sqs: number;
}

/** Bytes of rows for a byte of a dump, both compressed: English articles of 26.9 GB become some 30 GB. */
const ROWS_PER_BYTE = 1.12;
/** Once a run: the seed lists what is there, writes the plan, and the last worker the manifest. */
const RUN = { writes: 8, reads: 4, sqs: 2 };
/** Once a file: the raw object's record and its manifest, and what is read for both. */
const FILE = { writes: 2, reads: 8, sqs: 4 };
/** Once a split: its index and receipt, and a list of the file's receipts; the plan, the record, the raw object and the receipts. */
const SPLIT = { writes: 3, reads: 9, sqs: 2.1 };

/**
 * The requests of a run by its files, from the part sizes of the uploads and what was recorded of the programs. A test compares it with a
 * recorded run. Idle polls, retries and the extension of leases are not in it.
 */
export function requestsOfRun(files: readonly RequestedFile[]): RunRequests {
  let { writes, reads, sqs } = RUN;
  for (const { bytes, splits } of files) {
    const rows = (bytes * ROWS_PER_BYTE) / splits;
    writes += FILE.writes + uploadRequests(bytes, rawPartBytes(bytes));
    writes += splits * (SPLIT.writes + uploadRequests(rows, ROWS_PART_BYTES));
    // manifests of all files are read when a file is closed
    reads += FILE.reads + files.length / 2 + splits * SPLIT.reads;
    sqs += FILE.sqs + splits * SPLIT.sqs;
  }
  return { s3Writes: Math.round(writes), s3Reads: Math.round(reads), sqs: Math.round(sqs) };
}
