import { hostname } from 'node:os';
import type { BlockPool } from '@wikifleet/conversion/block-pool';
import { convertSplit as convert } from '@wikifleet/conversion/convert-split';
import type { Conversion } from '@wikifleet/conversion/convert-split';
import { DEFAULT_ENGINE } from '@wikifleet/conversion/engines';
import { openPartFormat } from '@wikifleet/conversion/output-formats';
import { compressorFingerprint } from '@wikifleet/compression/compressor-fingerprint';
import { FleetError, PermanentError, codeOf } from '@wikifleet/domain/errors';
import { factsOf } from '@wikifleet/domain/formats';
import { downloadJobOf, serializeJob } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import { indexKey, partKey, quarantineKey, rawRecordKey, receiptKey, splitKeys } from '@wikifleet/domain/keys';
import { ROWS_VERSION } from '@wikifleet/domain/plan';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { rawRecordSchema, receiptFits, receiptSchema, sealReceipt } from '@wikifleet/domain/receipts';
import type { RawRecord, Receipt, SplitResult, StoredObject } from '@wikifleet/domain/receipts';
import type { Sender } from '@wikifleet/runs/enqueue';
import { close, closeAgain } from '@wikifleet/runs/closing';
import { deleteObsolete } from '@wikifleet/runs/delete-superseded';
import { checkPartsVersion, fileOfJob, splitOfConvert } from '@wikifleet/runs/job-fit';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { readFileManifest } from '@wikifleet/runs/manifests';
import {
  deleteRawObject,
  headOfRawObject,
  rawKeyOf,
  recordMalformed,
  recordProblem,
} from '@wikifleet/runs/raw-records';
import { readStored, replacing } from '@wikifleet/runs/read-stored';
import type { Stored } from '@wikifleet/runs/read-stored';
import type { ObjectWriter } from '@wikifleet/store/object-writer';
import { openObject } from '@wikifleet/store/file-in-store';
import type { Store } from '@wikifleet/store/store';
import { ROWS_PART_BYTES } from '@wikifleet/store/upload-parts';
import type { JobContext } from '@wikifleet/worker/service';

export interface ConverterParts {
  /** In place of the conversion of the package `conversion`. */
  readonly convert?: Convert;
  /** In place of the fingerprint of this runtime's compressor. */
  readonly fingerprint?: typeof compressorFingerprint;
  readonly store: Store;
  /** Where a file is enqueued again whose raw object is gone. */
  readonly downloads: Sender;
  /** What becomes of the raw object of a file that is complete; one whose quarantine is full is always kept. */
  readonly rawObjects: 'keep' | 'delete';
  /** Called when a file is complete. */
  readonly onClosed?: () => void;
  /** Decodes the blocks, of one split at a time. */
  readonly pool: BlockPool;
}

/** Conditional writes of a receipt that met another one are tried again so often. */
const MAX_RECEIPT_ATTEMPTS = 5;

/** A split failed for good after whole pages were written: they stay, but the file is not done. */
export class SplitFailed extends PermanentError {
  readonly written: { readonly pages: number; readonly rows: number };

  constructor(failure: FleetError, written: { pages: number; rows: number }) {
    super(failure.code, failure.message, {
      cause: failure,
      ...(failure.place === undefined ? {} : { place: failure.place }),
      ...(failure.expected === undefined ? {} : { expected: failure.expected }),
      ...(failure.received === undefined ? {} : { received: failure.received }),
    });
    this.written = written;
  }
}

/** Converts a split: `convertSplit` of the conversion package, or what a test puts in its place. */
export type Convert = typeof convert;

/**
 * Does one convert job: part and receipt are there, and what is complete is closed. Idempotent, also concurrently with
 * itself: keys and bytes follow from the plan, and the receipt is written conditionally.
 */
export async function convertSplit(parts: ConverterParts, job: ConvertJob, context: JobContext): Promise<void> {
  const { store } = parts;
  const { signal, log } = context;
  const key = receiptKey(job.run, job.planId, job.file, job.split.index);
  // three answers that do not depend on each other
  const [plan, stored, there] = await Promise.all([
    loadPlan(store, job.run, signal),
    readStored(store, rawRecordKey(job.run, job.planId, job.file), rawRecordSchema, signal),
    readStored(store, key, receiptSchema, signal),
  ]);
  if (plan?.planId !== job.planId) {
    log.warn({ event: 'job_dropped', plan: plan?.planId ?? null }, 'the run has another plan now');
    if (plan !== null) await deleteConversion(store, job, signal);
    return;
  }
  const file = fileOfJob(plan, job.file);
  const record = usableRecord(plan, file, stored);
  splitOfConvert(plan, record, job);
  const isDone = isDoneBy(there, plan, record, job);
  let written: Receipt | null = null;
  if (isDone) {
    log.info({ event: 'split_converted_before' }, 'the receipt is there');
  } else {
    checkPartsVersion(plan, record, (parts.fingerprint ?? compressorFingerprint)(plan.settings.compression));
    try {
      const made = await makePart(parts, plan, record, job, context);
      if (made === null) return await fetchAgain(parts, plan, file, context);
      written = await writeReceipt(store, key, made, there, signal);
    } catch (error) {
      // a permanent failure is not delivered again: this is the last chance to delete what it wrote
      if (error instanceof PermanentError && (await discardIfSuperseded(store, job, context))) return;
      throw error;
    }
    // after the last write: who is killed before it finds out when the message is delivered again
    if (await discardIfSuperseded(store, job, context)) return;
  }
  const known = { record, ...(written === null || job.repair !== null ? {} : { receipt: written }) };
  const { outcome, run } = await (isDone ? closeAgain : close)(store, plan, file, signal, known);
  if (outcome === 'failed') log.error({ event: 'file_failed' }, 'the receipts of the file prove no complete file');
  if (outcome !== 'closed') return;
  log.info({ event: 'file_closed' }, 'the file is complete');
  if (run.digest !== null) log.info({ event: 'run_closed', digest: run.digest }, 'the run is complete');
  parts.onClosed?.();
  if (parts.rawObjects === 'keep') return;
  const manifest = await readFileManifest(store, plan, job.file, signal);
  // what the quarantine has no room for can be read in the raw object alone
  const isDropped = Object.keys(manifest?.counts.quarantineDropped ?? {}).length > 0;
  if (isDropped) log.warn({ event: 'raw_object_kept' }, 'the quarantine is full: the raw object is not deleted');
  else await deleteRawObject(store, record, signal);
}

/** The record of a file. Throws `RAW_RECORD_MISSING`, which is retryable, or `RAW_RECORD_MALFORMED`. */
function usableRecord(plan: Plan, file: PlanFile, stored: Stored<RawRecord>): RawRecord {
  const place = rawRecordKey(plan.run, plan.planId, file.file);
  if (stored.state === 'absent') throw new FleetError('RAW_RECORD_MISSING', `${place}: it is not there yet`, { place });
  const problem = recordProblem(plan, file, stored);
  if (stored.state === 'valid' && problem === null) return stored.value;
  throw recordMalformed(place, `${problem}`);
}

/** Whether the receipt that is there is that of the job, and answers its repair. */
function isDoneBy(there: Stored<Receipt>, plan: Plan, record: RawRecord, job: ConvertJob): boolean {
  if (there.state !== 'valid' || !receiptFits(there.value.result, plan, record.result, job.split)) return false;
  return job.repair === null || there.value.repairs.includes(job.repair);
}

/**
 * Writes the receipt in the place of what was read before the conversion. Where a concurrent attempt was faster, its
 * receipt must have the same result, and the repairs of both are kept. Returns the receipt that is there.
 */
async function writeReceipt(
  store: Store,
  key: string,
  made: Receipt,
  read: Stored<Receipt>,
  signal: AbortSignal,
): Promise<Receipt> {
  let there = read;
  for (let attempt = 0; attempt < MAX_RECEIPT_ATTEMPTS; attempt += 1) {
    const others = there.state === 'valid' ? there.value.repairs : [];
    const receipt = receiptSchema.parse(sealReceipt(made.result, made.run, [...made.repairs, ...others]));
    if (await store.putJson(key, receipt, replacing(there), signal)) return receipt;
    there = await readStored(store, key, receiptSchema, signal);
    if (there.state !== 'valid') continue;
    if (there.value.digest !== made.digest) throw receiptsDiffer(key, there.value, made);
    const { repairs } = there.value;
    if (made.repairs.every((id) => repairs.includes(id))) return there.value;
  }
  throw new FleetError('RECEIPT_CONTESTED', `${key}: others keep writing it; try again`);
}

/** Two conversions of one split must give the same result: then one of them was damaged, or of another build. */
function receiptsDiffer(key: string, there: Receipt, made: Receipt): PermanentError {
  const [expected, received] = [`digest ${there.digest}`, `digest ${made.digest}`];
  const message = `${key}: a concurrent conversion of the same split had another result: expected ${expected}, received ${received}`;
  return new PermanentError('RECEIPTS_DIFFER', message, { place: key, expected, received });
}

/** The raw object expired, or is damaged: it is downloaded again, and the downloader enqueues the splits without receipt. */
async function fetchAgain(parts: ConverterParts, plan: Plan, file: PlanFile, context: JobContext): Promise<void> {
  context.log.warn(
    { event: 'raw_object_missing' },
    'the raw object of the record is not there: its download is enqueued',
  );
  await parts.downloads.sendAll([serializeJob(downloadJobOf(plan, file))]);
}

/** Deletes what the job wrote where its plan was superseded meanwhile; returns whether it was. */
async function discardIfSuperseded(store: Store, job: ConvertJob, { signal, log }: JobContext): Promise<boolean> {
  if ((await loadPlan(store, job.run, signal))?.planId === job.planId) return false;
  log.warn({ event: 'split_discarded' }, 'the run has another plan now');
  await deleteConversion(store, job, signal);
  return true;
}

/** Deletes what a job of a superseded plan may have written: nobody shall read it. */
async function deleteConversion(
  store: Store,
  { run, planId, file, split }: ConvertJob,
  signal: AbortSignal,
): Promise<void> {
  const keys = [...splitKeys(run, file, split, planId), receiptKey(run, planId, file, split.index)];
  await deleteObsolete(store, run, keys, signal);
}

/** Null where the record's raw object is not there. No request asks for it first: the first read of its bytes shows it. */
async function makePart(
  parts: ConverterParts,
  plan: Plan,
  record: RawRecord,
  job: ConvertJob,
  context: JobContext,
): Promise<Receipt | null> {
  try {
    return await convertToPart(parts, plan, record, job, context);
  } catch (error) {
    const isGone =
      codeOf(error) === 'OBJECT_CHANGED' && (await headOfRawObject(parts.store, record, context.signal)) === null;
    if (!isGone) throw error;
    return null;
  }
}

async function convertToPart(
  parts: ConverterParts,
  plan: Plan,
  record: RawRecord,
  job: ConvertJob,
  context: JobContext,
): Promise<Receipt> {
  const { store } = parts;
  const { signal, log, metrics, receiveCount } = context;
  const { settings } = plan;
  const raw = { size: record.result.size, etag: record.attempt.etag };
  const startedAt = new Date();
  const started = performance.now();
  const format = openPartFormat(settings);
  const { contentType } = factsOf(settings.format);
  const part = store.createWriter(partKey(job.run, job.file, job.split, job.planId, settings), {
    partBytes: ROWS_PART_BYTES,
    ...(contentType === null ? {} : { contentType }),
    signal,
  });
  const index = store.createWriter(indexKey(job.run, job.planId, job.file, job.split.index), {
    partBytes: ROWS_PART_BYTES,
    signal,
  });
  const quarantine = store.createWriter(quarantineKey(job.run, job.file, job.split, job.planId), {
    partBytes: ROWS_PART_BYTES,
    signal,
  });
  try {
    const conversion = await (parts.convert ?? convert)({
      source: openObject(store, rawKeyOf(record), raw, job.split, signal),
      split: job.split,
      engine: DEFAULT_ENGINE,
      pool: parts.pool,
      wiki: job.run.wiki,
      filter: settings,
      format,
      choice: settings,
      wikiOverrides: settings.wikiOverrides ?? false,
      rows: part,
      index,
      quarantine,
      signal,
      onProgress: (progress) => log.debug({ event: 'split_progressed', ...progress }),
    });
    // a split without rows has no part, in any format
    if (part.size > 0) await part.write(format.end());
    const [stored = null, indexed = null, quarantined = null] = await Promise.all(
      [part, index, quarantine].map(async (writer) => (writer.size === 0 ? null : await finish(writer))),
    );
    if (conversion.failure !== null) throw splitFailed(conversion);
    const result = resultOf(job, conversion, { part: stored, index: indexed, quarantine: quarantined });
    if (job.repair !== null) await deleteUnwritten(store, plan, result, signal);
    const seconds = (performance.now() - started) / 1000;
    const { pages, rows } = result.counts;
    log.info(
      { event: 'split_converted', seconds, pages, rows, bytes: raw.size, xmlBytes: conversion.xmlBytes },
      'part written',
    );
    metrics.add('BytesIn', job.split.end - job.split.start);
    metrics.add('BytesOut', part.size + quarantine.size);
    metrics.add('XmlBytes', conversion.xmlBytes);
    metrics.add('Rows', rows);
    metrics.add('Quarantined', result.counts.quarantined);
    const run = {
      startedAt: startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
      seconds,
      host: hostname(),
      receiveCount,
    };
    return sealReceipt(result, run, job.repair === null ? [] : [job.repair]);
  } finally {
    await part.abort();
    await index.abort();
    await quarantine.abort();
  }
}

/** Under a repair, objects go that the split's result does not have: its keys belong to this job alone. */
async function deleteUnwritten(
  store: Store,
  plan: Plan,
  { run, file, split, part, index, quarantine }: SplitResult,
  signal: AbortSignal,
): Promise<void> {
  const written = new Set([part, index, quarantine].map((object) => object?.key));
  await store.delete(
    splitKeys(run, file, split, plan.planId).filter((key) => !written.has(key)),
    signal,
  );
}

async function finish(writer: ObjectWriter): Promise<StoredObject> {
  // the bytes are a function of the job: whoever writes them last changes nothing
  if ((await writer.finish()) === 'lost')
    throw new FleetError('PART_CONTESTED', `${writer.key}: its upload was aborted by another`);
  return { key: writer.key, size: writer.size, sha256: writer.digest() };
}

function splitFailed(conversion: Conversion): unknown {
  const { failure, counts } = conversion;
  if (!(failure instanceof PermanentError)) return failure;
  return new SplitFailed(failure, { pages: counts.pages - counts.partialPages, rows: counts.rows });
}

function resultOf(
  job: ConvertJob,
  conversion: Conversion,
  stored: Pick<SplitResult, 'part' | 'index' | 'quarantine'>,
): SplitResult {
  const { head, firstBlock, nextBlock, rejectedCandidates, firstPage, nextPage, sequence, counts, members } =
    conversion;
  return {
    planId: job.planId,
    run: job.run,
    file: job.file,
    split: job.split,
    object: { size: job.object.size, sha256: job.object.sha256 },
    rowsVersion: ROWS_VERSION,
    firstBlock,
    nextBlock,
    rejectedCandidates: [...rejectedCandidates],
    firstPage,
    nextPage,
    sequence,
    head,
    counts,
    ...stored,
    members: [...members],
  };
}
