import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import { joinProblems } from '@wikifleet/domain/join';
import {
  failuresPrefix,
  fileManifestKey,
  planIdOfKey,
  partsPrefix,
  quarantinePrefix,
  rawKey,
  receiptKey,
  receiptsPrefix,
  rowsPrefix,
  runManifestKey,
} from '@wikifleet/domain/keys';
import {
  fileManifestResult,
  fileManifestSchema,
  runManifestResult,
  runManifestSchema,
} from '@wikifleet/domain/manifests';
import type { FileManifestResult, RunManifestResult } from '@wikifleet/domain/manifests';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { ROWS_VERSION } from '@wikifleet/domain/plan';
import { receiptFits, receiptSchema } from '@wikifleet/domain/receipts';
import type { RawNote, SplitResult } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import type { z } from 'zod';
import { writeFailure } from './failures.js';
import { loadPlan } from './plans.js';
import { readRawNote } from './raw-notes.js';

export type ClosingOutcome = 'open' | 'closed' | 'failed';

/**
 * Closes a file when all its receipts are there and join; then the run, when all manifests are there. Anybody may call
 * it at any time and as often as they like: two who close agree, or one of them throws `MANIFESTS_DIFFER`.
 */
export async function close(store: Store, plan: Plan, file: PlanFile, signal?: AbortSignal): Promise<ClosingOutcome> {
  const outcome = await closeFile(store, plan, file, signal);
  if (outcome === 'closed') await closeRun(store, plan, signal);
  return outcome;
}

/**
 * As `close`, by who finds its work done before: what is closed is not read again, which is a receipt a split, but only
 * tidied. Jobs are delivered again by the hundred where a downloader was delivered again.
 */
export async function closeAgain(
  store: Store,
  plan: Plan,
  file: PlanFile,
  signal?: AbortSignal,
): Promise<ClosingOutcome> {
  if ((await readFileManifest(store, plan, file.file, signal)) === null) return await close(store, plan, file, signal);
  await tidyFile(store, plan, file, signal);
  if ((await readRunManifest(store, plan, signal)) === null) await closeRun(store, plan, signal);
  return 'closed';
}

async function closeFile(store: Store, plan: Plan, file: PlanFile, signal?: AbortSignal): Promise<ClosingOutcome> {
  const note = await readRawNote(store, plan, file.file, signal);
  if (note === null) return (await readFileManifest(store, plan, file.file, signal)) === null ? 'open' : 'closed';
  const results = await readResults(store, plan, note, signal);
  if (results === null) return 'open';
  const [problem] = joinProblems(note.size, results);
  if (problem !== undefined) {
    const written = { pages: sum(results, 'pages'), rows: sum(results, 'rows') };
    const error = new PermanentError(problem.code, problem.message, problem);
    await writeFailure(store, plan, file.file, 'file', { error, attempts: 1, written }, signal);
    return 'failed';
  }
  const manifest = { version: 1, result: fileManifestResult(plan, file, results), run: closedNow() };
  await writeOnce(store, fileManifestKey(plan.run, plan.planId, file.file), fileManifestSchema, manifest, signal);
  await tidyFile(store, plan, file, signal);
  return 'closed';
}

function sum(results: readonly SplitResult[], key: 'pages' | 'rows'): number {
  return results.reduce((total, result) => total + result.counts[key], 0);
}

/** The results of all splits of a file; null while one is missing or does not fit. */
async function readResults(
  store: Store,
  plan: Plan,
  note: RawNote,
  signal?: AbortSignal,
): Promise<SplitResult[] | null> {
  const splits = splitsOf(note.size, note.splitBytes);
  // a list of keys first: this runs after every split, and reading each time what is there already would be quadratic
  if ((await countReceipts(store, plan, note, signal)) < splits.length) return null;
  const results: SplitResult[] = [];
  for (const split of splits) {
    const receipt = await store.getJson(
      receiptKey(plan.run, plan.planId, note.file, split.index),
      receiptSchema,
      signal,
    );
    if (receipt === null) return null;
    const { result } = receipt.value;
    const job = { planId: plan.planId, file: note.file, split, object: note };
    if (!receiptFits(result, job, ROWS_VERSION)) return null;
    results.push(result);
  }
  return results;
}

async function countReceipts(store: Store, plan: Plan, note: RawNote, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _ of store.list(receiptsPrefix(plan.run, plan.planId, note.file), signal)) count += 1;
  return count;
}

/** What no longer counts once a file is whole: its failures, and uploads that others left under its keys. */
async function tidyFile(store: Store, plan: Plan, file: PlanFile, signal?: AbortSignal): Promise<void> {
  const failures: string[] = [];
  for await (const { key } of store.list(failuresPrefix(plan.run, plan.planId, file.file), signal)) failures.push(key);
  await store.delete(failures, signal);
  // exactly these keys: the name of one file may begin with that of another, whose upload is under way
  const raw = rawKey(plan.run, file.file);
  await store.abortUploads(raw, signal, (key) => key === raw);
  const ours = (key: string): boolean => planIdOfKey(key) === plan.planId;
  await store.abortUploads(partsPrefix(plan.run, file.file), signal, ours);
  await store.abortUploads(quarantinePrefix(plan.run, file.file), signal, ours);
}

/** Writes the run's manifest when every file has one and the plan still stands; returns whether the run is closed. */
export async function closeRun(store: Store, plan: Plan, signal?: AbortSignal): Promise<boolean> {
  const files: FileManifestResult[] = [];
  for (const file of plan.files) {
    const manifest = await readFileManifest(store, plan, file.file, signal);
    if (manifest === null) return false;
    files.push(manifest);
  }
  // who slept since reading the plan must not take the rows of a newer one for foreign
  if ((await loadPlan(store, plan.run, signal))?.planId !== plan.planId) return false;
  await deleteForeignRows(store, plan, signal);
  const manifest = { version: 1, result: runManifestResult(plan, files), run: closedNow() };
  await writeOnce(store, runManifestKey(plan.run, plan.planId), runManifestSchema, manifest, signal);
  return true;
}

/** A worker of an older plan may have written a part late: a reader of `rows/` must not see it. */
async function deleteForeignRows(store: Store, plan: Plan, signal?: AbortSignal): Promise<void> {
  const foreign: string[] = [];
  for await (const { key } of store.list(rowsPrefix(plan.run), signal)) {
    const id = planIdOfKey(key);
    if (id !== null && id !== plan.planId) foreign.push(key);
  }
  await store.delete(foreign, signal);
}

export async function readFileManifest(
  store: Store,
  plan: Plan,
  file: string,
  signal?: AbortSignal,
): Promise<FileManifestResult | null> {
  return (
    (await store.getJson(fileManifestKey(plan.run, plan.planId, file), fileManifestSchema, signal))?.value.result ??
    null
  );
}

export async function readRunManifest(
  store: Store,
  plan: Plan,
  signal?: AbortSignal,
): Promise<RunManifestResult | null> {
  return (await store.getJson(runManifestKey(plan.run, plan.planId), runManifestSchema, signal))?.value.result ?? null;
}

function closedNow(): { closedAt: string; host: string } {
  return { closedAt: new Date().toISOString(), host: hostname() };
}

/** Writes a manifest; where one is there already, an equal result is success and another an error. */
async function writeOnce<T extends { result: unknown }>(
  store: Store,
  key: string,
  schema: z.ZodType<T>,
  value: unknown,
  signal?: AbortSignal,
): Promise<void> {
  const manifest = schema.parse(value);
  if (await store.putJson(key, manifest, { ifNoneMatch: '*' }, signal)) return;
  const there = await store.getJson(key, schema, signal);
  if (there === null) {
    throw new FleetError('MANIFEST_CONTESTED', `${key}: it was there, and is gone: the run is begun anew meanwhile`);
  }
  if (isDeepStrictEqual(there.value.result, manifest.result)) return;
  throw new PermanentError('MANIFESTS_DIFFER', `${key}: a manifest with another result is there already`, {
    place: key,
    expected: JSON.stringify(manifest.result).slice(0, 500),
    received: JSON.stringify(there.value.result).slice(0, 500),
  });
}
