import { splitNumber } from '@wikifleet/domain/keys';
import type { PendingRepair } from '@wikifleet/domain/manifests';

/** `revoked`: a repair took it back; `unreadable`: an object is there, and is malformed. */
export type ManifestState = 'absent' | 'revoked' | 'unreadable' | 'closed';

/** What is on S3 of one file of a run. */
export interface FileFacts {
  readonly manifest: ManifestState;
  /** Of a revoked manifest. */
  readonly repairs: readonly PendingRepair[];
  /** Failures that stand: their jobs were not enqueued again. */
  readonly failures: number;
  readonly record: 'absent' | 'unreadable' | 'there';
  /** Whether the raw object is there: the one that the record names, or without a record any of this plan. */
  readonly rawObject: boolean;
  /** 0 without a record. */
  readonly splits: number;
  /** Splits without a receipt; all where there is no record. */
  readonly missingSplits: readonly number[];
}

/** What keeps a file or a run from being complete, and what completes it. */
export interface Missing {
  readonly state: string;
  readonly missing: string;
  readonly next: string;
}

interface StateRow<T> {
  readonly state: string;
  readonly matches: (facts: T) => boolean;
  readonly missing: (facts: T) => string;
  readonly next: string;
}

const SEED_AGAIN = 'if the queues are empty, seed again';

/** The states of a file between two writes; the first row that matches counts, and each file matches one. */
const FILE_ROWS: readonly StateRow<FileFacts>[] = [
  {
    state: 'done',
    matches: ({ manifest }) => manifest === 'closed',
    missing: () => '',
    next: '',
  },
  {
    state: 'manifest unreadable',
    matches: ({ manifest }) => manifest === 'unreadable',
    missing: () => 'its manifest cannot be read',
    next: '`fleet verify --repair` writes it again',
  },
  {
    state: 'failed',
    matches: ({ failures }) => failures > 0,
    missing: ({ failures }) => `${failures === 1 ? 'a failure' : `${failures} failures`} recorded`,
    next: '`fleet dlq` lists why; when the reason is gone, `fleet redrive` or seed again',
  },
  {
    state: 'repairing',
    matches: ({ manifest }) => manifest === 'revoked',
    missing: ({ repairs }) => `its manifest is revoked by a repair${repairs.map(describeRepair).join(',')}`,
    next: `a worker closes it when the repair is done; ${SEED_AGAIN}`,
  },
  {
    state: 'record unreadable',
    matches: ({ record }) => record === 'unreadable',
    missing: () => 'its raw object record cannot be read',
    next: '`fleet verify --repair` writes it again',
  },
  {
    state: 'not recorded',
    matches: ({ record, rawObject }) => record === 'absent' && rawObject,
    missing: () => 'a raw object is there, and its record is missing',
    next: `a downloader downloads it again; ${SEED_AGAIN}`,
  },
  {
    state: 'not downloaded',
    matches: ({ record }) => record === 'absent',
    missing: () => 'it is not downloaded',
    next: `a downloader takes its job; ${SEED_AGAIN}`,
  },
  {
    state: 'raw object missing',
    matches: ({ rawObject, missingSplits }) => !rawObject && missingSplits.length > 0,
    missing: (facts) => `its raw object is missing (expired or deleted), and ${describeSplits(facts)}`,
    next: 'seed again: a downloader downloads it again',
  },
  {
    state: 'not converted',
    matches: ({ missingSplits }) => missingSplits.length > 0,
    missing: describeSplits,
    next: `converters take its jobs; ${SEED_AGAIN}`,
  },
  {
    state: 'not closed',
    matches: () => true,
    missing: ({ splits }) => `its receipts are there (${splits} of ${splits}), and its manifest is missing`,
    next: 'seed again: it closes the file',
  },
];

/** What is on S3 of a run that has a plan. */
export interface RunFacts {
  readonly manifest: ManifestState;
  readonly files: number;
  /** Files with a closed manifest. */
  readonly done: number;
  /** Files with failures that stand. */
  readonly failed: number;
}

const RUN_ROWS: readonly StateRow<RunFacts>[] = [
  { state: 'done', matches: ({ manifest }) => manifest === 'closed', missing: () => '', next: '' },
  {
    state: 'open',
    matches: ({ manifest }) => manifest === 'unreadable',
    missing: () => "the run's manifest cannot be read",
    next: '`fleet verify --repair` writes it again',
  },
  {
    state: 'open',
    matches: ({ files, done, manifest }) => done === files && manifest === 'revoked',
    missing: () => "every file has a manifest, and the run's manifest is revoked by a repair",
    next: 'seed again: it closes the run',
  },
  {
    state: 'open',
    matches: ({ files, done }) => done === files,
    missing: () => "every file has a manifest, and the run's manifest is missing",
    next: 'seed again: it closes the run',
  },
  {
    state: 'failed',
    matches: ({ files, done, failed }) => done + failed === files,
    missing: ({ failed }) => `${failed} ${failed === 1 ? 'file' : 'files'} failed`,
    next: '`fleet dlq` lists why; when the reason is gone, `fleet redrive` or seed again',
  },
  {
    state: 'open',
    matches: () => true,
    missing: ({ files, done, manifest }) => {
      const revoked = manifest === 'revoked' ? ", and the run's manifest is revoked by a repair" : '';
      return `${files - done} of ${files} files have no manifest${revoked}`;
    },
    next: 'the workers go on',
  },
];

export function stateOfFile(facts: FileFacts): Missing {
  return firstOf(FILE_ROWS, facts);
}

/** `state` is `done`, `failed` (only failures are left) or `open`. */
export function stateOfRun(facts: RunFacts): Missing & { readonly state: 'done' | 'open' | 'failed' } {
  const found = firstOf(RUN_ROWS, facts);
  return { ...found, state: found.state === 'done' || found.state === 'failed' ? found.state : 'open' };
}

function firstOf<T>(rows: readonly StateRow<T>[], facts: T): Missing {
  const row = rows.find(({ matches }) => matches(facts));
  // the last row of a table matches everything
  if (row === undefined) throw new RangeError('no row of the table matches');
  return { state: row.state, missing: row.missing(facts), next: row.next };
}

const MAX_SPLITS_NAMED = 5;

function describeSplits({ splits, missingSplits }: FileFacts): string {
  return `${missingSplits.length} of its ${splits} receipts are missing (${splitList(missingSplits)})`;
}

function describeRepair({ id, splits }: PendingRepair): string {
  return ` ${id}${splits.length === 0 ? '' : ` of its splits ${splitList(splits)}`}`;
}

function splitList(splits: readonly number[]): string {
  const shown = splits.slice(0, MAX_SPLITS_NAMED).map(splitNumber).join(', ');
  return splits.length > MAX_SPLITS_NAMED ? `${shown} and ${splits.length - MAX_SPLITS_NAMED} more` : shown;
}
