/**
 * What stands in the bucket, read by code of the model's own: keys, digests and results are computed here again, so that
 * an error in the programs does not hide itself.
 */
import { createHash } from 'node:crypto';
import { truthOfSplit } from './model-dump.js';
import type { SplitTruth } from './model-dump.js';
import type { MemoryObject, MemoryS3 } from '@wikifleet/store/memory-s3';

const RUN_SEGMENTS = 'articles/testwiki/2026-10-01';
export const RUNS = `runs/${RUN_SEGMENTS}/`;
export const RAW = `raw/${RUN_SEGMENTS}/`;
export const ROWS = 'rows/kind=articles/wiki_id=testwiki/snapshot=2026-10-01/';
export const QUARANTINE = `quarantine/${RUN_SEGMENTS}/`;
export const PLAN_KEY = `${RUNS}plan.json`;

interface Sha256Checksum {
  readonly algorithm: string;
  readonly value: string;
}

/** As much of the stored objects as the model looks at. */
export interface PlanView {
  readonly planId: string;
  readonly digest: string;
  readonly settings: { readonly splitBytes: number };
  readonly files: readonly {
    readonly file: string;
    readonly size: number | null;
    readonly checksum: Sha256Checksum | null;
  }[];
  readonly supersedes: readonly string[];
}

export interface RecordView {
  readonly result: {
    readonly planId: string;
    readonly file: string;
    readonly size: number;
    readonly sha256: string;
    readonly upstreamChecksum: Sha256Checksum | null;
    readonly splitBytes: number | null;
    readonly compressor: string | null;
  };
  readonly attempt: { readonly id: string; readonly etag: string };
}

export interface StoredView {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
}

export interface ReceiptView {
  readonly digest: string;
  readonly repairs: readonly string[];
  readonly result: {
    readonly planId: string;
    readonly file: string;
    readonly split: SplitView;
    readonly object: { readonly size: number; readonly sha256: string };
    readonly counts: Record<string, unknown>;
    readonly part: StoredView | null;
    readonly index: StoredView | null;
    readonly quarantine: StoredView | null;
  };
}

export interface SplitView {
  readonly index: number;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

export interface FileManifestView {
  readonly state: 'closed' | 'revoked';
  readonly digest: string;
  readonly repairs: readonly { readonly id: string; readonly splits: readonly number[] }[];
  readonly result: {
    readonly planId: string;
    readonly file: string;
    readonly size: number;
    readonly sha256: string;
    readonly rawRecord: string;
    readonly receipts: readonly string[];
    readonly counts: Record<string, unknown>;
    readonly parts: readonly (StoredView & { readonly rows: number })[];
    readonly quarantine: readonly StoredView[];
  };
}

export interface RunManifestView {
  readonly state: 'closed' | 'revoked';
  readonly digest: string;
  readonly result: {
    readonly planId: string;
    readonly plan: string;
    readonly counts: Record<string, unknown>;
    readonly files: readonly { readonly file: string; readonly manifest: string; readonly rows: number }[];
  };
}

export interface FailureView {
  readonly file: string;
  readonly stage: string;
  readonly code: string;
  readonly retriedAt: string | null;
}

export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical((value as Record<string, unknown>)[key])}`).join(',')}}`;
}

const PARSED = new WeakMap<MemoryObject, unknown>();
const SEALED = ['run', 'vouchedBy', 'settings', 'files', 'supersedes', 'nonce'];

/** A sealed JSON object whose digest is right; null where it is absent or something else. */
function readSealed(s3: MemoryS3, key: string): unknown {
  const object = s3.objects.get(key);
  if (object === undefined) return null;
  if (PARSED.has(object)) return PARSED.get(object);
  const parsed = parseSealed(object.body);
  PARSED.set(object, parsed);
  return parsed;
}

function parseSealed(body: Buffer): unknown {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (value['state'] === 'revoked' || 'stage' in value) return value;
  const sealed = 'result' in value ? value['result'] : Object.fromEntries(SEALED.map((key) => [key, value[key]]));
  return digestOf(sealed) === value['digest'] ? value : null;
}

export function readRecord(s3: MemoryS3, key: string): RecordView | null {
  return readSealed(s3, key) as RecordView | null;
}

export function readReceipt(s3: MemoryS3, key: string): ReceiptView | null {
  return readSealed(s3, key) as ReceiptView | null;
}

export function readFileManifest(s3: MemoryS3, key: string): FileManifestView | null {
  return readSealed(s3, key) as FileManifestView | null;
}

export function readRunManifest(s3: MemoryS3, key: string): RunManifestView | null {
  return readSealed(s3, key) as RunManifestView | null;
}

export function readFailure(s3: MemoryS3, key: string): FailureView | null {
  return readSealed(s3, key) as FailureView | null;
}

export function currentPlan(s3: MemoryS3): PlanView | null {
  const plan = readSealed(s3, PLAN_KEY) as PlanView | null;
  return plan?.planId === plan?.digest.slice(0, 16) ? plan : null;
}

/** The plan that a key is of, by the id in it. */
export function planIdIn(key: string): string | null {
  return /(?:^runs\/[^/]+\/[^/]+\/[^/]+\/|[/-])([0-9a-f]{16})(?:[/.]|-[0-9a-f-]+$)/.exec(key)?.[1] ?? null;
}

export const keys = {
  record: (plan: PlanView, file: string): string => `${RUNS}${plan.planId}/raw/${file}.json`,
  receipts: (plan: PlanView, file: string): string => `${RUNS}${plan.planId}/receipts/${file}/`,
  receipt: (plan: PlanView, file: string, index: number): string =>
    `${keys.receipts(plan, file)}${splitNumber(index)}.json`,
  index: (plan: PlanView, file: string, index: number): string =>
    `${RUNS}${plan.planId}/index/${file}/${splitNumber(index)}.bin`,
  part: (plan: PlanView, file: string, { index, count }: SplitView): string =>
    `${ROWS}${file}/part-${splitNumber(index)}-of-${splitNumber(count)}-${plan.planId}.jsonl`,
  quarantine: (plan: PlanView, file: string, { index, count }: SplitView): string =>
    `${QUARANTINE}${file}/part-${splitNumber(index)}-of-${splitNumber(count)}-${plan.planId}.jsonl`,
  fileManifest: (plan: PlanView, file: string): string => `${RUNS}${plan.planId}/manifests/${file}.json`,
  runManifest: (plan: PlanView): string => `${RUNS}${plan.planId}/manifest.json`,
  failures: (plan: PlanView, file: string): string => `${RUNS}${plan.planId}/failures/${file}/`,
  raw: (plan: PlanView, file: string, attempt: string): string => `${RAW}${file}/${plan.planId}-${attempt}`,
};

export function splitNumber(index: number): string {
  return String(index).padStart(5, '0');
}

export function splitsOfSize(size: number, splitBytes: number): SplitView[] {
  const count = Math.max(1, Math.ceil(size / splitBytes));
  return Array.from({ length: count }, (_, index) => {
    return { index, count, start: index * splitBytes, end: Math.min(size, (index + 1) * splitBytes) };
  });
}

/** What a file becomes by its record: split by split. */
export interface FileTruth {
  readonly bytes: Buffer;
  readonly splits: readonly { readonly split: SplitView; readonly truth: SplitTruth }[];
}

const TRUTHS = new WeakMap<RecordView, FileTruth>();

/** `bytesBySha256`: all bytes that any mirror or raw object ever had. Null for bytes that never were. */
export function truthOfFile(
  plan: PlanView,
  record: RecordView,
  bytesBySha256: ReadonlyMap<string, Buffer>,
): FileTruth | null {
  const known = TRUTHS.get(record);
  if (known !== undefined) return known;
  const bytes = bytesBySha256.get(record.result.sha256);
  if (bytes === undefined) return null;
  const build = record.result.compressor ?? '';
  const splits = splitsOfSize(bytes.length, plan.settings.splitBytes).map((split) => {
    return { split, truth: truthOfSplit(bytes, split, build) };
  });
  const truth = { bytes, splits };
  TRUTHS.set(record, truth);
  return truth;
}
