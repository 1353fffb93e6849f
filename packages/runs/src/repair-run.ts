import { FleetError } from '@wikifleet/domain/errors';
import { convertJobOf, downloadJobOf, serializeJob } from '@wikifleet/domain/jobs';
import {
  failuresPrefix,
  fileManifestKey,
  indexKey,
  partKey,
  quarantineKey,
  rawNoteKey,
  receiptKey,
  runManifestKey,
} from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { runName } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';
import { close, closeRun } from './closing.js';
import type { Sender } from './enqueue.js';
import { loadPlan } from './plans.js';
import type { FileVerdict } from './verify-file.js';
import type { RunVerdict } from './verify-run.js';

export interface RepairQueues {
  readonly downloads: Sender;
  readonly converts: Sender;
}

export interface Repaired {
  /** Keys under which nothing is left, whether something was there or not. */
  readonly deleted: readonly string[];
  /** Files whose downloads were enqueued. */
  readonly downloads: readonly string[];
  /** Convert jobs that were enqueued. */
  readonly converts: number;
  /** Files that were closed here. */
  readonly closed: readonly string[];
  /** Whether the run is closed now: nothing was left to be made. */
  readonly whole: boolean;
}

/**
 * Mends what `verifyRun` found: deletes what is wrong, the manifests that vouch for it first, enqueues just what is to be
 * made anew, and closes what needs no more than that. May be done again at any time, by several at once.
 */
export async function repairRun(
  store: Store,
  queues: RepairQueues,
  verdict: RunVerdict,
  signal: AbortSignal,
): Promise<Repaired> {
  const { plan, unproved } = verdict;
  // rows of a newer plan are foreign to the one that was verified
  if ((await loadPlan(store, plan.run, signal))?.planId !== plan.planId) {
    throw new FleetError('PLAN_CHANGED', `${runName(plan.run)} has another plan by now: verify it again`);
  }
  const deleted: string[] = [];
  const remove = async (keys: readonly string[]): Promise<void> => {
    await store.delete(keys, signal);
    deleted.push(...keys);
  };
  const doubted = unproved.filter(isDoubted);
  if (verdict.manifest === 'wrong' || (verdict.manifest === 'right' && doubted.length > 0))
    await remove([runManifestKey(plan.run, plan.planId)]);
  await remove(verdict.strays);
  const done = { downloads: [] as string[], converts: 0, closed: [] as string[] };
  for (const file of unproved) {
    for (const keys of doomedKeys(plan, file)) await remove(keys);
    await forgetFailures(store, plan, file, signal);
    // somebody may have closed the file since it was verified, or between the first of these and the last
    if (isDoubted(file)) await store.delete(manifestKeys(plan, file), signal);
    if (needsDownload(file)) {
      await queues.downloads.sendAll([serializeJob(downloadJobOf(plan, file.file))]);
      done.downloads.push(file.file.file);
    } else if (file.wrong.length + file.missing.length > 0) {
      done.converts += await enqueueSplits(queues.converts, plan, file);
    } else if ((await close(store, plan, file.file, signal)) === 'closed') done.closed.push(file.file.file);
  }
  const enqueued = done.downloads.length + done.converts;
  return { ...done, deleted, whole: enqueued === 0 && (await closeRun(store, plan, signal)) };
}

/** Whether its manifest, if there is one, vouches for what is not so. */
function isDoubted({ raw, wrong, missing, manifest }: FileVerdict): boolean {
  return raw.flaw !== null || wrong.length > 0 || missing.length > 0 || manifest === 'wrong';
}

function needsDownload({ raw, wrong, missing }: FileVerdict): boolean {
  return raw.note === null || raw.object === 'wrong' || (raw.object === 'gone' && wrong.length + missing.length > 0);
}

function manifestKeys({ run, planId }: Plan, { file }: FileVerdict): string[] {
  return [runManifestKey(run, planId), fileManifestKey(run, planId, file.file)];
}

/** What goes, in the order in which it goes: who vouches for a thing goes before it. */
function doomedKeys(plan: Plan, verdict: FileVerdict): string[][] {
  const { run, planId, settings } = plan;
  const { raw, wrong, strays, manifest } = verdict;
  const { file } = verdict.file;
  return [
    isDoubted(verdict) && (manifest === 'wrong' || manifest === 'right') ? [fileManifestKey(run, planId, file)] : [],
    // of a split without a receipt nothing is deleted: a converter that is about to write one vouches for its part
    wrong.map(({ index }) => receiptKey(run, planId, file, index)),
    wrong.map(({ index }) => indexKey(run, planId, file, index)),
    wrong.map((split) => quarantineKey(run, file, split, planId)),
    wrong.map((split) => partKey(run, file, split, planId, settings)),
    [...strays],
    raw.noteIsWrong ? [rawNoteKey(run, planId, file)] : [],
  ];
}

/** What is tried again has not failed; a failure counts while its receipt is missing. */
async function forgetFailures(store: Store, plan: Plan, { file }: FileVerdict, signal: AbortSignal): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(failuresPrefix(plan.run, plan.planId, file.file), signal)) keys.push(key);
  await store.delete(keys, signal);
}

/** Returns how many. */
async function enqueueSplits(converts: Sender, plan: Plan, verdict: FileVerdict): Promise<number> {
  const { raw, wrong, missing, file } = verdict;
  const { note } = raw;
  if (note === null) return 0;
  const { size, sha256, attemptId } = note;
  const splits = [...wrong, ...missing].sort((a, b) => a.index - b.index);
  const object = { size, sha256, attemptId };
  await converts.sendAll(splits.map((split) => serializeJob(convertJobOf(plan, file.file, split, object))));
  return splits.length;
}
