import type { MemoryMessage, MemorySqs } from './memory-sqs.js';
import { CONVERTS, CONVERTS_DEAD, DOWNLOADS, DOWNLOADS_DEAD } from './memory-sqs.js';
import type { MemoryObject, MemoryS3, ObjectChange } from '@wikifleet/store/memory-s3';
import { classOfKey } from './key-classes.js';
import { sha256Of } from './model-dump.js';
import { problemOfManifest, problemOfSplit } from './oracle.js';
import {
  PLAN_KEY,
  currentPlan,
  keys,
  planIdIn,
  splitNumber,
  readFailure,
  readFileManifest,
  readReceipt,
  readRecord,
  readRunManifest,
  splitsOfSize,
  truthOfFile,
} from './run-view.js';
import type { FailureView, FileManifestView, PlanView, ReceiptView, RecordView } from './run-view.js';
import type { Actor } from './scheduler.js';
import type { WorkerJob, World } from './world.js';

/** Objects that nothing of a plan's own programs ever deletes. */
const KEPT = new Set(['part', 'receipt', 'index', 'quarantine', 'raw record', 'file manifest', 'run manifest']);

interface JobView {
  readonly type: 'download' | 'convert';
  readonly planId: string;
  readonly file: string;
  readonly split?: { readonly index: number };
  readonly repair?: string | { readonly id: string; readonly splits?: 'all' | readonly number[] } | null;
}

function parseManifest(object: MemoryObject): FileManifestView | null {
  try {
    return JSON.parse(object.body.toString()) as FileManifestView;
  } catch {
    return null;
  }
}

/** Watches every change of the bucket, and says what must never be. */
export class Invariants {
  readonly violations: string[] = [];
  /** Keys that somebody edited, added or deleted with other tools. */
  readonly tampered = new Set<string>();
  /** As `tampered`, also where a program has replaced them since. */
  readonly edited = new Set<string>();
  /** All bytes that mirrors and raw objects ever had, by their SHA-256. */
  readonly bytes = new Map<string, Buffer>();
  readonly #s3: MemoryS3;
  readonly #sqs: MemorySqs;
  readonly #world: World;
  /** The last write of each key by a program: at which step, and whether its sender no longer waited for it. */
  readonly #writes = new Map<string, { readonly step: number; readonly isLate: boolean }>();
  readonly #deletedRaw = new Set<string>();
  readonly #rawDigests = new Map<string, string>();
  readonly #plans: string[] = [];
  readonly #jobs = new Map<string, JobView | null>();
  readonly #forged = new Map<Actor, WorkerJob>();
  #seenJobs = 0;
  /** Of each file's manifest that is revoked: the repair that each split waits for. */
  readonly #awaited = new Map<string, Map<number, string>>();
  /** The last plan that could be read. */
  #plan: PlanView | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#s3 = world.s3;
    this.#sqs = world.sqs;
    world.s3.onChange = (change) => this.#check(change);
    world.onDone = (message) => this.#checkBegun(this.jobOf(message.body), message);
    world.onSeeded = ({ name }, planId) => {
      const current = currentPlan(this.#s3)?.planId ?? null;
      if (current !== planId && !this.isTampered)
        this.report(`(m) ${name} ends well, though its plan ${planId} was superseded by ${current}`);
    };
  }

  get plan(): PlanView | null {
    return this.#plan;
  }

  isTampered = false;

  report(text: string): void {
    if (this.violations.length === 0) this.#world.trace.add(`VIOLATION: ${text}`);
    this.violations.push(text);
  }

  #check({ key, before, after }: ObjectChange): void {
    const { current } = this.#world.scheduler;
    const kind = classOfKey(key);
    if (kind === 'file manifest') this.#awaitRepairs(key, current === null ? null : after);
    if (current === null) {
      this.tampered.add(key);
      this.edited.add(key);
      this.#writes.delete(key);
      this.isTampered ||= kind !== 'raw object' || after !== null;
      if (kind === 'plan') this.#plan = currentPlan(this.#s3) ?? this.#plan;
      return;
    }
    const who = `${current.actor.name} ${current.name}`;
    if (after !== null && (kind === 'receipt' || kind === 'file manifest')) this.tampered.delete(key);
    if (after === null && kind === 'raw object') this.#deletedRaw.add(key);
    if (after === null) this.#writes.delete(key);
    else this.#writes.set(key, { step: this.#world.scheduler.steps, isLate: current.isLate });
    if (after !== null && this.#isOfForgedMessage(current.actor, key))
      this.report(`(n) ${who}: writes ${key} by a message that contradicts the plan`);
    if (kind === 'plan' && after !== null) this.#checkPlan(who, current.actor);
    if (kind === 'raw object' && after !== null) this.bytes.set(sha256Of(after.body), after.body);
    const plan = this.#plan;
    if (plan === null || planIdIn(key) !== plan.planId) return;
    if (after === null && before !== null && KEPT.has(kind) && !this.tampered.has(key)) {
      if (!this.isTampered || before.body.equals(this.#truthOf(plan, key) ?? Buffer.alloc(0)))
        this.report(`(b) ${who}: deletes ${key} of the current plan`);
    }
    if (after === null && kind === 'raw object') this.#checkRawDelete(plan, key, who);
    if (after === null) return;
    if (kind === 'raw record') this.#checkRecord(plan, key, who);
    if (kind === 'file manifest') {
      this.#checkNamedReceipts(plan, key, who);
      if (before !== null) this.#checkAnswered(plan, key, before, who);
    }
    if (kind === 'failure') this.#checkFailure(plan, key, who);
    if (kind === 'run manifest') this.#checkNamedManifests(plan, key, who);
    if (kind === 'part' || kind === 'index' || kind === 'quarantine') {
      const truth = this.#truthOf(plan, key);
      if (truth !== undefined && !after.body.equals(truth)) this.report(`(a) ${who}: other bytes than the plan's`);
    }
  }

  /** The object that the record names stays, unless the fleet is set to delete it behind a closed file. */
  #checkRawDelete(plan: PlanView, key: string, who: string): void {
    if (this.#world.rawObjects === 'delete') return;
    for (const { file } of plan.files) {
      if (this.edited.has(keys.record(plan, file))) continue;
      const record = this.#recordOf(plan, file);
      if (record !== null && key === keys.raw(plan, file, record.attempt.id))
        this.report(`(b) ${who}: deletes the raw object that the record names`);
    }
  }

  /** Who closes a file names the receipts that are there: one that was replaced since must have been seen. */
  #checkNamedReceipts(plan: PlanView, key: string, who: string): void {
    const manifest = readFileManifest(this.#s3, key);
    if (manifest?.state !== 'closed') return;
    for (const [index, digest] of manifest.result.receipts.entries()) {
      const receiptKey = keys.receipt(plan, manifest.result.file, index);
      const receipt = readReceipt(this.#s3, receiptKey);
      const isReplaced = receipt !== null && receipt.digest !== digest && !this.tampered.has(receiptKey);
      if (isReplaced) this.report(`(a) ${who}: names a receipt of before a repair`);
    }
  }

  /** Whether a forged message writes a key. Before there is a record, any convert job may record that the download is missing. */
  #isOfForgedMessage(actor: Actor, key: string): boolean {
    const job = this.#forgedJobs.get(actor);
    if (job === undefined) return false;
    return job.queue === DOWNLOADS || !key.endsWith('/download.json');
  }

  get #forgedJobs(): Map<Actor, WorkerJob> {
    const { jobs } = this.#world;
    for (; this.#seenJobs < jobs.length; this.#seenJobs += 1) {
      const job = jobs[this.#seenJobs];
      if (job?.message.isForged === true) this.#forged.set(job.actor, job);
    }
    return this.#forged;
  }

  /** Once the download job of a repair is done, each split that it names waits for a repair, or was converted by one. */
  #checkBegun(job: JobView | null, message: MemoryMessage): void {
    const plan = currentPlan(this.#s3);
    const repair = typeof job?.repair === 'object' ? job.repair : null;
    if (plan === null || job === null || repair === null || job.planId !== plan.planId) return;
    const key = keys.fileManifest(plan, job.file);
    if (job.type !== 'download' || this.edited.has(key) || !Array.isArray(repair.splits)) return;
    const others = this.#sqs.of(DOWNLOADS).filter((other) => other !== message && other.body.includes('"refetch"'));
    const run = readRunManifest(this.#s3, keys.runManifest(plan));
    const isRevoked = readFileManifest(this.#s3, key)?.state === 'revoked';
    if (isRevoked && run?.state === 'closed' && others.length === 0 && !this.edited.has(keys.runManifest(plan)))
      this.report(`(a) the repair ${repair.id} has begun, and the run is closed while ${job.file} is revoked`);
    for (const index of repair.splits) {
      const receipt = readReceipt(this.#s3, keys.receipt(plan, job.file, index));
      if (receipt === null || receipt.repairs.length > 0 || this.#awaited.get(key)?.has(index) === true) continue;
      this.report(`(a) the repair ${repair.id} has begun, and split ${index} of ${job.file} does not wait for it`);
    }
  }

  /** Collects what each repair added to a revoked manifest: a split waits for the repair that named it last. */
  #awaitRepairs(key: string, after: MemoryObject | null): void {
    const manifest = after === null ? null : parseManifest(after);
    const awaited = this.#awaited.get(key) ?? new Map<number, string>();
    if (manifest?.state === 'closed') {
      for (const [index, id] of awaited) {
        const receiptKey = key.replace('/manifests/', '/receipts/').replace(/\.json$/, `/${splitNumber(index)}.json`);
        const receipt = readReceipt(this.#s3, receiptKey);
        if (receipt === null || this.tampered.has(receiptKey) || receipt.repairs.includes(id)) continue;
        this.report(`(a) ${key} is closed, and the repair ${id} of split ${index} is not done`);
      }
    }
    if (manifest?.state !== 'revoked') return void this.#awaited.delete(key);
    const last = manifest.repairs.at(-1);
    for (const index of last?.splits ?? []) awaited.set(index, last?.id ?? '');
    this.#awaited.set(key, awaited);
  }

  /** Who closes a file that a repair revoked has seen that all splits which it waits for are converted again. */
  #checkAnswered(plan: PlanView, key: string, before: MemoryObject, who: string): void {
    const manifest = readFileManifest(this.#s3, key);
    const replaced = parseManifest(before);
    if (manifest?.state !== 'closed' || replaced?.state !== 'revoked') return;
    for (const { id, splits } of replaced.repairs) {
      for (const index of splits) {
        const receiptKey = keys.receipt(plan, manifest.result.file, index);
        const receipt = readReceipt(this.#s3, receiptKey);
        if (receipt === null || this.tampered.has(receiptKey) || receipt.repairs.includes(id)) continue;
        this.report(`(a) ${who}: closes a file whose split ${index} the repair ${id} waits for`);
      }
    }
  }

  /** A manifest differs from its receipts only where somebody edited one of them, or the record that both follow. */
  #checkFailure(plan: PlanView, key: string, who: string): void {
    const failure = readFailure(this.#s3, key);
    if (failure?.code !== 'MANIFESTS_DIFFER' && failure?.code !== 'RECEIPTS_DIFFER') return;
    const { file } = failure;
    const edited = [
      keys.record(plan, file),
      keys.fileManifest(plan, file),
      ...this.#s3.keys(keys.receipts(plan, file)),
    ];
    if (!edited.some((candidate) => this.edited.has(candidate)))
      this.report(`(a) ${who}: ${failure.code}, and nobody edited them`);
  }

  /** As above, of the run. A file that is being revoked is still closed for who does not know yet. */
  #checkNamedManifests(plan: PlanView, key: string, who: string): void {
    const run = readRunManifest(this.#s3, key);
    if (run?.state !== 'closed') return;
    const started = this.#world.scheduler.current?.actor.startedAt ?? 0;
    for (const [other, { step }] of this.#writes) {
      const isOld = step < started && classOfKey(other) === 'part' && planIdIn(other) !== plan.planId;
      if (isOld && this.#plans.includes(planIdIn(other) ?? '') && plan.supersedes.includes(planIdIn(other) ?? ''))
        this.report(`(a) ${who}: rows of a superseded plan lie beside: ${other}`);
    }
    for (const { file, manifest: digest } of run.result.files) {
      const manifestKey = keys.fileManifest(plan, file);
      const manifest = readFileManifest(this.#s3, manifestKey);
      const isBeingRevoked = this.#carries(plan, file, ({ type, repair }) => type === 'download' && repair !== null);
      if (manifest?.state === 'revoked' && !isBeingRevoked)
        this.report(`(a) ${who}: closes the run, and ${file} is revoked`);
      if (manifest?.state === 'closed' && manifest.digest !== digest && !this.tampered.has(manifestKey))
        this.report(`(a) ${who}: names a manifest of before a repair`);
    }
  }

  #checkPlan(who: string, seed: Actor): void {
    const plan = currentPlan(this.#s3);
    if (plan === null) return this.report(`(a) ${who}: writes a plan that is none`);
    this.#plan = plan;
    const missing = this.#plans.filter((id) => !plan.supersedes.includes(id));
    // where `plan.json` was lost, keys tell which plans were before
    const isKnown = (id: string): boolean => !this.tampered.has(PLAN_KEY) || this.#hasOldKeys(id, seed.startedAt);
    if (missing.some(isKnown))
      this.report(`(b) ${who}: the plan ${plan.planId} does not supersede ${missing.join(', ')}`);
    if (plan.supersedes.includes(plan.planId)) this.report(`(b) ${who}: a plan supersedes itself`);
    this.#plans.push(plan.planId);
  }

  #hasOldKeys(planId: string, step: number): boolean {
    return [...this.#writes].some(
      ([key, write]) => write.step < step && planIdIn(key) === planId && !this.tampered.has(key),
    );
  }

  /**
   * What the jobs of superseded plans wrote is gone when all their messages are done, but for requests that
   * arrived late. Only for schedules in which no message was delivered to two workers at once.
   */
  checkSuperseded(): void {
    const { seeds, repairs } = this.#world;
    const plan = this.#plan;
    const isCommandBroken = [...seeds.map(({ actor }) => actor), ...repairs].some(
      ({ state, error }) => state === 'dead' || error !== null,
    );
    if (plan === null || isCommandBroken || this.isTampered) return;
    for (const [key, { isLate }] of this.#writes) {
      const kind = classOfKey(key);
      const isOfJob = ['part', 'index', 'quarantine', 'receipt', 'raw object', 'raw record'].includes(kind);
      if (isOfJob && !isLate && planIdIn(key) !== plan.planId)
        this.report(`(k) ${key} is left behind by a job of a superseded plan`);
    }
  }

  /** One raw digest a plan and file. */
  #checkRecord(plan: PlanView, key: string, who: string): void {
    const record = readRecord(this.#s3, key);
    if (record === null) return this.report(`(e) ${who}: writes a record that is none`);
    const named = keys.raw(plan, record.result.file, record.attempt.id);
    if (this.#deletedRaw.has(named) && this.#world.rawObjects === 'keep')
      this.report(`(b) ${who}: names a raw object that a program deleted`);
    const digest = JSON.stringify(record.result);
    const known = this.#rawDigests.get(key);
    const hasOther = [...this.#receiptsOf(plan, record.result.file)].some(
      ({ result }) => result.object.sha256 !== record.result.sha256,
    );
    if (known !== undefined && known !== digest && !this.tampered.has(key))
      this.report(`(e) ${who}: the plan's raw bytes change`);
    else if (hasOther && this.#isRepairing(who) && !this.#isOfReceipts(plan, record))
      this.report(`(e) ${who}: a repair takes other raw bytes than those of all receipts`);
    else if (hasOther && !this.isTampered) this.report(`(e) ${who}: receipts are of other raw bytes`);
    this.#rawDigests.set(key, digest);
  }

  #isRepairing(who: string): boolean {
    const job = this.#world.jobs.find(({ actor }) => who.startsWith(`${actor.name} `));
    return job !== undefined && (this.jobOf(job.message.body)?.repair ?? null) !== null;
  }

  #isOfReceipts(plan: PlanView, { result }: RecordView): boolean {
    return [...this.#receiptsOf(plan, result.file)].some(({ result: { object } }) => object.sha256 === result.sha256);
  }

  *#receiptsOf(plan: PlanView, file: string): Generator<ReceiptView> {
    for (const key of this.#s3.keys(keys.receipts(plan, file))) {
      const receipt = readReceipt(this.#s3, key);
      if (receipt !== null) yield receipt;
    }
  }

  /** The bytes that an object of a split must have; undefined where nobody knows yet. */
  #truthOf(plan: PlanView, key: string): Buffer | undefined {
    for (const { file } of plan.files) {
      const record = this.#recordOf(plan, file);
      const truth = record === null ? null : truthOfFile(plan, record, this.bytes);
      for (const { split, truth: made } of truth?.splits ?? []) {
        if (made.isBroken) continue;
        if (key === keys.part(plan, file, split)) return made.rows;
        if (key === keys.index(plan, file, split.index)) return made.index;
        if (key === keys.quarantine(plan, file, split)) return made.quarantine;
      }
    }
    return undefined;
  }

  #recordOf(plan: PlanView, file: string): RecordView | null {
    return readRecord(this.#s3, keys.record(plan, file));
  }

  /** What must hold between any two steps, as long as nobody tampered. */
  checkState(): void {
    const plan = currentPlan(this.#s3);
    if (plan === null || this.isTampered || this.violations.length > 0) return;
    let closed = 0;
    const run = readRunManifest(this.#s3, keys.runManifest(plan));
    for (const { file } of plan.files) {
      const manifest = readFileManifest(this.#s3, keys.fileManifest(plan, file));
      const isClosed = manifest?.state === 'closed';
      if (isClosed) {
        closed += 1;
        this.#checkManifest(plan, file, manifest);
      }
      if (run?.state === 'closed') {
        const named = run.result.files.find((candidate) => candidate.file === file);
        // a repair revokes the file's manifest, and then the run's
        const isBeingRevoked =
          manifest?.state === 'revoked' &&
          this.#carries(plan, file, ({ type, repair }) => type === 'download' && repair !== null);
        if (!isBeingRevoked && (!isClosed || named?.manifest !== manifest.digest))
          this.report(`(a) the run's manifest is closed, and that of ${file} is not the one it names`);
      }
      if (!isClosed && this.#isSeeded(plan)) this.#checkWork(plan, file, manifest);
    }
    if (closed === plan.files.length && run?.state !== 'closed' && this.#isSeeded(plan)) {
      const isCarried = plan.files.some(({ file }) => this.#carries(plan, file, () => true));
      if (!isCarried) this.report('(d) all files are closed, and nobody closes the run');
    }
  }

  /** Whether a seed of this plan ended well: before, its operator knows that it is to be repeated. */
  #isSeeded({ planId }: PlanView): boolean {
    return this.#world.seeds.some((seed) => seed.planId === planId);
  }

  #checkManifest(plan: PlanView, file: string, manifest: FileManifestView): void {
    const record = this.#recordOf(plan, file);
    const truth = record === null ? null : truthOfFile(plan, record, this.bytes);
    if (record === null || truth === null) return this.report(`(a) ${file} is closed without a record`);
    const problem = problemOfManifest(plan, record, truth, null, manifest);
    if (problem !== null) return this.report(`(a) ${file}: ${problem}`);
    for (const { split, truth: made } of truth.splits) {
      const receipt = readReceipt(this.#s3, keys.receipt(plan, file, split.index));
      const wrong = receipt === null ? 'no receipt' : problemOfSplit(this.#s3, plan, record, split, made, receipt);
      if (wrong !== null) return this.report(`(a) ${file} is closed, and split ${split.index} is not right: ${wrong}`);
    }
  }

  /** No lost work: what is missing has a message, somebody at work, or a failure record. */
  #checkWork(plan: PlanView, file: string, manifest: FileManifestView | null): void {
    if (this.#carries(plan, file, ({ type }) => type === 'download')) return;
    const failed = new Set(this.failuresOf(plan, file).map(({ stage }) => stage));
    const record = this.#recordOf(plan, file);
    if (failed.has('download')) return;
    if (record === null) return this.report(`(d) ${file}: nobody downloads it`);
    const pending = manifest?.state === 'revoked' ? manifest.repairs : [];
    let missing = 0;
    for (const { index } of splitsOfSize(record.result.size, plan.settings.splitBytes)) {
      const receipt = readReceipt(this.#s3, keys.receipt(plan, file, index));
      const wanted = pending.filter(
        ({ id, splits }) => splits.includes(index) && receipt?.repairs.includes(id) !== true,
      );
      if (receipt !== null && wanted.length === 0) continue;
      missing += 1;
      if (failed.has(String(index).padStart(5, '0'))) continue;
      const isCarried = this.#carries(
        plan,
        file,
        ({ type, split, repair }) =>
          type === 'convert' && split?.index === index && wanted.every(({ id }) => id === repair),
      );
      if (!isCarried) this.report(`(d) ${file}: nobody converts split ${index}`);
    }
    if (missing === 0 && !failed.has('file') && !this.#carries(plan, file, () => true))
      this.report(`(d) ${file}: all receipts are there, and nobody closes it`);
  }

  /** The failure records that stand. */
  failuresOf(plan: PlanView, file: string): FailureView[] {
    return this.#s3.keys(keys.failures(plan, file)).flatMap((key) => {
      const failure = readFailure(this.#s3, key);
      // a command that marked it and died before it enqueued is repeated by its operator
      return failure === null || (failure.retriedAt !== null && !this.#isCommandOwed()) ? [] : [failure];
    });
  }

  /** Whether a command of the operator did not end well, and none that began later did. */
  #isCommandOwed(): boolean {
    const { seeds, repairs } = this.#world;
    const commands = new Set([...seeds.map(({ actor }) => actor), ...repairs]);
    const ended = this.#world.scheduler.actors.filter((actor) => commands.has(actor) && actor.state !== 'running');
    const last = ended.at(-1);
    return last !== undefined && (last.state === 'dead' || last.error !== null);
  }

  #carries(plan: PlanView, file: string, does: (job: JobView) => boolean): boolean {
    const { seeds, repairs, jobs } = this.#world;
    // an operator's command enqueues what it finds missing
    if ([...seeds.map(({ actor }) => actor), ...repairs].some(({ state }) => state === 'running')) return true;
    const fits = ({ body, isForged }: MemoryMessage): boolean => {
      const job = isForged ? null : this.jobOf(body);
      return job !== null && job.planId === plan.planId && job.file === file && does(job);
    };
    if (jobs.some(({ actor, message }) => actor.state === 'running' && fits(message))) return true;
    if ([DOWNLOADS, CONVERTS].some((url) => this.#sqs.of(url).some(fits))) return true;
    // SQS itself moved it: an operator moves it back
    return [DOWNLOADS_DEAD, CONVERTS_DEAD].some((url) =>
      this.#sqs.of(url).some((message) => message.receiveCount > 0 && fits(message)),
    );
  }

  jobOf(body: string): JobView | null {
    let job = this.#jobs.get(body);
    if (job === undefined) {
      try {
        job = JSON.parse(body) as JobView;
      } catch {
        job = null;
      }
      this.#jobs.set(body, job);
    }
    return job;
  }
}
