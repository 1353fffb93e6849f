import { randomBytes } from 'node:crypto';
import { FleetError } from '@wikifleet/domain/errors';
import { rawPrefix, rawRecordKey } from '@wikifleet/domain/keys';
import { MAX_REPAIRED_SPLITS, downloadJobOf, serializeJob } from '@wikifleet/domain/jobs';
import type { FileRepair } from '@wikifleet/domain/jobs';
import type { Plan } from '@wikifleet/domain/plan';
import { rawRecordSchema, sealRawRecord } from '@wikifleet/domain/receipts';
import { runName } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';
import { close, closeRun } from './closing.js';
import { deleteObsolete } from './delete-superseded.js';
import type { Sender } from './enqueue.js';
import { markRetried } from './failures.js';
import { loadPlan } from './load-plan.js';
import { rawKeyOf, writeRawRecord } from './raw-records.js';
import { readStored, replacing } from './read-stored.js';
import type { StrayKey } from './stray-keys.js';
import type { FileVerdict } from './verify-file.js';
import type { RunVerdict } from './verify-run.js';

/** What a repair did. */
export interface Repaired {
  readonly deleted: readonly string[];
  /** Files whose jobs were enqueued. */
  readonly enqueued: readonly string[];
  /** Files that were closed by the repair itself. */
  readonly closed: readonly string[];
  /** Whether the run is closed now: nothing was left to be made. */
  readonly whole: boolean;
}

/** S3 deletes up to 1,000 keys a request. */
const BATCH = 1000;

/**
 * Repairs what `verifyRun` found. One message a file does it: the downloader takes the manifests back, downloads what is
 * damaged and enqueues the splits, whose converters replace what is there. So a repair that is killed anywhere leaves
 * either the message or nothing, and several at once do no harm. Deleted is only what no job of the plan writes.
 */
export async function repairRun(
  store: Store,
  downloads: Sender,
  verdict: RunVerdict,
  signal: AbortSignal,
): Promise<Repaired> {
  const { plan, unproved, strays, manifest } = verdict;
  const deleted = await deleteStrays(store, plan, strays, verdict, signal);
  const id = randomBytes(8).toString('hex');
  const jobs: string[] = [];
  const enqueued: string[] = [];
  const closed: string[] = [];
  const enqueue = (file: FileVerdict['file'], repair: FileRepair | null): void => {
    jobs.push(serializeJob(downloadJobOf(plan, file, repair)));
    enqueued.push(file.file);
  };
  for (const file of unproved) {
    const repair = repairOf(id, file);
    if (repair !== null || file.missing.length > 0 || file.raw.record === null) {
      enqueue(file.file, repair);
    } else if ((await close(store, plan, file.file, signal)).outcome === 'closed') {
      closed.push(file.file.file);
    }
  }
  const [first] = plan.files;
  // the run's manifest is written anew with that of any file
  if (manifest === 'wrong' && unproved.every((file) => repairOf(id, file) === null) && first !== undefined) {
    enqueue(first, { id, splits: [], refetch: false });
  }
  await markRetried(store, plan, new Set(enqueued), signal);
  await downloads.sendAll(jobs);
  return { deleted, enqueued, closed, whole: jobs.length === 0 && (await closeRun(store, plan, signal)).closed };
}

/** What of a file is to be made anew; null where nothing that is there is wrong. */
function repairOf(id: string, { raw, wrong, manifest }: FileVerdict): FileRepair | null {
  // nothing that was made under a record that is wrong or lost can be trusted
  if (raw.recordIsWrong || (raw.record === null && manifest !== 'open')) return { id, splits: 'all', refetch: false };
  const refetch = raw.object === 'wrong';
  if (!refetch && wrong.length === 0 && manifest !== 'wrong') return null;
  const splits = wrong.length > MAX_REPAIRED_SPLITS ? ('all' as const) : wrong.map(({ index }) => index);
  return { id, splits, refetch };
}

/**
 * Deletes what superseded plans wrote, and what no job of any plan in force writes. The plan is read after the keys were
 * listed: a key that was there before and carries another id than the plan's is of no later plan, and so obsolete.
 */
async function deleteStrays(
  store: Store,
  plan: Plan,
  strays: readonly StrayKey[],
  { unproved }: RunVerdict,
  signal: AbortSignal,
): Promise<string[]> {
  const keysOf = (kind: StrayKey['kind']): string[] =>
    strays.filter((stray) => stray.kind === kind).map(({ key }) => key);
  const deleted = await deleteObsolete(store, plan.run, keysOf('superseded'), signal);
  // doubtful keys stay: the repair proves the record first, and the next verification judges them by it
  const keys = [...keysOf('unexpected'), ...(await orphansToDelete(store, plan, keysOf('orphaned'), unproved, signal))];
  for (let i = 0; i < Math.max(1, keys.length); i += BATCH) {
    if ((await loadPlan(store, plan.run, signal))?.planId !== plan.planId) {
      throw new FleetError('PLAN_CHANGED', `${runName(plan.run)} has another plan by now: verify it again`);
    }
    const batch = keys.slice(i, i + BATCH);
    if (batch.length > 0) await store.delete(batch, signal);
    deleted.push(...batch);
  }
  return deleted;
}

/**
 * The raw objects that no record will name any more. A download may be between its object and its record, or may have
 * written the record since it was verified. So the record is read and written again, conditionally and with other bytes:
 * an attempt that is under way then fails at its own conditional write, and begins anew under another key.
 */
async function orphansToDelete(
  store: Store,
  plan: Plan,
  orphans: readonly string[],
  unproved: readonly FileVerdict[],
  signal: AbortSignal,
): Promise<string[]> {
  const keys: string[] = [];
  for (const { file } of plan.files) {
    const ofFile = orphans.filter((key) => key.startsWith(rawPrefix(plan.run, file)));
    // an object that no record names is only safe to delete while the one that it names is sound
    const raw = unproved.find((verdict) => verdict.file.file === file)?.raw;
    if (ofFile.length === 0 || (raw !== undefined && raw.object !== 'right')) continue;
    const there = await readStored(store, rawRecordKey(plan.run, plan.planId, file), rawRecordSchema, signal);
    if (there.state !== 'valid') continue;
    const { result, attempt } = there.value;
    const swept = sealRawRecord(result, { ...attempt, sweep: randomBytes(8).toString('hex') });
    if (!(await writeRawRecord(store, swept, replacing(there), signal))) continue;
    keys.push(...ofFile.filter((key) => key !== rawKeyOf(swept)));
  }
  return keys;
}
