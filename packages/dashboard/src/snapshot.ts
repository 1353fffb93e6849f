import type { QueueDepth } from '@wikifleet/queue/queue';
import type { Failure } from '@wikifleet/domain/receipts';
import type { FileState } from './file-progress.js';
import type { RunState } from './run-reader.js';

/** Depths at a time, as SQS counts them: approximately. */
export interface DepthSample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly queues: readonly (QueueDepth & { readonly deadLetters: number })[];
}

export interface RunSummary {
  /** `articles-multistream/simplewiki/2026-10-01` */
  readonly run: string;
  readonly state: RunState;
  /** What keeps it from being complete, and what completes it; null where it is done, or not read. */
  readonly missing: string | null;
  readonly files: number;
  readonly done: number;
  readonly failed: number;
  /** Of its bytes, downloaded and converted, 0 to 1. */
  readonly downloaded: number;
  readonly converted: number;
  readonly rows: number;
}

export interface MirrorSummary {
  readonly mirror: string;
  readonly files: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** When its last file was whole, in milliseconds since 1970. */
  readonly lastAt: number | null;
}

export interface Transfer {
  readonly key: string;
  readonly received: number | null;
  readonly size: number | null;
}

export interface QuarantineFile {
  readonly key: string;
  readonly bytes: number;
}

/** The fleet at a time: what SQS and S3 say of it. Bounded, whatever the number of files. */
export interface Snapshot {
  readonly at: number;
  readonly queueNames: readonly string[];
  /** Null until SQS has answered. */
  readonly depth: DepthSample | null;
  readonly runs: readonly RunSummary[];
  /** Runs not read so far, of those in `runs`. */
  readonly runsUnread: number;
  /** Wikis whose runs are not followed. */
  readonly wikisLeftOut: number;
  readonly files: Readonly<Record<FileState, number>>;
  readonly bytes: number;
  readonly downloadedBytes: number;
  readonly convertedBytes: number;
  readonly rows: number;
  /** Files that are done whose rows were not counted so far: `rows` lacks them. */
  readonly filesUncounted: number;
  readonly quarantinedRevisions: number;
  /** Pages that the filters of the plans left out. */
  readonly filteredPages: number;
  readonly downloadedPerSecond: number;
  readonly convertedPerSecond: number;
  readonly rowsPerSecond: number;
  /** Null where nothing moves, and where nothing is left. */
  readonly secondsLeft: number | null;
  readonly transfers: readonly Transfer[];
  readonly mirrors: readonly MirrorSummary[];
  /** Files on S3 whose mirror was not read so far. */
  readonly notesUnread: number;
  /** The newest first. */
  readonly failures: readonly (Failure & { readonly run: string })[];
  readonly quarantine: readonly QuarantineFile[];
  /** Calls of the last minute. */
  readonly calls: { readonly s3: number; readonly s3AtMost: number; readonly sqs: number; readonly sqsAtMost: number };
  /** What could not be read, just now. */
  readonly problems: readonly string[];
}

/** One file for a tile. */
export interface Tile {
  readonly file: string;
  readonly state: FileState;
  /** 0 to 1 */
  readonly downloaded: number;
  readonly splits: number;
  readonly splitsDone: number;
  readonly bytes: number | null;
  readonly rows: number;
  /** Why it failed, or what is missing although every split is converted; null otherwise, or while a reason is not read. */
  readonly why: string | null;
}

export interface TilePage {
  readonly run: string;
  readonly show: TileFilter;
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  /** Files that the filter lets through. */
  readonly files: number;
  readonly tiles: readonly Tile[];
}

export const TILE_FILTERS = ['all', 'open', 'failed', 'done'] as const;
export type TileFilter = (typeof TILE_FILTERS)[number];
