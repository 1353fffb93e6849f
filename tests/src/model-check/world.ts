/** One run of a small wiki in a cloud in memory, and the programs that work on it. */
import type { ConverterParts } from '@wikifleet/converter/convert-split';
import { convertSplit } from '@wikifleet/converter/convert-split';
import { recordSplitFailure } from '@wikifleet/converter/record-failure';
import { download } from '@wikifleet/downloader/download';
import { recordDownloadFailure } from '@wikifleet/downloader/record-failure';
import { FleetError } from '@wikifleet/domain/errors';
import { parseConvertJob, parseDownloadJob } from '@wikifleet/domain/jobs';
import type { ConvertJob, DownloadJob } from '@wikifleet/domain/jobs';
import { DEFAULT_SETTINGS } from '@wikifleet/domain/plan';
import type { Checksum, Settings } from '@wikifleet/domain/plan';
import type { Mirror } from '@wikifleet/mirror/mirror';
import { MirrorPool } from '@wikifleet/mirror/mirror-pool';
import type { KnownMirror } from '@wikifleet/mirror/open-mirrors';
import { Queue } from '@wikifleet/queue/queue';
import type { Outcome as SettleOutcome } from '@wikifleet/queue/leased-consumer';
import { loadPlan } from '@wikifleet/runs/load-plan';
import type { PlanDraft } from '@wikifleet/runs/plans';
import { repairRun } from '@wikifleet/runs/repair-run';
import { verifyRun } from '@wikifleet/runs/verify-run';
import { seedRun } from '@wikifleet/seed/seed-run';
import { PartMemory } from '@wikifleet/store/part-memory';
import { Store } from '@wikifleet/store/store';
import type { ObjectWriter, WriterOptions } from '@wikifleet/store/object-writer';
import type { Log } from '@wikifleet/worker/log';
import { settle } from '@wikifleet/worker/service';
import type { Service } from '@wikifleet/worker/service';
import type { ChaosRandom } from '../faults/chaos-random.js';
import { BROKEN_PAGE, BUILDS, ENDLESS_PAGE, HEAD_BYTES, convertOf, sha256Of } from './model-dump.js';
import type { Build } from './model-dump.js';
import { MemoryS3 } from '@wikifleet/store/memory-s3';
import { CONVERTS, CONVERTS_DEAD, DOWNLOADS, DOWNLOADS_DEAD, MemorySqs } from './memory-sqs.js';
import type { MemoryMessage, QueueUrl } from './memory-sqs.js';
import { Scheduler } from './scheduler.js';
import type { Actor } from './scheduler.js';
import type { PlanView } from './run-view.js';
import type { Trace } from './trace.js';

export const RUN = { kind: 'articles', wiki: 'testwiki', date: '2026-10-01' } as const;
export const BUCKET = 'model';

/** Keys of a page of a listing: three, so that most listings have several. */
const PAGE_SIZE = 3;

const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  splitBytes: 10,
  compression: 'none',
};

/** What a command of the operator came to. */
export interface SeedOutcome {
  readonly actor: Actor;
  readonly isForced: boolean;
  /** The plan that it left, once it ended well. */
  planId: string | null;
}

/** A worker's job, as far as its message can be read. */
export interface WorkerJob {
  readonly actor: Actor;
  readonly queue: QueueUrl;
  readonly message: MemoryMessage;
}

/** A file of the mirror: its bytes of now, and what the catalogue says of them. */
interface MirrorFile {
  readonly path: string;
  bytes: Buffer;
  readonly isSizeKnown: boolean;
  readonly checksum: Checksum | null;
}

export class World {
  readonly s3 = new MemoryS3(PAGE_SIZE);
  readonly sqs = new MemorySqs();
  readonly scheduler: Scheduler;
  readonly files = new Map<string, MirrorFile>();
  readonly seeds: SeedOutcome[] = [];
  readonly jobs: WorkerJob[] = [];
  readonly repairs: Actor[] = [];
  readonly random: ChaosRandom;
  readonly trace: Trace;
  readonly rawObjects: 'keep' | 'delete';
  /** Builds whose workers run. */
  readonly builds: readonly Build[];
  splitBytes = SETTINGS.splitBytes;
  partsVersion = SETTINGS.partsVersion;
  #count = 0;
  /** Called when a seed ends well, before anything else happens. */
  onSeeded: (actor: Actor, planId: string | null) => void = () => {};

  /** Called when a job is done, before its message is deleted. */
  onDone: (message: MemoryMessage) => void = () => {};

  constructor(random: ChaosRandom, trace: Trace) {
    this.random = random;
    this.trace = trace;
    this.scheduler = new Scheduler(this.s3, this.sqs, random, trace);
    this.rawObjects = random.chance(0.25) ? 'delete' : 'keep';
    this.builds = random.chance(0.2) ? BUILDS : [BUILDS[0]];
    const count = random.chance(0.3) ? 2 : 1;
    const isVouched = random.chance(0.4);
    for (let number = 1; number <= count; number += 1) {
      const bytes = this.#fileBytes(0);
      const name = `file${number}.bz2`;
      this.files.set(name, {
        path: `testwiki/20261001/${name}`,
        bytes,
        isSizeKnown: isVouched || random.chance(0.5),
        checksum: isVouched ? { algorithm: 'sha256', value: sha256Of(bytes) } : null,
      });
    }
  }

  #fileBytes(likeSize: number): Buffer {
    const { random } = this;
    const size = likeSize > 0 && random.chance(0.7) ? likeSize : random.pick([8, 14, 20, 24]);
    const bytes = Buffer.from(
      Array.from({ length: size }, () => (random.chance(0.25) ? random.pick([0, 1]) : Math.floor(random.next() * 250))),
    );
    bytes.write('BZh9');
    const place = HEAD_BYTES + Math.floor(random.next() * (size - HEAD_BYTES));
    const dice = random.next();
    if (dice < 0.03) bytes[place] = BROKEN_PAGE;
    else if (dice < 0.06) bytes[place] = ENDLESS_PAGE;
    return bytes;
  }

  /** A page of the first file breaks every conversion: whoever plans the run from now on plans a failure. */
  breakFirstFile(): void {
    const [first] = this.files;
    if (first === undefined) return;
    const [name, file] = first;
    const bytes = Buffer.from(file.bytes);
    bytes[HEAD_BYTES] = BROKEN_PAGE;
    const checksum = file.checksum === null ? null : ({ algorithm: 'sha256', value: sha256Of(bytes) } as const);
    this.files.set(name, { ...file, bytes, checksum });
  }

  /** The catalogue gives no sizes from now on. */
  forgetSizes(): void {
    for (const [name, file] of this.files) this.files.set(name, { ...file, isSizeKnown: false });
  }

  /** The mirror has other bytes for a file from now on. */
  changeMirror(): void {
    const [name, file] = this.random.pick([...this.files]);
    file.bytes = this.#fileBytes(file.bytes.length);
    this.trace.add(`the mirror changes ${name} to ${file.bytes.length} bytes ${sha256Of(file.bytes).slice(0, 8)}`);
  }

  draft(): PlanDraft {
    const files = [...this.files].map(([file, { path, bytes, isSizeKnown, checksum }]) => ({
      file,
      path,
      // the catalogue vouches for the bytes that it saw
      size: isSizeKnown ? (checksum === null ? bytes.length : this.#vouchedSize(file)) : null,
      checksum,
    }));
    const settings = { ...SETTINGS, splitBytes: this.splitBytes, partsVersion: this.partsVersion };
    return { run: RUN, vouchedBy: 'dumpstatus', settings, files };
  }

  readonly #vouchedSizes = new Map<string, number>();
  #vouchedSize(file: string): number {
    const known = this.#vouchedSizes.get(file) ?? this.files.get(file)?.bytes.length ?? 0;
    this.#vouchedSizes.set(file, known);
    return known;
  }

  #nameOf(kind: string): string {
    this.#count += 1;
    return `${kind}#${this.#count}`;
  }

  store(actor: Actor): Store {
    return new SmallPartStore(this.scheduler.client(actor, 's3') as never, BUCKET);
  }

  #queue(actor: Actor, url: QueueUrl): Queue {
    const dead = url === DOWNLOADS ? DOWNLOADS_DEAD : CONVERTS_DEAD;
    return new Queue(this.scheduler.client(actor, 'sqs') as never, url, dead);
  }

  #mirror(actor: Actor): KnownMirror {
    const client = this.scheduler.client(actor, 'mirror');
    const ask = async (verb: string, path: string, answer: (file: MirrorFile) => object): Promise<object> =>
      await client.send({
        constructor: { name: verb },
        input: { Key: path },
        answer: () => {
          const file = [...this.files.values()].find((candidate) => candidate.path === path);
          if (file === undefined) throw new FleetError('MIRROR_NOT_FOUND', path);
          return answer(file);
        },
      });
    const mirror: Pick<Mirror, 'name' | 'connections' | 'size' | 'open'> = {
      name: 'mirror',
      connections: 1000,
      size: async (path) =>
        ((await ask('MirrorSize', path, ({ bytes }) => ({ size: bytes.length }))) as { size: number }).size,
      open: async (path, { offset = 0, expectedSize = null } = {}) => {
        const read = (from: number, to: number) =>
          ask('MirrorRead', path, ({ bytes }) => {
            const received = String(bytes.length);
            if (expectedSize !== null && bytes.length !== expectedSize)
              throw new FleetError('MIRROR_SIZE_DIFFERS', `${path}: ${received} bytes`, { received });
            return { bytes: Buffer.from(bytes.subarray(from, to)) };
          });
        const half = Math.max(offset + 1, (expectedSize ?? 2) >> 1);
        const first = (await read(offset, half)) as { bytes: Buffer };
        // a file that changes in the middle of a download comes as a mixture
        return (async function* chunks() {
          yield first.bytes;
          const rest = (await read(half, Number.MAX_SAFE_INTEGER)) as { bytes: Buffer };
          yield rest.bytes;
        })() as never;
      },
    };
    const config = { name: 'mirror', holds: ['legacy'], status: false } as unknown as KnownMirror['config'];
    return { mirror: mirror as Mirror, config };
  }

  /** The operator seeds a plan again that is there. */
  seedAgain(plan: PlanView): SeedOutcome {
    const { run, vouchedBy, settings, files } = plan as unknown as PlanDraft;
    return this.seed(false, { run, vouchedBy, settings, files });
  }

  /** `seed`, as its program does it. */
  seed(isForced: boolean, draft = this.draft()): SeedOutcome {
    const outcome: { actor?: Actor; isForced: boolean; planId: string | null } = { isForced, planId: null };
    outcome.actor = this.scheduler.start(this.#nameOf(isForced ? 'force' : 'seed'), async (actor) => {
      const downloads = this.#queue(actor, DOWNLOADS);
      const cloud = { store: this.store(actor), downloads, converts: this.#queue(actor, CONVERTS) };
      const seeded = await seedRun(cloud, draft, { dryRun: false, force: isForced });
      outcome.planId = seeded.planId;
      this.onSeeded(actor, seeded.planId);
    });
    this.seeds.push(outcome as SeedOutcome);
    return outcome as SeedOutcome;
  }

  /** `fleet verify --repair`, as its command does it. */
  repair(): Actor {
    const repair = this.scheduler.start(this.#nameOf('repair'), async (actor) => {
      const store = this.store(actor);
      const { signal } = actor.abort;
      const plan = await loadPlan(store, RUN);
      if (plan === null) return;
      const verdict = await verifyRun(store, plan, { signal });
      if (!verdict.proved) await repairRun(store, this.#queue(actor, DOWNLOADS), verdict, signal);
    });
    this.repairs.push(repair);
    return repair;
  }

  /** A worker receives a message and does its job. */
  work(url: QueueUrl, message: MemoryMessage): void {
    const handle = this.sqs.receive(url, message);
    if (handle === null) {
      this.trace.add(`SQS moves ${message.id} to its dead-letter queue`);
      return;
    }
    const build = this.random.pick(this.builds);
    const kind = url === DOWNLOADS ? 'download' : 'convert';
    const name = `${this.#nameOf(kind)}${build === BUILDS[0] ? '' : ` (${build})`}`;
    this.trace.add(`${name} receives ${message.id} (${message.receiveCount}): ${message.body}`);
    const actor = this.scheduler.start(name, async (self) => {
      const queue = this.#queue(self, url);
      const store = this.store(self);
      const service = url === DOWNLOADS ? this.#downloader(self, store, build) : this.#converter(self, store, build);
      const outcome = await settle<never>(service as never, logOf(this.trace), {
        body: message.body,
        messageId: message.id,
        receiveCount: message.receiveCount,
        signal: self.abort.signal,
        describe: () => {},
      });
      await this.#settleMessage(queue, handle, outcome, message, self);
    });
    this.jobs.push({ actor, queue: url, message });
  }

  async #settleMessage(
    queue: Queue,
    handle: string,
    outcome: SettleOutcome,
    message: MemoryMessage,
    { abort }: Actor,
  ): Promise<void> {
    const { signal } = new AbortController();
    this.trace.hit(`settled: ${outcome.kind}${'code' in outcome ? ` ${outcome.code}` : ''}`);
    // whose lease is lost says nothing more to the queue
    if (abort.signal.reason instanceof FleetError && abort.signal.reason.code === 'LEASE_LOST') return;
    switch (outcome.kind) {
      case 'acknowledge':
        this.onDone(message);
        return await queue.delete(handle, signal);
      case 'hand-back':
        return await queue.changeVisibility(handle, 0, signal);
      case 'dead-letter':
        await queue.deadLetter(message.body, outcome.code, outcome.reason, signal);
        return await queue.delete(handle, signal);
    }
  }

  #downloader(
    actor: Actor,
    store: Store,
    build: Build,
  ): Pick<Service<DownloadJob>, 'parse' | 'describe' | 'handle' | 'giveUp'> {
    const mirrors = [this.#mirror(actor)];
    const parts = {
      store,
      converts: this.#queue(actor, CONVERTS),
      mirrors,
      pool: new MirrorPool(mirrors, { random: () => 0.5 }),
      memory: new PartMemory(4),
      fingerprint: () => build,
    };
    return {
      parse: parseDownloadJob,
      describe: () => ({}),
      handle: async (job, context) => await download(parts, job, context),
      giveUp: async (job, error, attempts) => await recordDownloadFailure(store, job, error, attempts),
    };
  }

  #converter(
    actor: Actor,
    store: Store,
    build: Build,
  ): Pick<Service<ConvertJob>, 'parse' | 'describe' | 'handle' | 'giveUp'> {
    const parts: ConverterParts = {
      store,
      downloads: this.#queue(actor, DOWNLOADS),
      rawObjects: this.rawObjects,
      pool: null as never,
      convert: convertOf(build),
      fingerprint: () => build,
    };
    return {
      parse: parseConvertJob,
      describe: () => ({}),
      handle: async (job, context) => await convertSplit(parts, job, context),
      giveUp: async (job, error, attempts) => await recordSplitFailure(store, job, error, attempts),
    };
  }
}

/** Uploads of a few bytes have several parts, too. */
class SmallPartStore extends Store {
  override createWriter(key: string, options: WriterOptions): ObjectWriter {
    return super.createWriter(key, { ...options, partBytes: key.startsWith('raw/') ? 16 : 100, isLarge: false });
  }
}

const NOTHING = (): void => {};

/** A log that only counts its events. */
function logOf(trace: Trace): Log {
  const count = ({ event, code }: { event?: string; code?: string }): void =>
    trace.hit(event === 'job failed, to be tried again' ? `retried: ${code}` : `log: ${event}`);
  const log = { debug: NOTHING, info: count, warn: count, error: count, child: (): unknown => log };
  return log as unknown as Log;
}
