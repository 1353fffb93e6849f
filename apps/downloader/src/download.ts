import { createHash, randomUUID } from 'node:crypto';
import { compressorFingerprint } from '@wikifleet/compression/compressor-fingerprint';
import { FleetError, PermanentError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { convertJobOf, serializeJob, splitsOf } from '@wikifleet/domain/jobs';
import type { DownloadJob, FileRepair, RawObject, Split } from '@wikifleet/domain/jobs';
import { rawKey, rawPrefix, rawRecordKey, receiptKey, receiptsPrefix } from '@wikifleet/domain/keys';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { rawRecordSchema, receiptSchema, sealRawRecord } from '@wikifleet/domain/receipts';
import type { RawRecord, RawResult } from '@wikifleet/domain/receipts';
import type { MirrorPool } from '@wikifleet/mirror/mirror-pool';
import { mirrorsFor } from '@wikifleet/mirror/open-mirrors';
import type { KnownMirror } from '@wikifleet/mirror/open-mirrors';
import type { Queue } from '@wikifleet/queue/queue';
import { deleteBelow, deleteObsolete } from '@wikifleet/runs/delete-superseded';
import { markRetried } from '@wikifleet/runs/failures';
import { fileOfDownload } from '@wikifleet/runs/job-fit';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { pendingRepairs, readFileManifest, revokeManifests, storedFileManifest } from '@wikifleet/runs/manifests';
import {
  deleteRawObject,
  headOfRawObject,
  rawKeyOf,
  recordMalformed,
  recordProblem,
  splitBytesOf,
  writeRawRecord,
} from '@wikifleet/runs/raw-records';
import { readStored, replacing } from '@wikifleet/runs/read-stored';
import type { ObjectWriter } from '@wikifleet/store/object-writer';
import type { PartMemory } from '@wikifleet/store/part-memory';
import { rawPartBytes } from '@wikifleet/store/upload-parts';
import type { Store } from '@wikifleet/store/store';
import type { JobContext } from '@wikifleet/worker/service';
import { sizeOfFile } from './fetch-file.js';
import type { FetchContext } from './fetch-file.js';
import { fetchProved } from './fetch-proved.js';
import { TransferProgress } from './transfer-progress.js';

export interface DownloaderParts {
  /** In place of the fingerprint of this runtime's compressor. */
  readonly fingerprint?: typeof compressorFingerprint;
  readonly store: Store;
  readonly converts: Queue;
  readonly mirrors: readonly KnownMirror[];
  /** Of the same mirrors; all jobs of a task share it. */
  readonly pool: MirrorPool;
  /** For the parts of raw objects; all jobs of a task share it. */
  readonly memory: PartMemory;
  /** Told how many splits were just enqueued. */
  readonly onEnqueued?: (splits: number) => void;
}

/** Conditional writes of a record that met another one are tried again so often. */
const MAX_RECORD_ATTEMPTS = 5;

/**
 * Does one download job: the raw object and its record are there, and the splits that have no receipt are enqueued. Each
 * attempt writes an object of its own, and a conditional write of the record decides which of concurrent attempts counts.
 */
export async function download(parts: DownloaderParts, job: DownloadJob, context: JobContext): Promise<void> {
  const { store } = parts;
  const { signal, log } = context;
  const plan = await loadPlan(store, job.run, signal);
  if (plan?.planId !== job.planId) {
    log.warn({ event: 'job_dropped', plan: plan?.planId ?? null }, 'the run has another plan now');
    if (plan !== null) await deleteDownload(store, job, signal);
    return;
  }
  const file = fileOfDownload(plan, job);
  if (job.repair === null && (await readFileManifest(store, plan, job.file, signal)) !== null) {
    log.info({ event: 'file_closed_before' }, 'the file has its manifest');
    return;
  }
  // before a download that takes hours or fails: nothing vouches for what is known to be damaged
  const isBegun = job.repair !== null && (await beginKnownRepair(store, plan, file, job.repair, signal));
  const ensured = await ensureRawObject(parts, plan, file, job, context);
  // after the record: who is killed before it finds out when the message is delivered again
  if (ensured.isWritten && (await loadPlan(store, job.run, signal))?.planId !== plan.planId) {
    log.warn({ event: 'download_discarded' }, 'the run has another plan now');
    return await deleteDownload(store, job, signal);
  }
  const { record } = ensured;
  const isNew = ensured.isNew && job.repair === null;
  if (job.repair !== null && !isBegun) await beginRepair(store, plan, job.repair, record, signal);
  const missing = await splitsToConvert(store, plan, record, isNew, signal);
  // where nothing is left to be converted, the job of any split closes the file: only converters write manifests
  const splits = missing.length > 0 ? missing : [{ split: firstSplit(record), repair: null }];
  const jobs = splits.map(({ split, repair }) => convertJobOf(plan, job.file, split, record.result, repair));
  await parts.converts.sendAll(jobs.map(serializeJob), signal);
  parts.onEnqueued?.(jobs.length);
  log.info(
    { event: 'file_downloaded', bytes: record.result.size, splits: jobs.length, mirror: record.attempt.mirror },
    'raw object complete, splits enqueued',
  );
}

function firstSplit({ result }: RawRecord): Split {
  const [first] = splitsOf(result.size, result.splitBytes);
  if (first === undefined) throw new RangeError(`${result.file}: a file has at least one split`);
  return first;
}

/** Deletes what a job of a superseded plan may have written. */
async function deleteDownload(store: Store, { run, planId, file }: DownloadJob, signal: AbortSignal): Promise<void> {
  await deleteObsolete(store, run, [rawRecordKey(run, planId, file)], signal);
  await deleteBelow(store, run, rawPrefix(run, file), signal);
}

/** Begins a repair where the file's record can be used; returns whether it can. */
async function beginKnownRepair(
  store: Store,
  plan: Plan,
  file: PlanFile,
  repair: FileRepair,
  signal: AbortSignal,
): Promise<boolean> {
  const there = await readStored(store, rawRecordKey(plan.run, plan.planId, file.file), rawRecordSchema, signal);
  if (there.state !== 'valid' || recordProblem(plan, file, there) !== null) return false;
  await beginRepair(store, plan, repair, there.value, signal);
  return true;
}

/** Marks the splits of a repair as to be converted again, and takes the manifests back that they are named in. */
async function beginRepair(
  store: Store,
  plan: Plan,
  repair: FileRepair,
  { result }: RawRecord,
  signal: AbortSignal,
): Promise<void> {
  const all = splitsOf(result.size, result.splitBytes).map(({ index }) => index);
  const { splits: wanted } = repair;
  const splits = wanted === 'all' ? all : all.filter((index) => wanted.includes(index));
  await markRetried(store, plan, new Set([result.file]), signal);
  await revokeManifests(store, plan, result.file, { id: repair.id, splits }, signal);
}

/** The splits that have no receipt, or that a repair wants converted again; all of them for a new record. */
async function splitsToConvert(
  store: Store,
  plan: Plan,
  { result }: RawRecord,
  isNew: boolean,
  signal: AbortSignal,
): Promise<{ readonly split: Split; readonly repair: string | null }[]> {
  const there = new Set<string>();
  if (!isNew) {
    const prefix = receiptsPrefix(plan.run, plan.planId, result.file);
    for await (const { key } of store.list(prefix, signal)) there.add(key);
  }
  const pending = isNew ? [] : pendingRepairs(await storedFileManifest(store, plan, result.file, signal));
  return splitsOf(result.size, result.splitBytes).flatMap((split): { split: Split; repair: string | null }[] => {
    const repair = pending.find(({ splits }) => splits.includes(split.index));
    if (repair !== undefined) return [{ split, repair: repair.id }];
    const key = receiptKey(plan.run, plan.planId, result.file, split.index);
    return there.has(key) ? [] : [{ split, repair: null }];
  });
}

/** The record of a raw object that is there; downloads the file where none is. */
async function ensureRawObject(
  parts: DownloaderParts,
  plan: Plan,
  file: PlanFile,
  job: DownloadJob,
  context: JobContext,
): Promise<{ readonly record: RawRecord; readonly isNew: boolean; readonly isWritten: boolean }> {
  const { store } = parts;
  const { signal, log } = context;
  const key = rawRecordKey(plan.run, plan.planId, job.file);
  const repair = job.repair?.refetch === true ? job.repair.id : null;
  for (let attempt = 0; attempt < MAX_RECORD_ATTEMPTS; attempt += 1) {
    const there = await readStored(store, key, rawRecordSchema, signal);
    const problem = recordProblem(plan, file, there);
    if (problem !== null && job.repair === null) throw recordMalformed(key, problem);
    const known = there.state === 'valid' && problem === null ? there.value : null;
    const isRefetched = repair === null || known?.attempt.repair === repair;
    // where only manifests are written anew, nobody reads the object
    if (known !== null && job.repair?.splits.length === 0 && isRefetched)
      return { record: known, isNew: false, isWritten: false };
    if (known !== null && isRefetched && (await headOfRawObject(store, known, signal)) !== null)
      return { record: known, isNew: false, isWritten: false };
    const moved = known !== null && isRefetched ? await sameBytes(store, known, signal) : null;
    if (known !== null && moved !== null) {
      if (await writeRawRecord(store, moved, replacing(there), signal))
        return { record: moved, isNew: false, isWritten: true };
      continue;
    }
    // of a record that is lost, receipts still say which bytes the plan has
    const isLost = known === null && job.repair !== null;
    const fixed = isLost ? await objectOfReceipts(store, plan, job.file, signal) : (known?.result ?? null);
    const record = await fetchToStore(parts, plan, job, known, fixed, repair, context);
    if (await writeRawRecord(store, record, replacing(there), signal)) {
      // what a repair replaces was damaged, and nobody names it any more
      if (known !== null) await deleteRawObject(store, known, signal);
      return { record, isNew: known === null, isWritten: true };
    }
    const winner = await readStored(store, key, rawRecordSchema, signal);
    // the answer to our own write was lost
    if (winner.state === 'valid' && winner.value.attempt.id === record.attempt.id)
      return { record, isNew: known === null, isWritten: true };
    log.info({ event: 'download_superseded' }, 'a concurrent attempt was first: its raw object counts');
    await deleteRawObject(store, record, signal);
  }
  throw new FleetError('RAW_CONTESTED', `${key}: others keep writing it; try again`);
}

/**
 * The record with the ETag of the object that is there, where that object has the record's bytes: a bucket that was copied
 * has other ETags. Null where it is gone or has other bytes.
 */
async function sameBytes(store: Store, record: RawRecord, signal: AbortSignal): Promise<RawRecord | null> {
  const { result, attempt } = record;
  const head = await store.head(rawKeyOf(record), signal);
  if (head?.size !== result.size) return null;
  const hash = createHash('sha256');
  const range = { start: 0, end: head.size, etag: head.etag };
  for await (const bytes of store.read(rawKeyOf(record), range, signal)) hash.update(bytes);
  return hash.digest('hex') === result.sha256 ? sealRawRecord(result, { ...attempt, etag: head.etag }) : null;
}

/** The raw object that the first readable receipt of a file was made from; null where there is none. */
async function objectOfReceipts(
  store: Store,
  plan: Plan,
  file: string,
  signal: AbortSignal,
): Promise<RawObject | null> {
  for await (const { key } of store.list(receiptsPrefix(plan.run, plan.planId, file), signal)) {
    const receipt = await readStored(store, key, receiptSchema, signal);
    if (receipt.state === 'valid' && receipt.value.result.planId === plan.planId) return receipt.value.result.object;
  }
  return null;
}

/**
 * Downloads the file into an object of this attempt. Where its bytes are fixed already, by the plan's record or by
 * receipts, others are a permanent error that names both digests. Leaves no upload and no object behind an error.
 */
async function fetchToStore(
  parts: DownloaderParts,
  plan: Plan,
  job: DownloadJob,
  known: RawRecord | null,
  fixed: RawObject | null,
  repair: string | null,
  jobContext: JobContext,
): Promise<RawRecord> {
  const { store } = parts;
  const { signal, log, metrics, receiveCount } = jobContext;
  let progress: TransferProgress | null = null;
  // what is fixed serves as the checksum where the catalogue gives none
  const checksum = fixed === null ? null : ({ algorithm: 'sha256', value: fixed.sha256 } as const);
  const context: FetchContext = {
    job: { ...job, checksum: job.checksum ?? checksum },
    pool: parts.pool,
    mirrors: mirrorsFor(parts.mirrors, job.run.kind).map(({ mirror }) => mirror),
    refused: new Map(),
    signal,
    onBytes: (received, mirror) => metrics.add('BytesIn', progress?.take(received, mirror) ?? 0),
    onResume: (error, offset, mirror) =>
      log.warn({ event: 'download_resumed', offset, mirror, code: codeOf(error) }, messageOf(error)),
  };
  const size = fixed?.size ?? job.size ?? (await sizeOfFile(context));
  progress = new TransferProgress(size, (report) => log.info({ event: 'download_progressed', ...report }));
  let attemptId = '';
  const newWriter = (): ObjectWriter => {
    attemptId = randomUUID();
    return store.createWriter(rawKey(job.run, plan.planId, job.file, attemptId), {
      partBytes: rawPartBytes(size),
      isLarge: size >= rawPartBytes(size),
      memory: parts.memory,
      signal,
    });
  };
  log.info({ event: 'download_started', bytes: size }, 'fetching');
  const { fetched, sha256, writer } = await fetchProved(context, size, newWriter, (error) =>
    log.warn(
      { event: 'checksum_differed', code: error.code, expected: error.expected, received: error.received },
      error.message,
    ),
  ).catch((error: unknown) => {
    if (fixed !== null && error instanceof FleetError && error.code === 'CHECKSUM_DIFFERS') throw rawChanged(error);
    throw asPermanent(error, receiveCount);
  });
  try {
    if (fixed !== null && fixed.sha256 !== sha256) throw rawChanged(digestDiffers(job.file, fixed, sha256));
    // nobody else writes this key: an upload that is gone was completed, and its answer was lost
    const outcome = await writer.finish();
    const etag = writer.etag ?? (await store.head(writer.key, signal))?.etag;
    if (etag === undefined) throw new FleetError('RAW_CONTESTED', `${writer.key}: its upload was aborted by another`);
    if (outcome === 'written') metrics.add('BytesOut', fetched.size);
    const result: RawResult = known?.result ?? {
      planId: plan.planId,
      run: plan.run,
      file: job.file,
      size: fetched.size,
      sha256,
      upstreamChecksum: job.checksum,
      splitBytes: splitBytesOf(plan, job.file, fetched.firstBytes),
      compressor: (parts.fingerprint ?? compressorFingerprint)(plan.settings.compression),
    };
    // the one that brought the end; an empty file has no bytes of any mirror
    const mirror = fetched.mirrors.at(-1) ?? context.mirrors[0]?.name ?? '';
    return sealRawRecord(result, { id: attemptId, etag, mirror, repair });
  } finally {
    await writer.abort();
  }
}

function digestDiffers(file: string, { sha256: expected }: RawObject, received: string): FleetError {
  const message = `${file}: expected sha256 ${expected}, received sha256 ${received}`;
  return new FleetError('CHECKSUM_DIFFERS', message, {
    place: file,
    expected: `sha256 ${expected}`,
    received: `sha256 ${received}`,
  });
}

/** The file was downloaded under this plan before, and other bytes come now. */
function rawChanged(cause: FleetError): PermanentError {
  const { place = '', expected = '', received = '' } = cause;
  const message =
    `${cause.message}: the file is not the one that was downloaded first under this plan; ` +
    '`seed --force` starts a new plan with the bytes of today';
  return new PermanentError('RAW_CHANGED', message, { place, expected, received, cause });
}

/** Sizes that differ twice differ; the first time a mirror may have been writing the file. */
function asPermanent(error: unknown, receiveCount: number): unknown {
  if (!(error instanceof FleetError) || receiveCount < 2 || error.code !== 'SIZE_DIFFERS') return error;
  const { place = '', expected = '', received = '' } = error;
  return new PermanentError(error.code, `${error.message} (twice)`, { cause: error, place, expected, received });
}
