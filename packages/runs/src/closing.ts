/**
 * Closing writes manifests as soon as what they need is there. No coordinator is needed: each converter tries after its
 * receipt, and conditional writes decide between concurrent closers.
 *
 * A file's manifest is absent, closed, or revoked by a repair that is under way. To close a file, a closer reads in this
 * order: the manifest with its ETag, then all receipts; then it writes the manifest under the condition that it still has
 * that ETag, or that none is there. A repair revokes the manifest before it changes a receipt, so a closer that has read receipts of before the
 * repair loses its write and starts again. The run's manifest follows the same rule, with file manifests in the place of
 * receipts.
 */
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import { joinProblems, unreadableProblems } from '@wikifleet/domain/join';
import {
  fileManifestKey,
  planIdOfKey,
  prefixesOfRun,
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
  sealManifest,
} from '@wikifleet/domain/manifests';
import type { FileManifest, FileManifestResult, PendingRepair } from '@wikifleet/domain/manifests';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { receiptFits, receiptSchema, sumCounts } from '@wikifleet/domain/receipts';
import type { RawRecord, Receipt, SplitResult } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { deleteBelow } from './delete-superseded.js';
import { writeFailure } from './failures.js';
import { loadPlan } from './load-plan.js';
import { mapParallel } from './map-parallel.js';
import {
  filesWithManifest,
  hasFileManifest,
  pendingRepairs,
  readFileManifest,
  storedFileManifest,
  storedRunManifest,
} from './manifests.js';
import { readRawRecord } from './raw-records.js';
import { readStored, replacing } from './read-stored.js';
import type { Stored } from './read-stored.js';

export type ClosingOutcome = 'open' | 'closed' | 'failed';

/** What closing a run came to; `digest` is that of its manifest, the end of the chain that proves the run. */
export interface RunClosing {
  readonly closed: boolean;
  readonly digest: string | null;
}

const ABSENT = { state: 'absent' } as const;
const RUN_OPEN: RunClosing = { closed: false, digest: null };

/** What closing a file came to; `run` is that of its run, which is tried where the file is closed. */
export interface Closing {
  readonly outcome: ClosingOutcome;
  readonly run: RunClosing;
}

/** What the caller of a closer has just read or written of the file, so that it is not read again. */
export interface KnownOfFile {
  readonly record?: RawRecord;
  /** A receipt that is there, of a job without a repair. */
  readonly receipt?: Receipt;
}

/** Conditional writes that met another one are tried again so often. */
const MAX_ATTEMPTS = 10;
/** Manifests that are read at once. */
const PARALLEL_READS = 8;

/**
 * Closes a file when all its receipts are there and join; then the run, when all manifests are there. Idempotent: anybody
 * may call it at any time.
 */
export async function close(
  store: Store,
  plan: Plan,
  file: PlanFile,
  signal?: AbortSignal,
  known: KnownOfFile = {},
): Promise<Closing> {
  const outcome = await closeFile(store, plan, file, known, signal);
  return { outcome, run: outcome === 'closed' ? await closeRun(store, plan, signal) : RUN_OPEN };
}

/**
 * As `close`, for a job whose work was done before: where the file is closed, its receipts are not read again. Jobs are
 * delivered again by the hundred where a downloader was delivered again.
 */
export async function closeAgain(
  store: Store,
  plan: Plan,
  file: PlanFile,
  signal?: AbortSignal,
  known: KnownOfFile = {},
): Promise<Closing> {
  if ((await readFileManifest(store, plan, file.file, signal)) === null)
    return await close(store, plan, file, signal, known);
  return { outcome: 'closed', run: await closeRun(store, plan, signal) };
}

async function closeFile(
  store: Store,
  plan: Plan,
  file: PlanFile,
  known: KnownOfFile,
  signal: AbortSignal | undefined,
): Promise<ClosingOutcome> {
  const record = known.record ?? (await readRawRecord(store, plan, file.file, signal));
  if (record === null) {
    return (await readFileManifest(store, plan, file.file, signal)) === null ? 'open' : 'closed';
  }
  const splits = splitsOf(record.result.size, record.result.splitBytes);
  // a list of keys first: this runs after every split, and reading what is there each time would be quadratic
  if (splits.length > 1 && (await countReceipts(store, plan, file.file, signal)) < splits.length) return 'open';
  const key = fileManifestKey(plan.run, plan.planId, file.file);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    // A manifest is revoked and never deleted: a write on the condition that none is there proves as much as a read before
    // the receipts that found none. Whoever has just written a receipt mostly meets none.
    const guessed = attempt === 0 ? known.receipt : undefined;
    const there = guessed === undefined ? await storedFileManifest(store, plan, file.file, signal) : ABSENT;
    const verdict = await readFile(store, plan, file, record, there, signal, guessed);
    if (verdict === 'open') return 'open';
    if (verdict instanceof IncompleteFile) {
      // a repair that is under way may be about to put it right
      if (guessed !== undefined) continue;
      const { error, written } = verdict;
      await writeFailure(store, plan, file.file, 'file', { error, attempts: 1, written }, signal);
      return 'failed';
    }
    const isClosed = there.state === 'valid' && there.value.state === 'closed';
    if (!isClosed) {
      const manifest = fileManifestSchema.parse(sealManifest(verdict, closedNow()));
      if (!(await store.putJson(key, manifest, replacing(there), signal))) continue;
    }
    return 'closed';
  }
  throw new FleetError('MANIFEST_CONTESTED', `${key}: others keep writing it; try again`);
}

/** Why the receipts of a file prove no complete file, and what was written all the same, where it is known. */
class IncompleteFile {
  readonly error: PermanentError;
  readonly written: { readonly pages: number; readonly rows: number } | null;

  constructor(error: PermanentError, results: readonly SplitResult[] | null = null) {
    this.error = error;
    const sum = (key: 'pages' | 'partialPages' | 'rows'): number =>
      (results ?? []).reduce((total, { counts }) => total + counts[key], 0);
    this.written = results === null ? null : { pages: sum('pages') - sum('partialPages'), rows: sum('rows') };
  }
}

/** The manifest that a file's receipts come to; `open` while one is missing. `known` is not read again. */
async function readFile(
  store: Store,
  plan: Plan,
  file: PlanFile,
  record: RawRecord,
  manifest: Stored<FileManifest>,
  signal: AbortSignal | undefined,
  known: Receipt | undefined,
): Promise<FileManifestResult | 'open' | IncompleteFile> {
  if (manifest.state === 'malformed') return unusable('MANIFEST_MALFORMED', manifest.message);
  const pending = pendingRepairs(manifest);
  const results: SplitResult[] = [];
  for (const split of splitsOf(record.result.size, record.result.splitBytes)) {
    const key = receiptKey(plan.run, plan.planId, file.file, split.index);
    const isKnown = known?.result.split.index === split.index;
    const receipt = isKnown
      ? ({ state: 'valid', value: known } as const)
      : await readStored(store, key, receiptSchema, signal);
    if (receipt.state === 'absent') return 'open';
    if (receipt.state === 'malformed') return unusable('RECEIPT_MALFORMED', receipt.message);
    if (!isAnswered(receipt.value, split.index, pending)) return 'open';
    const { result } = receipt.value;
    if (!receiptFits(result, plan, record.result, split)) {
      return unusable('RECEIPT_UNFIT', `${key}: it is of another range, other bytes, another plan or other rows`);
    }
    results.push(result);
  }
  const counts = sumCounts(results.map((result) => result.counts));
  const [problem] = [...joinProblems(record.result.size, results), ...unreadableProblems(counts)];
  if (problem !== undefined) {
    return new IncompleteFile(new PermanentError(problem.code, problem.message, problem), results);
  }
  const made = fileManifestResult(plan, file, record.result, results);
  if (manifest.state === 'valid' && manifest.value.state === 'closed') {
    const there = manifest.value.result;
    if (!isDeepStrictEqual(there, made)) return new IncompleteFile(manifestsDiffer(plan, there, made));
  }
  return made;
}

/** Whether the receipt of a split names every repair that wants the split converted again. */
function isAnswered({ repairs }: Receipt, split: number, pending: readonly PendingRepair[]): boolean {
  return pending.every(({ id, splits }) => !splits.includes(split) || repairs.includes(id));
}

/** Somebody edited or damaged it: `verify --repair` makes it anew. */
function unusable(code: string, message: string): IncompleteFile {
  return new IncompleteFile(new PermanentError(code, `${message}; \`fleet verify --repair\` makes it anew`));
}

async function countReceipts(store: Store, plan: Plan, file: string, signal: AbortSignal | undefined): Promise<number> {
  let count = 0;
  for await (const _ of store.list(receiptsPrefix(plan.run, plan.planId, file), signal)) count += 1;
  return count;
}

/** Aborts the uploads that killed workers of this plan left. */
async function abortUploads(store: Store, plan: Plan, signal: AbortSignal | undefined): Promise<void> {
  const ours = (key: string): boolean => planIdOfKey(key) === plan.planId;
  const abort = async (prefix: string): Promise<number> => await store.abortUploads(prefix, signal, ours);
  await Promise.all(prefixesOfRun(plan.run).map(abort));
}

/** Writes the run's manifest when every file has one and the plan is still the current one. Idempotent. */
export async function closeRun(store: Store, plan: Plan, signal?: AbortSignal): Promise<RunClosing> {
  const key = runManifestKey(plan.run, plan.planId);
  // this runs after every file. Jobs are enqueued in the order of the plan: mostly the last file is the last to close
  const last = plan.files.at(-1);
  if (last !== undefined && !(await hasFileManifest(store, plan, last.file, signal))) return RUN_OPEN;
  // a list of keys next: reading the manifests that exist each time would be quadratic
  const written = await filesWithManifest(store, plan, signal);
  if (plan.files.some(({ file }) => !written.has(file))) return RUN_OPEN;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const there = await storedRunManifest(store, plan, signal);
    // only a repair replaces it
    if (there.state === 'malformed') return RUN_OPEN;
    if (there.state === 'valid' && there.value.state === 'closed') return { closed: true, digest: there.value.digest };
    const manifests = await mapParallel(
      plan.files,
      PARALLEL_READS,
      async ({ file }) => await storedFileManifest(store, plan, file, signal),
    );
    const files: FileManifestResult[] = [];
    for (const manifest of manifests) {
      if (manifest.state !== 'valid' || manifest.value.state !== 'closed') return RUN_OPEN;
      files.push(manifest.value.result);
    }
    if ((await loadPlan(store, plan.run, signal))?.planId !== plan.planId) return RUN_OPEN;
    // a worker of an earlier plan may have written a part late: readers of rows/ must not see it
    await deleteBelow(store, plan.run, rowsPrefix(plan.run), signal);
    const manifest = runManifestSchema.parse(sealManifest(runManifestResult(plan, files), closedNow()));
    if (!(await store.putJson(key, manifest, replacing(there), signal))) continue;
    await abortUploads(store, plan, signal);
    return { closed: true, digest: manifest.state === 'closed' ? manifest.digest : null };
  }
  throw new FleetError('MANIFEST_CONTESTED', `${key}: others keep writing it; try again`);
}

function closedNow(): { closedAt: string; host: string } {
  return { closedAt: new Date().toISOString(), host: hostname() };
}

/** Two closers of one file agree, or something that they read was changed under them. */
function manifestsDiffer(plan: Plan, there: FileManifestResult, made: FileManifestResult): PermanentError {
  const key = fileManifestKey(plan.run, plan.planId, made.file);
  const keys = (Object.keys(made) as (keyof FileManifestResult)[]).filter((k) => !isDeepStrictEqual(there[k], made[k]));
  // what proves most first, in a bounded excerpt
  const excerpt = (result: FileManifestResult): string =>
    JSON.stringify(Object.fromEntries(keys.toReversed().map((key) => [key, result[key]]))).slice(0, 2000);
  return new PermanentError(
    'MANIFESTS_DIFFER',
    `${key}: it differs from what the receipts come to; \`fleet verify\` says in what`,
    { place: key, expected: excerpt(made), received: excerpt(there) },
  );
}
