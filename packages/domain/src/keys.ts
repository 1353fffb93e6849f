import { checkName } from './names.js';
import { COMPRESSIONS_OF, FORMATS, factsOf } from './formats.js';
import type { RowsFormat } from './plan.js';
import type { Split } from './jobs.js';
import type { Run } from './run.js';

/** How the name of a file of rows ends, in any format; a quarantine file's ends so, too. */
const PART_ENDING = String.raw`\.(?:jsonl(?:\.gz|\.zst)?|parquet)$`;
const PLAN_OF_PART = new RegExp(String.raw`/part-\d{5}-of-\d{5}-([0-9a-f]{16})${PART_ENDING}`);
const PLAN_OF_RAW = /^raw\/[^/]+\/[^/]+\/[^/]+\/[^/]+\/([0-9a-f]{16})-[0-9a-f-]+$/;
const PLAN_OF_RECORD = /^runs\/[^/]+\/[^/]+\/[^/]+\/([0-9a-f]{16})\//;

/** How the names of parts end. */
export function partEnding({ format, compression }: RowsFormat): string {
  return factsOf(format).ending(compression);
}

function segments(run: Run): string {
  return `${run.kind}/${checkName('wiki', run.wiki)}/${run.date}`;
}

/** `3` as receipts and parts have it: `00003`. */
export function splitNumber(index: number): string {
  return String(index).padStart(5, '0');
}

/** Everything below it is a dump file of this run (of any plan). */
export function rawRunPrefix(run: Run): string {
  return `raw/${segments(run)}/`;
}

/** Below it each attempt to download the file has an object of its own, so that no attempt overwrites another's. */
export function rawPrefix(run: Run, file: string): string {
  return `${rawRunPrefix(run)}${checkName('file', file)}/`;
}

export function rawKey(run: Run, planId: string, file: string, attemptId: string): string {
  return `${rawPrefix(run, file)}${planId}-${attemptId}`;
}

/** Everything below it is a row of this run (of any plan). */
export function rowsPrefix(run: Run): string {
  return `rows/kind=${run.kind}/wiki_id=${checkName('wiki', run.wiki)}/snapshot=${run.date}/`;
}

/** Everything below it is a row of one file of this run (of any plan). */
export function partsPrefix(run: Run, file: string): string {
  return `${rowsPrefix(run)}${checkName('file', file)}/`;
}

export function quarantinePrefix(run: Run, file?: string): string {
  const all = `quarantine/${segments(run)}/`;
  return file === undefined ? all : `${all}${checkName('file', file)}/`;
}

function partName(split: Split, planId: string): string {
  return `part-${splitNumber(split.index)}-of-${splitNumber(split.count)}-${planId}`;
}

export function partKey(run: Run, file: string, split: Split, planId: string, settings: RowsFormat): string {
  return `${partsPrefix(run, file)}${partName(split, planId)}${partEnding(settings)}`;
}

/** Everything that the conversion of a split may write besides its receipt, whatever the rows' format. */
export function splitKeys(run: Run, file: string, split: Split, planId: string): string[] {
  const parts = FORMATS.flatMap((format) =>
    COMPRESSIONS_OF[format].map((compression) => partKey(run, file, split, planId, { format, compression })),
  );
  return [...new Set(parts), indexKey(run, planId, file, split.index), quarantineKey(run, file, split, planId)];
}

export function quarantineKey(run: Run, file: string, split: Split, planId: string): string {
  return `${quarantinePrefix(run, file)}${partName(split, planId)}.jsonl`;
}

/** The plan that wrote a key, by its name; null for `plan.json` and for what no plan's job writes. */
export function planIdOfKey(key: string): string | null {
  return (PLAN_OF_PART.exec(key) ?? PLAN_OF_RAW.exec(key) ?? PLAN_OF_RECORD.exec(key))?.[1] ?? null;
}

/** Below it stands a folder a run, by its date. */
export function runsPrefix({ kind, wiki }: Omit<Run, 'date'>): string {
  return `runs/${kind}/${checkName('wiki', wiki)}/`;
}

export function runPrefix(run: Run): string {
  return `${runsPrefix(run)}${run.date}/`;
}

export function planKey(run: Run): string {
  return `${runPrefix(run)}plan.json`;
}

/** Below these is everything that the jobs of a run's plans write. */
export function prefixesOfRun(run: Run): string[] {
  return [runPrefix(run), rowsPrefix(run), quarantinePrefix(run), rawRunPrefix(run)];
}

export function planPrefix(run: Run, planId: string): string {
  return `${runPrefix(run)}${planId}/`;
}

export function rawRecordsPrefix(run: Run, planId: string): string {
  return `${planPrefix(run, planId)}raw/`;
}

export function rawRecordKey(run: Run, planId: string, file: string): string {
  return `${rawRecordsPrefix(run, planId)}${checkName('file', file)}.json`;
}

export function receiptsPrefix(run: Run, planId: string, file: string): string {
  return `${planPrefix(run, planId)}receipts/${checkName('file', file)}/`;
}

export function receiptKey(run: Run, planId: string, file: string, index: number): string {
  return `${receiptsPrefix(run, planId, file)}${splitNumber(index)}.json`;
}

export function indexKey(run: Run, planId: string, file: string, index: number): string {
  return `${planPrefix(run, planId)}index/${checkName('file', file)}/${splitNumber(index)}.bin`;
}

export function failuresPrefix(run: Run, planId: string, file?: string): string {
  const all = `${planPrefix(run, planId)}failures/`;
  return file === undefined ? all : `${all}${checkName('file', file)}/`;
}

/** `stage`: `download`, `file`, or a split's number. */
export function failureKey(run: Run, planId: string, file: string, stage: 'download' | 'file' | number): string {
  return `${failuresPrefix(run, planId, file)}${typeof stage === 'number' ? splitNumber(stage) : stage}.json`;
}

export function manifestsPrefix(run: Run, planId: string): string {
  return `${planPrefix(run, planId)}manifests/`;
}

export function fileManifestKey(run: Run, planId: string, file: string): string {
  return `${manifestsPrefix(run, planId)}${checkName('file', file)}.json`;
}

export function runManifestKey(run: Run, planId: string): string {
  return `${planPrefix(run, planId)}manifest.json`;
}
