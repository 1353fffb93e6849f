import { messageOf } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import { planKey, quarantinePrefix, planIdOfKey, receiptKey } from '@wikifleet/domain/keys';
import { planSchema } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import { failureSchema, receiptSchema } from '@wikifleet/domain/receipts';
import type { Failure } from '@wikifleet/domain/receipts';
import type { Run } from '@wikifleet/domain/run';
import { readFileManifest, readRunManifest } from '@wikifleet/runs/manifests';
import { mapParallel } from '@wikifleet/runs/map-parallel';
import { readRawRecord } from '@wikifleet/runs/raw-records';
import type { ListedObject, Store } from '@wikifleet/store/store';
import { listObjects } from './budgeted-list.js';
import type { CallBudget } from './call-budget.js';
import { fileProgress, openFailures, stateOf } from './file-progress.js';
import type { FileProgress, Seen } from './file-progress.js';
import { Rate } from './rate.js';
import type { ManifestState } from './run-states.js';
import type { Upload } from './read-uploads.js';
import { listLargeRun, listWholeRun } from './run-listing.js';
import type { RunListing } from './run-listing.js';

/** A run of more keys than two pages of a listing is read in parts. */
const MOST_KEYS_AT_ONCE = 2000;
/** Files of a large run whose receipts are listed in one reading. */
const RECEIPTS_OF = 40;
/** Notes, receipts and manifests that are read in one reading; each is read once. */
const MOST_DETAILS = 100;
const MOST_FAILURES = 20;
const MOST_QUARANTINED = 100;
const AT_ONCE = 8;
const QUARANTINE_EVERY_MS = 60_000;

export type RunState = 'unread' | 'no plan' | 'open' | 'failed' | 'done';

/** Bytes and rows as they are finished. */
export interface Rates {
  readonly downloaded: Rate;
  readonly converted: Rate;
  readonly rows: Rate;
  /** Downloaded bytes by mirror. */
  readonly mirrors: Map<string, Rate>;
}

/** Follows one run by what it keeps on S3. Memory: its files, and the numbers of the receipts of open files. */
export class RunReader {
  readonly run: Run;
  readonly rates: Rates = { downloaded: new Rate(), converted: new Rate(), rows: new Rate(), mirrors: new Map() };
  readonly files = new Map<string, FileProgress>();
  /** The newest failures that count, read. */
  failures: readonly Failure[] = [];
  quarantined: readonly ListedObject[] = [];
  state: RunState = 'unread';
  /** The run's. */
  manifest: ManifestState = 'absent';
  /** What could not be read; null where all could. */
  problem: string | null = null;
  readonly #store: Store;
  readonly #budget: CallBudget;
  #plan: { readonly value: Plan; readonly etag: string } | null = null;
  #planModified: number | null = null;
  readonly #failures = new Map<string, Failure>();
  #quarantineAt = Number.NEGATIVE_INFINITY;
  #turn = 0;
  #readInDetail = false;

  constructor(store: Store, run: Run, budget: CallBudget) {
    this.#store = store;
    this.run = run;
    this.#budget = budget;
  }

  /** Whether more than a listing was read; the next reading does so. */
  get readInDetail(): boolean {
    return this.#readInDetail;
  }

  get plan(): Plan | null {
    return this.#plan?.value ?? null;
  }

  /** When the plan was written, in milliseconds since 1970; null where that is not known. */
  get beganAt(): number | null {
    return this.#planModified;
  }

  /** Reads what has changed. What is wrong with the run itself is a `problem`; other errors throw. */
  async read(signal: AbortSignal): Promise<void> {
    this.problem = null;
    if (this.state === 'done' && this.#plan !== null && (await this.#planIsTheSame(signal))) {
      if (!this.#readInDetail) await this.#readMore(this.#plan.value, true, signal);
      return;
    }
    if (this.#plan === null) await this.#loadPlan(signal);
    if (this.#plan === null) {
      this.state = 'no plan';
      return;
    }
    const listing = await this.#list(this.#plan.value, signal);
    if (listing.planModified !== this.#planModified) {
      const known = this.#planModified !== null;
      this.#planModified = listing.planModified;
      // a plan that was replaced begins the run anew
      if (known) return await this.#beginAnew(signal);
    }
    this.#settle(this.#plan.value, listing);
    await this.#readFailures(signal);
    // the first reading is for what a listing tells: of hundreds of runs, all are to be seen before any in detail
    const first = this.state === 'unread';
    // where it is there it says what each file's manifest does
    const closed = listing.runManifest !== null && (await this.#readRunManifest(this.#plan.value, signal));
    this.manifest = closed ? 'closed' : listing.runManifest === null ? 'absent' : 'revoked';
    if (!first) await this.#readMore(this.#plan.value, closed, signal);
    this.state = closed ? 'done' : this.#openOrFailed();
  }

  async #readMore(plan: Plan, closed: boolean, signal: AbortSignal): Promise<void> {
    this.#readInDetail = true;
    await this.#readDetails(plan, signal);
    if (closed || performance.now() - this.#quarantineAt > QUARANTINE_EVERY_MS) await this.#listQuarantine(signal);
  }

  /** Takes the uploads under way: those of other runs are none of ours. */
  takeUploads(uploads: ReadonlyMap<string, Upload>): void {
    for (const file of this.files.values()) {
      const upload = uploads.get(file.file);
      file.uploading = upload !== undefined;
      file.received = upload?.received ?? null;
    }
  }

  async #planIsTheSame(signal: AbortSignal): Promise<boolean> {
    await this.#budget.take(signal);
    const head = await this.#store.head(planKey(this.run), signal);
    if (head !== null && head.etag === this.#plan?.etag) return true;
    await this.#beginAnew(signal);
    return false;
  }

  async #beginAnew(signal: AbortSignal): Promise<void> {
    this.#plan = null;
    this.manifest = 'absent';
    this.#planModified = null;
    this.#readInDetail = false;
    this.#quarantineAt = Number.NEGATIVE_INFINITY;
    this.files.clear();
    this.#failures.clear();
    this.failures = [];
    this.quarantined = [];
    await this.#loadPlan(signal);
    this.state = this.#plan === null ? 'no plan' : 'open';
  }

  async #loadPlan(signal: AbortSignal): Promise<void> {
    await this.#budget.take(signal);
    this.#plan = await this.#store.getJson(planKey(this.run), planSchema, signal);
    for (const file of this.#plan?.value.files ?? []) {
      this.files.set(file.file, fileProgress(file, this.#plan!.value.settings));
    }
  }

  async #list(plan: Plan, signal: AbortSignal): Promise<RunListing> {
    let keys = 0;
    for (const { splits } of this.files.values()) keys += 2 + 2 * splits;
    if (keys <= MOST_KEYS_AT_ONCE) return await listWholeRun(this.#store, plan, this.#budget, signal);
    const receiptsOf = (listing: RunListing): string[] => this.#filesInWork(listing);
    return await listLargeRun(this.#store, plan, receiptsOf, this.#budget, signal);
  }

  /** Files whose receipts are to be listed: those known to be in work, and each of the others in its turn. */
  #filesInWork({ records, manifests }: RunListing): string[] {
    const open = [...records].filter(([file]) => this.files.has(file) && !manifests.has(file));
    open.sort(([, a], [, b]) => (a.modified?.getTime() ?? 0) - (b.modified?.getTime() ?? 0));
    const names = open.map(([file]) => file);
    const begun = names.filter((file) => (this.files.get(file)?.receipts.size ?? 0) > 0).slice(0, RECEIPTS_OF / 2);
    const others = names.filter((file) => !begun.includes(file));
    const most = RECEIPTS_OF - begun.length;
    // the oldest are converted first, as queues go; nobody promises it, hence the turn
    const oldest = others.slice(0, Math.ceil(most / 2));
    const rest = others.slice(oldest.length);
    const from = rest.length === 0 ? 0 : this.#turn % rest.length;
    this.#turn = from + most - oldest.length;
    return [...begun, ...oldest, ...rest.slice(from, from + most - oldest.length)];
  }

  #settle(plan: Plan, listing: RunListing): void {
    for (const file of this.files.values()) {
      const { file: name } = file;
      const size = file.size ?? 0;
      const record = listing.records.get(name) ?? null;
      if (file.record === null && record !== null) this.rates.downloaded.add(record.modified, size);
      file.record = record;
      const receipts = listing.receipts.get(name) ?? (listing.complete ? new Map<number, Seen>() : file.receipts);
      for (const [split, { modified }] of receipts) {
        if (!file.receipts.has(split)) this.rates.converted.add(modified, bytesOfSplit(split, size, file.splits, plan));
      }
      const written = listing.manifests.get(name) ?? null;
      const isRevoked = written !== null && written.modified?.getTime() === file.revoked?.modified?.getTime();
      const manifest = isRevoked && file.revoked !== null ? null : written;
      if (!isRevoked) file.revoked = null;
      if (file.manifest === null && manifest !== null && !listing.complete) {
        const missing = Math.max(0, file.splits - receipts.size) / file.splits;
        this.rates.converted.add(manifest.modified, missing * size);
      }
      file.receipts = receipts;
      file.manifest = manifest;
      file.failures = listing.failures.get(name) ?? [];
    }
  }

  async #readFailures(signal: AbortSignal): Promise<void> {
    const time = ({ modified }: Seen): number => modified?.getTime() ?? 0;
    const counting = [...this.files.values()].flatMap(openFailures).sort((a, b) => time(b) - time(a));
    const newest = counting.slice(0, MOST_FAILURES);
    const idOf = (failure: { key: string } & Seen): string => `${failure.key} ${time(failure)}`;
    const wanted = newest.filter((failure) => !this.#failures.has(idOf(failure)));
    await mapParallel(wanted, AT_ONCE, async (failure) => {
      await this.#detail(async () => {
        const read = await this.#store.getJson(failure.key, failureSchema, signal);
        if (read !== null) this.#failures.set(idOf(failure), read.value);
      }, signal);
    });
    const ids = new Set(newest.map(idOf));
    for (const id of this.#failures.keys()) if (!ids.has(id)) this.#failures.delete(id);
    this.failures = newest.flatMap((failure) => this.#failures.get(idOf(failure)) ?? []);
  }

  /** Each manifest, receipt and raw object record is read once, the newest first, so many in a reading. */
  async #readDetails(plan: Plan, signal: AbortSignal): Promise<void> {
    const time = (seen: Seen | null): number => seen?.modified?.getTime() ?? 0;
    const files = [...this.files.values()];
    const jobs: (() => Promise<void>)[] = [];
    const unread = files.filter(({ manifest, rows }) => manifest !== null && rows === null);
    for (const file of unread.sort((a, b) => time(b.manifest) - time(a.manifest)).slice(0, MOST_DETAILS)) {
      jobs.push(async () => await this.#readManifest(plan, file, signal));
    }
    for (const file of files.filter(({ manifest }) => manifest === null)) {
      if (jobs.length >= MOST_DETAILS) break;
      for (const [split, seen] of file.receipts) {
        if (!file.rowsOfSplits.has(split))
          jobs.push(async () => await this.#readReceipt(plan, file, split, seen, signal));
      }
    }
    const recorded = files.filter(({ record, mirror }) => record !== null && mirror === null);
    const records = recorded.sort((a, b) => time(b.record) - time(a.record)).slice(0, MOST_DETAILS / 5);
    const rest = records.map((file) => async () => await this.#readRecord(plan, file, signal));
    await mapParallel([...jobs.slice(0, MOST_DETAILS - rest.length), ...rest], AT_ONCE, async (job) => {
      await this.#detail(job, signal);
    });
  }

  async #readManifest(plan: Plan, file: FileProgress, signal: AbortSignal): Promise<void> {
    const manifest = await readFileManifest(this.#store, plan, file.file, signal);
    if (manifest === null) {
      file.revoked = file.manifest;
      file.manifest = null;
      return;
    }
    const known = [...file.rowsOfSplits.values()].reduce((sum, rows) => sum + rows, 0);
    this.rates.rows.add(file.manifest?.modified ?? null, manifest.counts.rows - known);
    file.rows = manifest.counts.rows;
    file.quarantined = manifest.counts.quarantined;
    file.filteredPages = manifest.counts.filteredPages;
    file.size = manifest.size;
    file.rowsOfSplits.clear();
  }

  async #readReceipt(
    plan: Plan,
    file: FileProgress,
    split: number,
    { modified }: Seen,
    signal: AbortSignal,
  ): Promise<void> {
    const key = receiptKey(plan.run, plan.planId, file.file, split);
    const receipt = await this.#store.getJson(key, receiptSchema, signal);
    if (receipt === null) return;
    const { counts } = receipt.value.result;
    file.splits = receipt.value.result.split.count;
    file.rowsOfSplits.set(split, counts.rows);
    file.quarantined += counts.quarantined;
    file.filteredPages += counts.filteredPages;
    this.rates.rows.add(modified, counts.rows);
  }

  async #readRecord(plan: Plan, file: FileProgress, signal: AbortSignal): Promise<void> {
    const record = await readRawRecord(this.#store, plan, file.file, signal);
    if (record === null) return;
    const { size, splitBytes } = record.result;
    const { mirror } = record.attempt;
    if (file.size === null) this.rates.downloaded.add(file.record?.modified ?? null, size);
    file.size = size;
    file.splits = splitsOf(size, splitBytes).length;
    file.mirror = mirror;
    const rate = this.rates.mirrors.get(mirror) ?? new Rate();
    this.rates.mirrors.set(mirror, rate);
    rate.add(file.record?.modified ?? null, size);
  }

  async #readRunManifest(plan: Plan, signal: AbortSignal): Promise<boolean> {
    await this.#budget.take(signal);
    const manifest = await readRunManifest(this.#store, plan, signal);
    for (const { file: name, rows, size, quarantined, filteredPages } of manifest?.files ?? []) {
      const file = this.files.get(name);
      if (file === undefined) continue;
      const counts = { rows, size, quarantined, filteredPages };
      Object.assign(file, { ...counts, revoked: null, manifest: file.manifest ?? { modified: null } });
      file.receipts = new Map();
      file.rowsOfSplits.clear();
    }
    return manifest !== null;
  }

  async #listQuarantine(signal: AbortSignal): Promise<void> {
    this.#quarantineAt = performance.now();
    const found: ListedObject[] = [];
    for await (const object of listObjects(this.#store, quarantinePrefix(this.run), this.#budget, signal)) {
      if (planIdOfKey(object.key) === this.plan?.planId) found.push(object);
      if (found.length === MOST_QUARANTINED) break;
    }
    this.quarantined = found;
  }

  /** One read; an object that is not what it should be is said, and the others are read all the same. */
  async #detail(read: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#budget.take(signal);
    try {
      await read();
    } catch (error) {
      signal.throwIfAborted();
      this.problem = messageOf(error).slice(0, 500);
    }
  }

  #openOrFailed(): RunState {
    let failed = 0;
    for (const file of this.files.values()) {
      const state = stateOf(file);
      if (state === 'failed') failed += 1;
      else if (state !== 'done') return 'open';
    }
    return failed > 0 ? 'failed' : 'open';
  }
}

/** Of the last split it is what is left. */
function bytesOfSplit(split: number, size: number, splits: number, { settings }: Plan): number {
  if (splits === 1) return size;
  return Math.max(0, Math.min(size, (split + 1) * settings.splitBytes) - split * settings.splitBytes);
}
