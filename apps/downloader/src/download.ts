import { createHash, randomUUID } from 'node:crypto';
import { isOneSplit } from '@wikifleet/catalogue/dump-name';
import { canBeSplit } from '@wikifleet/domain/containers';
import { FleetError, PermanentError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { convertJobOf, serializeJob, splitsOf } from '@wikifleet/domain/jobs';
import type { DownloadJob, RawObject } from '@wikifleet/domain/jobs';
import { rawKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { RawNote } from '@wikifleet/domain/receipts';
import type { MirrorPool } from '@wikifleet/mirror/mirror-pool';
import { mirrorsFor } from '@wikifleet/mirror/open-mirrors';
import type { KnownMirror } from '@wikifleet/mirror/open-mirrors';
import type { Queue } from '@wikifleet/queue/queue';
import { closeRun, readFileManifest } from '@wikifleet/runs/closing';
import { loadPlan } from '@wikifleet/runs/plans';
import { ATTEMPT_ID, headOfRawObject, readRawNote, writeRawNote } from '@wikifleet/runs/raw-notes';
import type { ObjectWriter } from '@wikifleet/store/object-writer';
import type { PartMemory } from '@wikifleet/store/part-memory';
import type { ObjectHead, Store } from '@wikifleet/store/store';
import type { JobContext } from '@wikifleet/worker/service';
import { sizeOfFile } from './fetch-file.js';
import type { FetchContext } from './fetch-file.js';
import { fetchProved } from './fetch-proved.js';
import { TransferProgress } from './transfer-progress.js';

export interface DownloaderParts {
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

const MIB = 1024 * 1024;

/**
 * The part size of a raw object's upload: it follows from the file's size alone, 5 MiB up to 48 GiB, and never needs
 * more than the 10,000 parts that S3 allows.
 */
export function rawPartBytes(size: number): number {
  return Math.max(5 * MIB, Math.ceil(size / 10_000 / MIB) * MIB);
}

/** Does one download job: the raw object and its note are there, and the file's splits are enqueued. */
export async function download(parts: DownloaderParts, job: DownloadJob, context: JobContext): Promise<void> {
  const { store } = parts;
  const { signal, log } = context;
  const plan = await loadPlan(store, job.run, signal);
  if (plan?.planId !== job.planId) {
    log.warn({ event: 'job of another plan', plan: plan?.planId ?? null }, 'dropped: the run has another plan now');
    return;
  }
  if ((await readFileManifest(store, plan, job.file, signal)) !== null) {
    log.info({ event: 'file done before' }, 'the file has its manifest');
    await closeRun(store, plan, signal);
    return;
  }
  const note = (await noteOfGoodObject(store, plan, job, signal)) ?? (await fetchToStore(parts, plan, job, context));
  const splits = await enqueueSplits(parts.converts, plan, note, signal);
  parts.onEnqueued?.(splits);
  log.info(
    { event: 'file downloaded', bytes: note.size, splits, mirror: note.mirror },
    'raw object complete, splits enqueued',
  );
}

/** Returns how many. */
async function enqueueSplits(converts: Queue, plan: Plan, note: RawNote, signal: AbortSignal): Promise<number> {
  const object: RawObject = { size: note.size, sha256: note.sha256, attemptId: note.attemptId };
  const splits = splitsOf(note.size, note.splitBytes);
  await converts.sendAll(
    splits.map((split) => serializeJob(convertJobOf(plan, note.file, split, object))),
    signal,
  );
  return splits.length;
}

/** The note of the raw object that is there, when it fits both the object and the job. */
async function noteOfGoodObject(
  store: Store,
  plan: Plan,
  job: DownloadJob,
  signal: AbortSignal,
): Promise<RawNote | null> {
  const note = await readRawNote(store, plan, job.file, signal);
  if (note === null || (job.size !== null && note.size !== job.size)) return null;
  if (JSON.stringify(note.upstreamChecksum) !== JSON.stringify(job.checksum)) return null;
  return (await headOfRawObject(store, job.run, job.file, note, signal)) === null ? null : note;
}

async function fetchToStore(
  parts: DownloaderParts,
  plan: Plan,
  job: DownloadJob,
  jobContext: JobContext,
): Promise<RawNote> {
  const { store } = parts;
  const { signal, log, metrics, receiveCount } = jobContext;
  const key = rawKey(job.run, job.file);
  let progress: TransferProgress | null = null;
  const context: FetchContext = {
    job,
    pool: parts.pool,
    mirrors: mirrorsFor(parts.mirrors, job.run.kind).map(({ mirror }) => mirror),
    refused: new Map(),
    signal,
    onBytes: (received, mirror) => metrics.add('BytesIn', progress?.take(received, mirror) ?? 0),
    onResume: (error, offset, mirror) =>
      log.warn({ event: 'download resumed', offset, mirror, code: codeOf(error) }, messageOf(error)),
  };
  const size = job.size ?? (await sizeOfFile(context));
  progress = new TransferProgress(size, (report) => log.info({ event: 'download progress', ...report }));
  const there = await store.head(key, signal);
  let attemptId = '';
  const newWriter = (): ObjectWriter => {
    attemptId = randomUUID();
    const partBytes = rawPartBytes(size);
    const isLarge = size >= partBytes;
    const metadata = { [ATTEMPT_ID]: attemptId };
    return store.createWriter(key, { partBytes, isLarge, memory: parts.memory, metadata, signal });
  };
  log.info({ event: 'download started', bytes: size }, 'fetching');
  const { fetched, sha256, writer } = await fetchProved(context, size, newWriter, (error) =>
    log.warn(
      { event: 'wrong bytes', code: error.code, expected: error.expected, received: error.received },
      error.message,
    ),
  ).catch((error: unknown) => {
    throw asPermanent(error, receiveCount);
  });
  try {
    // the first right one stays: whoever wrote it may be about to write its note, and to enqueue its splits
    let winner = there === null ? null : await attemptOf(store, key, there, sha256, signal);
    if (winner === null) {
      const outcome = await writer.finish(there === null ? { ifNoneMatch: '*' } : { ifMatch: there.etag });
      if (outcome === 'written') metrics.add('BytesOut', fetched.size);
      winner = outcome === 'written' ? attemptId : await attemptOfTwin(store, key, sha256, signal);
    }
    const note: RawNote = {
      version: 1,
      file: job.file,
      size: fetched.size,
      sha256,
      upstreamChecksum: job.checksum,
      splitBytes: isOneSplit(job.file) || !canBeSplit(fetched.firstBytes) ? null : plan.settings.splitBytes,
      attemptId: winner,
      // the one that brought the end; an empty file has no bytes of anybody's
      mirror: fetched.mirrors.at(-1) ?? context.mirrors[0]?.name ?? '',
    };
    await writeRawNote(store, plan, note, signal);
    return note;
  } finally {
    await writer.abort();
  }
}

/** Sizes that differ twice differ; the first time a mirror may have been writing the file. */
function asPermanent(error: unknown, receiveCount: number): unknown {
  if (!(error instanceof FleetError) || receiveCount < 2 || error.code !== 'SIZE_DIFFERS') return error;
  const { place = '', expected = '', received = '' } = error;
  return new PermanentError(error.code, `${error.message} (twice)`, { cause: error, place, expected, received });
}

/** Somebody else completed the object first: it serves when its bytes are the same. */
async function attemptOfTwin(store: Store, key: string, sha256: string, signal: AbortSignal): Promise<string> {
  const head = await store.head(key, signal);
  const attempt = head === null ? null : await attemptOf(store, key, head, sha256, signal);
  if (attempt !== null) return attempt;
  throw new FleetError('RAW_CONTESTED', `${key}: another attempt wrote other bytes; fetched again`);
}

/** Which attempt wrote an object, where its bytes have this digest, by reading them; else null. */
async function attemptOf(
  store: Store,
  key: string,
  head: ObjectHead,
  sha256: string,
  signal: AbortSignal,
): Promise<string | null> {
  const hash = createHash('sha256');
  const range = { start: 0, end: head.size, etag: head.etag };
  for await (const bytes of store.read(key, range, signal)) hash.update(bytes);
  return hash.digest('hex') === sha256 ? (head.metadata[ATTEMPT_ID] ?? null) : null;
}
