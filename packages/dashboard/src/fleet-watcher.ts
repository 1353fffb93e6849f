import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@wikifleet/domain/errors';
import { runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { Queue } from '@wikifleet/queue/queue';
import type { Store } from '@wikifleet/store/store';
import { CallBudget } from './call-budget.js';
import { findRuns } from './find-runs.js';
import { readUploads } from './read-uploads.js';
import type { Upload } from './read-uploads.js';
import { RunReader } from './run-reader.js';
import type { DepthSample, Snapshot, TileFilter, TilePage } from './snapshot.js';
import { summarize, tilesOf, transfersOf } from './summarize.js';

export interface WatchedCloud {
  readonly store: Store;
  readonly downloads: Queue;
  readonly converts: Queue;
}

export interface WatcherOptions {
  readonly cloud: WatchedCloud;
  /** Null: the newest run of each wiki and kind in the bucket. */
  readonly runs: readonly Run[] | null;
  /** How often queues and runs are looked at, at most; default 3,000 ms. */
  readonly everyMs?: number;
  /** Calls to S3 a minute, at most; default 900. */
  readonly s3CallsAMinute?: number;
}

/** Of SQS are four calls a look. */
const SQS_CALLS = 4;
const EVERY_MS = 3000;
const S3_CALLS_A_MINUTE = 900;
/** How long what does not change is left alone, at most. */
const REST_MS = 30_000;
const DONE_REST_MS = 300_000;
/** Looking for runs is a call a wiki. */
const FIND_MS_PER_RUN = 1000;
/** Where nobody looks, queues are asked all the same, for the charts, but every so many times. */
const UNWATCHED_FACTOR = 5;
/** Samples of the charts: two hours, at the default. */
const SAMPLES = 2400;
const SIDE_BY_SIDE = 4;

interface Followed {
  readonly reader: RunReader;
  dueAt: number;
  restMs: number;
  seen: string;
  reading: boolean;
}

/**
 * Looks at queues and runs again and again, within a budget of calls that the number of runs and files does not change:
 * where there is more to read, what is shown is older. While nobody watches, S3 is left alone.
 */
export class FleetWatcher {
  readonly samples: DepthSample[] = [];
  readonly #options: WatcherOptions;
  readonly #everyMs: number;
  readonly #s3: CallBudget;
  readonly #sqs: CallBudget;
  readonly #controller = new AbortController();
  readonly #problems = new Map<string, string>();
  #followed: Followed[] = [];
  #uploads: readonly Upload[] = [];
  #leftOut = 0;
  #watchers = 0;
  /** Looks at the queues that were left out since the last one; the first is none. */
  #skipped = UNWATCHED_FACTOR;
  #loops: Promise<unknown> | null = null;

  constructor(options: WatcherOptions) {
    // every call under way listens, and there are a few dozen of them at most
    setMaxListeners(100, this.#controller.signal);
    this.#options = options;
    this.#everyMs = options.everyMs ?? EVERY_MS;
    this.#s3 = new CallBudget(options.s3CallsAMinute ?? S3_CALLS_A_MINUTE);
    // a look more than there can be, so that it never waits
    this.#sqs = new CallBudget(3 * SQS_CALLS * (Math.ceil(60_000 / this.#everyMs) + 1));
  }

  start(): void {
    if (this.#options.runs !== null) this.#follow(this.#options.runs);
    this.#loops ??= Promise.all([
      this.#loop('queues', async () => await this.#lookAtQueues()),
      this.#loop('looking for runs', async () => await this.#lookForRuns()),
      this.#loop('uploads', async () => await this.#lookAtUploads()),
      ...Array.from({ length: SIDE_BY_SIDE }, async () => await this.#loop('', async () => await this.#readNextRun())),
    ]);
  }

  /** While somebody watches, runs are read; returns what ends that. */
  watch(): () => void {
    this.#watchers += 1;
    let watching = true;
    return () => {
      if (watching) this.#watchers -= 1;
      watching = false;
    };
  }

  snapshot(): Snapshot {
    const readers = this.#followed.map(({ reader }) => reader);
    const { downloads, converts } = this.#options.cloud;
    const unreadable = readers.flatMap(({ run, problem }) => (problem === null ? [] : [`${runName(run)}: ${problem}`]));
    return {
      at: Date.now(),
      queueNames: [downloads.name, converts.name],
      depth: this.samples.at(-1) ?? null,
      ...summarize(readers),
      wikisLeftOut: this.#leftOut,
      transfers: transfersOf(readers, this.#uploads),
      calls: {
        s3: this.#s3.lastMinute,
        s3AtMost: this.#s3.perMinute,
        sqs: this.#sqs.lastMinute,
        sqsAtMost: SQS_CALLS * (Math.ceil(60_000 / this.#everyMs) + 1),
      },
      problems: [...this.#problems.values(), ...unreadable].slice(0, 10),
    };
  }

  /** Null where no such run is followed. */
  tiles(run: string, show: TileFilter, page: number): TilePage | null {
    const found = this.#followed.find(({ reader }) => runName(reader.run) === run);
    return found === undefined ? null : tilesOf(found.reader, show, page);
  }

  /** Whether a key is one of a quarantine that is shown; only those may be read. */
  isQuarantined(key: string): boolean {
    return this.#followed.some(({ reader }) => reader.quarantined.some((object) => object.key === key));
  }

  /** Waits until one more call to S3 may be made. */
  async takeCall(): Promise<void> {
    await this.#s3.take(this.#controller.signal);
  }

  /** Ends all looking. May be called twice. */
  async close(): Promise<void> {
    this.#controller.abort();
    await this.#loops;
  }

  /** Does `step` until the end; it returns how many milliseconds to wait for the next. An error is said and waited out. */
  async #loop(what: string, step: () => Promise<number>): Promise<void> {
    const { signal } = this.#controller;
    while (!signal.aborted) {
      let wait = this.#everyMs;
      try {
        wait = await unlessAborted(step(), signal);
        this.#problems.delete(what);
      } catch (error) {
        if (signal.aborted) return;
        this.#problems.set(what, `${what}: ${messageOf(error).slice(0, 500)}`);
      }
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }

  async #lookAtQueues(): Promise<number> {
    this.#skipped += 1;
    if (this.#watchers === 0 && this.#skipped < UNWATCHED_FACTOR) return this.#everyMs;
    this.#skipped = 0;
    for (let call = 0; call < SQS_CALLS; call += 1) await this.#sqs.take(this.#controller.signal);
    const queues = await Promise.all(
      [this.#options.cloud.downloads, this.#options.cloud.converts].map(async (queue) => {
        const [depth, dead] = await Promise.all([queue.depth(), queue.deadLetterDepth()]);
        return { ...depth, deadLetters: dead.visible + dead.inFlight + dead.delayed };
      }),
    );
    this.samples.push({ at: Date.now(), queues });
    if (this.samples.length > SAMPLES) this.samples.shift();
    return this.#everyMs;
  }

  async #lookForRuns(): Promise<number> {
    if (this.#options.runs !== null) return REST_MS;
    if (this.#watchers === 0) return this.#everyMs;
    const { runs, leftOut } = await findRuns(this.#options.cloud.store, this.#s3, this.#controller.signal);
    this.#leftOut = leftOut;
    this.#follow(runs);
    return Math.max(this.#everyMs, FIND_MS_PER_RUN * runs.length);
  }

  #follow(runs: readonly Run[]): void {
    const known = new Map(this.#followed.map((one) => [runName(one.reader.run), one]));
    this.#followed = runs.map((run) => {
      const reader = (): RunReader => new RunReader(this.#options.cloud.store, run, this.#s3);
      return known.get(runName(run)) ?? { reader: reader(), dueAt: 0, restMs: 0, seen: '', reading: false };
    });
  }

  async #lookAtUploads(): Promise<number> {
    if (this.#watchers === 0 || this.#nothingOpen()) return this.#everyMs;
    this.#uploads = await readUploads(this.#options.cloud.store, 'raw/', this.#s3, this.#controller.signal);
    this.#takeUploads(this.#followed);
    return this.#everyMs;
  }

  #takeUploads(followed: readonly Followed[]): void {
    const byRun = new Map<string, Map<string, Upload>>();
    for (const upload of this.#uploads) {
      const [, kind, wiki, date, file = ''] = upload.key.split('/');
      const name = `${kind}/${wiki}/${date}`;
      byRun.set(name, (byRun.get(name) ?? new Map<string, Upload>()).set(file, upload));
    }
    for (const { reader } of followed) reader.takeUploads(byRun.get(runName(reader.run)) ?? new Map<string, Upload>());
  }

  #nothingOpen(): boolean {
    return this.#followed.length > 0 && this.#followed.every(({ reader }) => reader.state === 'done');
  }

  /** Reads the run that has waited longest of those that are due. */
  async #readNextRun(): Promise<number> {
    const soon = Math.min(250, this.#everyMs);
    if (this.#watchers === 0) return soon;
    const now = performance.now();
    const due = this.#followed.filter(({ dueAt, reading }) => !reading && dueAt <= now);
    const next = due.reduce<Followed | undefined>((a, b) => (a !== undefined && a.dueAt <= b.dueAt ? a : b), undefined);
    if (next === undefined) return soon;
    const { reader } = next;
    next.reading = true;
    try {
      await reader.read(this.#controller.signal);
      this.#takeUploads([next]);
    } catch (error) {
      if (!this.#controller.signal.aborted) reader.problem = messageOf(error).slice(0, 500);
    } finally {
      next.reading = false;
      this.#rest(next);
    }
    return 0;
  }

  /** The less changes, the longer a run is left alone; a few runs are looked at often all the same. */
  #rest(one: Followed): void {
    const { state, files, readInDetail } = one.reader;
    const sum = summarize([one.reader]);
    const seen = JSON.stringify([state, sum.files, sum.convertedBytes, sum.rows, sum.notesUnread, readInDetail]);
    const most = Math.min(REST_MS, this.#everyMs * Math.max(1, files.size / 500, this.#followed.length / 5));
    one.restMs = seen === one.seen ? Math.min(most, 2 * Math.max(one.restMs, this.#everyMs)) : this.#everyMs;
    if (state === 'done' && readInDetail) one.restMs = DONE_REST_MS;
    one.seen = seen;
    one.dueAt = performance.now() + one.restMs;
  }
}

/** What a client does not let go when asked is not waited for. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
