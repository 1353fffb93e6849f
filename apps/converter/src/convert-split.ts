import { hostname } from 'node:os';
import type { BlockPool } from '@wikifleet/conversion/block-pool';
import { convertSplit as convert } from '@wikifleet/conversion/convert-split';
import type { Conversion } from '@wikifleet/conversion/convert-split';
import { DEFAULT_ENGINE } from '@wikifleet/conversion/engines';
import { openPartFormat } from '@wikifleet/conversion/open-part-format';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { downloadJobOf, serializeJob } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import { indexKey, partKey, quarantineKey, rawKey, receiptKey } from '@wikifleet/domain/keys';
import { ROWS_VERSION } from '@wikifleet/domain/plan';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { receiptFits, receiptSchema } from '@wikifleet/domain/receipts';
import type { Receipt, SplitResult, StoredObject } from '@wikifleet/domain/receipts';
import type { Sender } from '@wikifleet/runs/enqueue';
import { close, closeAgain } from '@wikifleet/runs/closing';
import { loadPlan } from '@wikifleet/runs/plans';
import { deleteRawObject, headOfRawObject, readRawNote } from '@wikifleet/runs/raw-notes';
import type { ObjectWriter } from '@wikifleet/store/object-writer';
import { openObject } from '@wikifleet/store/file-in-store';
import type { ObjectHead, Store } from '@wikifleet/store/store';
import type { JobContext } from '@wikifleet/worker/service';

export interface ConverterParts {
  readonly store: Store;
  /** Where a file is enqueued again whose raw object is gone. */
  readonly downloads: Sender;
  /** What becomes of the raw object of a file that is whole. */
  readonly rawObjects: 'keep' | 'delete';
  /** Told when a file is whole. */
  readonly onClosed?: () => void;
  /** Decodes the blocks, of one split at a time. */
  readonly pool: BlockPool;
}

/** Bytes of a part of an upload: 10,000 of them are 156 GiB, more than a split can become. */
const UPLOAD_PART_BYTES = 16 * 1024 * 1024;

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

/** Does one convert job: part and receipt are there, and what is complete is closed. */
export async function convertSplit(parts: ConverterParts, job: ConvertJob, context: JobContext): Promise<void> {
  const { store } = parts;
  const { signal, log } = context;
  const plan = await loadPlan(store, job.run, signal);
  const file = plan?.files.find((candidate) => candidate.file === job.file);
  if (plan?.planId !== job.planId || file === undefined) {
    log.warn({ event: 'job of another plan', plan: plan?.planId ?? null }, 'dropped: the run has another plan now');
    return;
  }
  const receipt = await store.getJson(
    receiptKey(job.run, job.planId, job.file, job.split.index),
    receiptSchema,
    signal,
  );
  const isDone = receipt !== null && receiptFits(receipt.value.result, job, ROWS_VERSION);
  if (isDone) {
    log.info({ event: 'split done before' }, 'the receipt is there');
  } else {
    const raw = await headOfRawObject(store, job.run, job.file, job.object, signal);
    if (raw === null) return await fetchAgain(parts, plan, file, context);
    const made = await makePart(parts, job, raw, context);
    if ((await loadPlan(store, job.run, signal))?.planId !== job.planId)
      return await discard(store, made.result, context);
    await store.putJson(receiptKey(job.run, job.planId, job.file, job.split.index), made, {}, signal);
  }
  const outcome = await (isDone ? closeAgain : close)(store, plan, file, signal);
  if (outcome === 'failed') log.error({ event: 'file failed' }, 'the splits of the file do not join');
  if (outcome !== 'closed') return;
  log.info({ event: 'file closed' }, 'the file is whole');
  parts.onClosed?.();
  if (parts.rawObjects === 'delete') await deleteRawObject(store, plan, job.file, signal);
}

/** The raw object expired, or another attempt replaced it: the downloader enqueues the splits that fit it. */
async function fetchAgain(parts: ConverterParts, plan: Plan, file: PlanFile, context: JobContext): Promise<void> {
  // a download a stale job, each of which enqueues every split, would be a flood: whoever wrote this note enqueues them
  const note = await readRawNote(parts.store, plan, file.file, context.signal);
  if (note !== null && (await headOfRawObject(parts.store, plan.run, file.file, note, context.signal)) !== null) {
    context.log.info({ event: 'job of another raw object' }, 'dropped: the raw object was fetched again since');
    return;
  }
  context.log.warn({ event: 'raw object gone' }, 'the raw object is not the one of the job: its download is enqueued');
  await parts.downloads.sendAll([serializeJob(downloadJobOf(plan, file))]);
}

/** The run has another plan since the work began: nobody shall read what was made for the old one. */
async function discard(store: Store, result: SplitResult, { log, signal }: JobContext): Promise<void> {
  log.warn({ event: 'part discarded' }, 'the run has another plan now');
  const keys = [result.part, result.index, result.quarantine].flatMap((object) =>
    object === null ? [] : [object.key],
  );
  await store.delete(keys, signal);
}

async function makePart(
  parts: ConverterParts,
  job: ConvertJob,
  raw: ObjectHead,
  context: JobContext,
): Promise<Receipt> {
  const { store } = parts;
  const { signal, log, metrics, receiveCount } = context;
  const startedAt = new Date();
  const format = await openPartFormat(job.settings);
  const part = store.createWriter(partKey(job.run, job.file, job.split, job.planId, job.settings), {
    partBytes: UPLOAD_PART_BYTES,
    ...(job.settings.format === 'parquet' ? { contentType: 'application/vnd.apache.parquet' } : {}),
    signal,
  });
  const index = store.createWriter(indexKey(job.run, job.planId, job.file, job.split.index), {
    partBytes: UPLOAD_PART_BYTES,
    signal,
  });
  const quarantine = store.createWriter(quarantineKey(job.run, job.file, job.split, job.planId), {
    partBytes: UPLOAD_PART_BYTES,
    signal,
  });
  try {
    const conversion = await convert({
      source: openObject(store, rawKey(job.run, job.file), raw, job.split, signal),
      split: job.split,
      engine: DEFAULT_ENGINE,
      pool: parts.pool,
      wiki: job.run.wiki,
      filter: job.settings,
      format,
      plainText: job.settings.plainText,
      rows: part,
      index,
      quarantine,
      signal,
      onProgress: (progress) => log.debug({ event: 'split progress', ...progress }),
    });
    // a split without rows has no part, in any format
    if (part.size > 0) await part.write(format.end());
    const stored = part.size === 0 ? null : await finish(part);
    const indexed = index.size === 0 ? null : await finish(index);
    const quarantined = quarantine.size === 0 ? null : await finish(quarantine);
    if (conversion.failure !== null) throw splitFailed(conversion);
    const result = resultOf(job, conversion, { part: stored, index: indexed, quarantine: quarantined });
    const finishedAt = new Date();
    const seconds = (finishedAt.getTime() - startedAt.getTime()) / 1000;
    const { pages, rows } = result.counts;
    log.info(
      { event: 'split converted', seconds, pages, rows, bytes: raw.size, xmlBytes: conversion.xmlBytes },
      'part written',
    );
    metrics.add('BytesIn', job.split.end - job.split.start);
    metrics.add('BytesOut', part.size + quarantine.size);
    metrics.add('XmlBytes', conversion.xmlBytes);
    metrics.add('Rows', rows);
    metrics.add('Quarantined', result.counts.quarantined);
    return {
      version: 1,
      result,
      run: {
        startedAt: startedAt.toISOString(),
        finishedAt: finishedAt.toISOString(),
        seconds,
        host: hostname(),
        receiveCount,
      },
    };
  } finally {
    await part.abort();
    await index.abort();
    await quarantine.abort();
  }
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
  return new SplitFailed(failure, { pages: counts.pages, rows: counts.rows });
}

function resultOf(
  job: ConvertJob,
  conversion: Conversion,
  stored: Pick<SplitResult, 'part' | 'index' | 'quarantine'>,
): SplitResult {
  const { head, firstBlock, nextBlock, passedOver, firstPage, nextPage, counts, members } = conversion;
  return {
    planId: job.planId,
    run: job.run,
    file: job.file,
    split: job.split,
    object: { size: job.object.size, sha256: job.object.sha256 },
    rowsVersion: ROWS_VERSION,
    firstBlock,
    nextBlock,
    passedOver: [...passedOver],
    firstPage,
    nextPage,
    head,
    counts,
    ...stored,
    members: [...members],
  };
}
