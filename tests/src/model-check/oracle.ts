import { isDeepStrictEqual } from 'node:util';
import type { MemoryS3 } from '@wikifleet/store/memory-s3';
import { sha256Of } from './model-dump.js';
import type { SplitTruth } from './model-dump.js';
import {
  QUARANTINE,
  RAW,
  ROWS,
  RUNS,
  PLAN_KEY,
  currentPlan,
  digestOf,
  keys,
  readFileManifest,
  readReceipt,
  readRecord,
  readRunManifest,
  truthOfFile,
} from './run-view.js';
import type {
  FileManifestView,
  FileTruth,
  PlanView,
  ReceiptView,
  RecordView,
  SplitView,
  StoredView,
} from './run-view.js';

/**
 * Why the run in a bucket is not proved, or null where it is: all of its objects are there with the content that follows
 * from the plan and the raw bytes, and no other key. Written without the code under test.
 */
export function reasonAgainstProof(s3: MemoryS3, bytesBySha256: ReadonlyMap<string, Buffer>): string | null {
  const plan = currentPlan(s3);
  if (plan === null) return 'no plan';
  const expected = new Set([PLAN_KEY, keys.runManifest(plan)]);
  const manifests: FileManifestView[] = [];
  for (const planned of plan.files) {
    const { file } = planned;
    const record = readRecord(s3, keys.record(plan, file));
    const problem = record === null ? 'no record' : problemOfRecord(plan, planned, record);
    if (record === null || problem !== null) return `${file}: ${problem}`;
    const truth = truthOfFile(plan, record, bytesBySha256);
    if (truth === null) return `${file}: the record names bytes that never were`;
    const rawKey = keys.raw(plan, file, record.attempt.id);
    const raw = s3.objects.get(rawKey);
    if (raw !== undefined && !raw.body.equals(truth.bytes)) return `${rawKey}: other bytes`;
    const receipts: ReceiptView[] = [];
    for (const { split, truth: made } of truth.splits) {
      const receipt = readReceipt(s3, keys.receipt(plan, file, split.index));
      const wrong = receipt === null ? 'no receipt' : problemOfSplit(s3, plan, record, split, made, receipt);
      if (receipt === null || wrong !== null) return `${file} split ${split.index}: ${wrong}`;
      receipts.push(receipt);
      for (const stored of [receipt.result.part, receipt.result.index, receipt.result.quarantine])
        if (stored !== null) expected.add(stored.key);
      expected.add(keys.receipt(plan, file, split.index));
    }
    const manifest = readFileManifest(s3, keys.fileManifest(plan, file));
    const wrong = manifest === null ? 'no manifest' : problemOfManifest(plan, record, truth, receipts, manifest);
    if (manifest === null || wrong !== null) return `${file}: ${wrong}`;
    manifests.push(manifest);
    for (const key of [keys.record(plan, file), rawKey, keys.fileManifest(plan, file)]) expected.add(key);
  }
  const run = readRunManifest(s3, keys.runManifest(plan));
  if (run?.state !== 'closed') return 'no run manifest';
  const named = run.result.files.map(({ file, manifest }) => [file, manifest]);
  const made = manifests.map(({ result, digest }) => [result.file, digest]);
  if (run.result.planId !== plan.planId || run.result.plan !== plan.digest || !isDeepStrictEqual(named, made))
    return 'the run manifest names others';
  for (const name of ['rows', 'pages', 'quarantined']) {
    const sum = manifests.reduce((total, { result }) => total + Number(result.counts[name]), 0);
    if (run.result.counts[name] !== sum) return `the run manifest counts other ${name}`;
  }
  for (const prefix of [RUNS, ROWS, QUARANTINE, RAW])
    for (const key of s3.keys(prefix)) if (!expected.has(key) && !isFailure(plan, key)) return `${key}: unexpected`;
  return null;
}

function isFailure(plan: PlanView, key: string): boolean {
  return plan.files.some(({ file }) => {
    const prefix = keys.failures(plan, file);
    return key.startsWith(prefix) && /^(?:download|file|\d{5})\.json$/.test(key.slice(prefix.length));
  });
}

export function problemOfRecord(
  plan: PlanView,
  planned: PlanView['files'][number],
  { result }: RecordView,
): string | null {
  if (result.planId !== plan.planId || result.file !== planned.file) return 'the record is of another file';
  if (planned.size !== null && planned.size !== result.size) return 'the record has another size';
  if (!isDeepStrictEqual(planned.checksum, result.upstreamChecksum)) return 'the record has another checksum';
  if (planned.checksum !== null && planned.checksum.value !== result.sha256) return 'the record has other bytes';
  return result.splitBytes === plan.settings.splitBytes ? null : 'the record has other splits';
}

/** What of a split is not as the raw bytes have it: its receipt, or an object. */
export function problemOfSplit(
  s3: MemoryS3,
  plan: PlanView,
  record: RecordView,
  split: SplitView,
  truth: SplitTruth,
  receipt: ReceiptView,
): string | null {
  const { result } = receipt;
  const { size, sha256, file } = record.result;
  if (truth.isBroken) return 'a page that no conversion passes';
  if (truth.isEndless) return 'a page without its end';
  if (result.planId !== plan.planId || result.file !== file || !isDeepStrictEqual(result.split, split))
    return 'another split';
  if (!isDeepStrictEqual(result.object, { size, sha256 })) return 'other raw bytes';
  if (!isDeepStrictEqual(result.counts, truth.counts)) return 'other counts';
  const objects = [
    [keys.part(plan, file, split), truth.rows, result.part],
    [keys.index(plan, file, split.index), truth.index, result.index],
    [keys.quarantine(plan, file, split), truth.quarantine, result.quarantine],
  ] as const;
  for (const [key, bytes, stored] of objects) {
    if (!isDeepStrictEqual(stored, storedOf(key, bytes))) return `${key}: the receipt names something else`;
    const object = s3.objects.get(key);
    if (bytes.length === 0 ? object !== undefined : object?.body.equals(bytes) !== true)
      return `${key}: ${object === undefined ? 'absent' : 'other bytes'}`;
  }
  return null;
}

function storedOf(key: string, bytes: Buffer): StoredView | null {
  return bytes.length === 0 ? null : { key, size: bytes.length, sha256: sha256Of(bytes) };
}

export function problemOfManifest(
  plan: PlanView,
  record: RecordView,
  truth: FileTruth,
  receipts: readonly ReceiptView[] | null,
  { state, result }: FileManifestView,
): string | null {
  if (state !== 'closed') return 'the manifest is revoked';
  const { file, size, sha256 } = record.result;
  if (result.planId !== plan.planId || result.file !== file || result.size !== size || result.sha256 !== sha256)
    return 'the manifest is of another file';
  if (result.rawRecord !== digestOf(record.result)) return 'the manifest names another record';
  if (
    receipts !== null &&
    !isDeepStrictEqual(
      result.receipts,
      receipts.map(({ digest }) => digest),
    )
  )
    return 'the manifest names other receipts';
  const parts = result.parts.map(({ key, size: bytes, sha256: digest, rows }) => ({
    key,
    size: bytes,
    sha256: digest,
    rows,
  }));
  const made = truth.splits.flatMap(({ split, truth: { rows, counts } }) => {
    const stored = storedOf(keys.part(plan, file, split), rows);
    return stored === null ? [] : [{ ...stored, rows: counts.rows }];
  });
  if (!isDeepStrictEqual(parts, made)) return 'the manifest names other parts';
  const sum = (name: 'rows' | 'pages' | 'quarantined'): number =>
    truth.splits.reduce((total, { truth: { counts } }) => total + counts[name], 0);
  for (const name of ['rows', 'pages', 'quarantined'] as const)
    if (result.counts[name] !== sum(name)) return `the manifest counts other ${name}`;
  return null;
}
