import { splitsOf } from '@wikifleet/domain/jobs';
import type { PlanFile, Settings } from '@wikifleet/domain/plan';

/** What has become of a dump file, in the order in which it goes on. */
export const FILE_STATES = ['waiting', 'downloading', 'downloaded', 'converting', 'done', 'failed'] as const;
export type FileState = (typeof FILE_STATES)[number];

/** When S3 says that an object was written; null where it does not say. */
export interface Seen {
  readonly modified: Date | null;
}

/** A failure that was written down, by its key alone. */
export interface SeenFailure extends Seen {
  readonly key: string;
  /** `download`, `file`, or a split as `00003`. */
  readonly stage: string;
}

/** What is known of one file of a run; `RunReader` fills it. */
export interface FileProgress {
  readonly file: string;
  /** Bytes; null until the plan, the raw object record or the manifest says. */
  size: number | null;
  splits: number;
  /** The raw object record: the file is on S3. */
  record: Seen | null;
  mirror: string | null;
  /** Bytes of the upload under way; null where there is none, or where they were not counted. */
  received: number | null;
  uploading: boolean;
  /** By number of the split. */
  receipts: ReadonlyMap<number, Seen>;
  /** Rows of the receipts that were read, by number of the split. */
  readonly rowsOfSplits: Map<number, number>;
  /** Closed, as far as it is known: a listing does not tell a revoked one, which is read. */
  manifest: Seen | null;
  /** A manifest that was read and is revoked by a repair. */
  revoked: Seen | null;
  /** Of the manifest; null until it was read. */
  rows: number | null;
  quarantined: number;
  /** Pages that the plan's filter left out. */
  filteredPages: number;
  failures: readonly SeenFailure[];
}

export function fileProgress({ file, size }: PlanFile, settings: Settings): FileProgress {
  return {
    file,
    size,
    splits: splitsOf(size ?? 0, settings.splitBytes).length,
    record: null,
    mirror: null,
    received: null,
    uploading: false,
    receipts: new Map(),
    rowsOfSplits: new Map(),
    manifest: null,
    revoked: null,
    rows: null,
    quarantined: 0,
    filteredPages: 0,
    failures: [],
  };
}

/** The failures that count: those of what is still missing. */
export function openFailures(file: FileProgress): SeenFailure[] {
  if (file.manifest !== null) return [];
  return file.failures.filter(({ stage }) => {
    if (stage === 'download') return file.record === null;
    return stage === 'file' || !file.receipts.has(Number(stage));
  });
}

export function stateOf(file: FileProgress): FileState {
  if (file.manifest !== null) return 'done';
  if (openFailures(file).length > 0) return 'failed';
  if (file.record !== null) return file.receipts.size > 0 ? 'converting' : 'downloaded';
  return file.uploading ? 'downloading' : 'waiting';
}

/** The share of its bytes that is on S3, and the share of its splits that is converted, 0 to 1 each. */
export function sharesOf(file: FileProgress): { readonly downloaded: number; readonly converted: number } {
  if (file.manifest !== null) return { downloaded: 1, converted: 1 };
  const converted = Math.min(1, file.receipts.size / Math.max(1, file.splits));
  if (file.record !== null) return { downloaded: 1, converted };
  const received = file.uploading ? (file.received ?? 0) : 0;
  return { downloaded: file.size === null || file.size === 0 ? 0 : Math.min(1, received / file.size), converted };
}

/** Rows that are surely there: of the manifest, else of the receipts that were read. */
export function rowsOf(file: FileProgress): number {
  if (file.rows !== null) return file.rows;
  return [...file.rowsOfSplits.values()].reduce((sum, rows) => sum + rows, 0);
}
