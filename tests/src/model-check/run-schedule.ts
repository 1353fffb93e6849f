import { loadPlan } from '@wikifleet/runs/load-plan';
import { verifyRun } from '@wikifleet/runs/verify-run';
import { Store } from '@wikifleet/store/store';
import { ChaosRandom } from '../faults/chaos-random.js';
import { substitute } from './determinism.js';
import { Invariants } from './invariants.js';
import { CONVERTS, DOWNLOADS } from './memory-sqs.js';
import type { MemoryMessage, QueueUrl } from './memory-sqs.js';
import { reasonAgainstProof } from './oracle.js';
import { currentPlan, keys, readFileManifest, readRunManifest, RAW } from './run-view.js';
import { NO_FAULTS } from './scheduler.js';
import { SCENARIOS } from './scenarios.js';
import type { Scenario, Stage } from './scenarios.js';
import { forge, tamper } from './tampering.js';
import { Trace } from './trace.js';
import { BUCKET, RUN, World } from './world.js';

export interface ScheduleOptions {
  readonly seed: number;
  /** How often what was reached, over all schedules; the run adds to it. */
  readonly hits: Map<string, number>;
}

export interface ScheduleResult {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly steps: number;
}

/** Jobs of workers at once. */
const MAX_WORKERS = 4;
/** More steps after the faults have stopped mean that something goes round in circles. */
const MAX_FINAL_STEPS = 6000;
const MAX_REPAIR_ROUNDS = 5;
const START = Date.UTC(2026, 9, 1);

/** Runs one schedule: everything in it follows from its seed. */
export async function runSchedule({ seed, hits }: ScheduleOptions): Promise<ScheduleResult> {
  const random = new ChaosRandom(seed);
  const trace = new Trace(hits);
  // ids come from a generator of their own, so that one id more does not change the order of all that follows
  const ids = new ChaosRandom(seed + 1_000_000_007);
  let clock = START;
  const restore = substitute({
    random: () => ids.next(),
    now: () => clock,
  });
  try {
    const scenario = seed % 8 === 0 ? (SCENARIOS[(seed >> 3) % SCENARIOS.length] ?? null) : null;
    const schedule = new Schedule(random, trace, scenario, () => (clock += random.pick([0, 1, 7])));
    await schedule.run();
    return { violations: schedule.violations, trace: trace.lines, steps: schedule.steps };
  } finally {
    restore();
  }
}

class Schedule {
  readonly #random: ChaosRandom;
  readonly #trace: Trace;
  readonly #world: World;
  readonly #invariants: Invariants;
  readonly #tick: () => void;
  readonly #scenario: Scenario | null;
  #receives: Stage['receives'] = () => true;
  /** Whether no message is delivered to two workers at once, or forged. */
  readonly #isDeliveredOnce: boolean;
  /** The step of the disturbed part. */
  #now = 0;

  constructor(random: ChaosRandom, trace: Trace, scenario: Scenario | null, tick: () => void) {
    this.#random = random;
    this.#trace = trace;
    this.#tick = tick;
    this.#scenario = scenario;
    this.#isDeliveredOnce = random.chance(0.3) || scenario !== null;
    this.#world = new World(random, trace);
    this.#invariants = new Invariants(this.#world);
  }

  get violations(): readonly string[] {
    return this.#invariants.violations;
  }

  get steps(): number {
    return this.#world.scheduler.steps;
  }

  async run(): Promise<void> {
    if (this.#scenario === null) await this.#disturbed();
    else await this.#directed(this.#scenario);
    await this.#compareVerdicts();
    await this.#undisturbed();
    await this.#compareVerdicts();
  }

  /** Programs meet as the scenario has it, and nothing else happens to them. */
  async #directed(scenario: Scenario): Promise<void> {
    const world = this.#world;
    const { scheduler } = world;
    this.#trace.add(`--- ${scenario.name}`);
    this.#trace.hit(`scenario: ${scenario.name}`);
    const setReceives = (receives: Stage['receives']): void => void (this.#receives = receives);
    await scenario({
      world,
      run: async (isEnough = () => false) => {
        await scheduler.settle();
        const last = scheduler.steps + MAX_FINAL_STEPS;
        while (this.violations.length === 0 && !isEnough() && (await this.#oneStep(false))) {
          if (scheduler.steps >= last) return this.#invariants.report('(f) the scenario goes round in circles');
        }
      },
      set receives(receives: Stage['receives']) {
        setReceives(receives);
      },
    });
    setReceives(() => true);
    scheduler.isHeld = null;
    scheduler.isSentTwice = null;
    scheduler.holdsLate = false;
  }

  /** The run goes on while everything happens to it. */
  async #disturbed(): Promise<void> {
    const world = this.#world;
    const random = this.#random;
    const { scheduler } = world;
    const steps = 60 + Math.floor(random.next() * 260);
    const events = this.#events(steps);
    const level = random.pick([0, 0.01, 0.03]);
    const rate = (factor: number): number => (random.chance(0.5) ? factor * level : 0);
    scheduler.rates = {
      lostAnswer: rate(1),
      late: rate(1),
      failed: rate(0.5),
      damaged: rate(1),
      conflict: rate(2),
      killed: rate(0.5),
      aborted: rate(0.3),
      frozen: random.pick([0, 0.01, 0.02]),
    };
    world.seed(false);
    await scheduler.settle();
    for (let step = 0; step < steps && this.violations.length === 0; step += 1) {
      this.#now = step;
      const due = events.get(step) ?? [];
      for (const event of due) event();
      if (due.length > 0) await scheduler.settle();
      if (!(await this.#oneStep(false))) {
        const later = [...events.keys()].filter((at) => at > step);
        if (later.length === 0) return;
        step = Math.min(...later) - 1;
      }
    }
  }

  #events(steps: number): Map<number, (() => void)[]> {
    const world = this.#world;
    const random = this.#random;
    const events = new Map<number, (() => void)[]>();
    const now = (): number => this.#now;
    const add = (event: () => void, from = 0, to = steps): void => {
      const at = from + Math.floor(random.next() * (to - from));
      events.set(at, [...(events.get(at) ?? []), event]);
    };
    const times = (chance: number, most: number, event: () => void): void => {
      for (let i = 0; i < most; i += 1) if (random.chance(chance)) add(event);
    };
    times(this.#isDeliveredOnce ? 0.6 : 0.3, 2, () => {
      if (random.chance(0.3)) world.splitBytes = random.pick([6, 10, 16]);
      const { actor } = world.seed(true);
      // two at once
      if (random.chance(0.3)) world.seed(true);
      // one stands still before it deletes, and another follows it
      if (!random.chance(0.3)) return;
      add(() => world.scheduler.freeze(actor), now() + 2, now() + 30);
      add(() => world.seed(true), now() + 3, now() + 40);
    });
    times(0.2, 2, () => world.seed(false));
    times(0.3, 2, () => {
      const repair = world.repair();
      if (random.chance(0.4)) world.repair();
      // the raw object expires under its eyes, and is downloaded again
      if (!random.chance(0.3)) return;
      const expire = (): void => {
        this.#expireRaw();
        world.seed(false);
        world.scheduler.freeze(repair);
      };
      add(expire, now() + 5, now() + 60);
    });
    times(0.2, 2, () => world.changeMirror());
    times(0.15, 2, () => this.#expireRaw());
    if (!this.#isDeliveredOnce) {
      times(0.3, 3, () => this.#duplicate());
      times(0.4, 3, () => this.#redeliver());
      times(0.15, 2, () => forge(world));
    }
    if (random.chance(0.1)) times(0.6, 2, () => tamper(world, this.#invariants));
    // most of the run is done, then objects are damaged, and repairs and workers meet
    if (!this.#isDeliveredOnce && random.chance(0.4)) {
      const at = Math.min(steps - 2, 30 + Math.floor(random.next() * 100));
      add(
        () => {
          for (let i = 0; i < 3; i += 1) if (i === 0 || random.chance(0.5)) tamper(world, this.#invariants);
          world.repair();
          if (random.chance(0.5)) add(() => world.repair(), now() + 1, now() + 80);
          if (random.chance(0.4)) add(() => tamper(world, this.#invariants), now() + 1, now() + 80);
          if (random.chance(0.4)) add(() => this.#redeliver(), now() + 1, now() + 80);
        },
        at,
        at + 1,
      );
    }
    if (random.chance(0.02)) world.partsVersion = 2;
    return events;
  }

  /** The bucket's lifecycle rule, or an operator who saves storage. */
  #expireRaw(): void {
    const { s3 } = this.#world;
    for (const key of s3.keys(RAW)) if (s3.remove(key)) this.#trace.add(`${key} expires`);
  }

  /** SQS delivers at least once. */
  #duplicate(): void {
    const { sqs } = this.#world;
    const all = [DOWNLOADS, CONVERTS].flatMap((url) => sqs.of(url).map((message) => ({ url, message })));
    if (all.length === 0) return;
    const { url, message } = this.#random.pick(all);
    // deliveries are counted: now and then one is near the last
    const receiveCount = this.#random.chance(0.2) ? 17 : message.receiveCount;
    const { id } = sqs.send(url, message.body, message.isForged, receiveCount);
    this.#trace.add(`SQS has ${message.id} twice, also as ${id}`);
  }

  /** A message whose worker is still at work is delivered to another one. */
  #redeliver(): void {
    const { sqs } = this.#world;
    const flying = [DOWNLOADS, CONVERTS].flatMap((url) => sqs.of(url).filter(({ handle }) => handle !== null));
    if (flying.length > 0) this.#show(this.#random.pick(flying));
  }

  #show(message: MemoryMessage): void {
    message.handle = null;
    this.#trace.add(`${message.id} shows again`);
  }

  /** False where nothing is left to be done. */
  async #oneStep(isFinal: boolean): Promise<boolean> {
    const { scheduler } = this.#world;
    this.#tick();
    const isBusy = scheduler.hasWork;
    this.#showAbandoned(isBusy);
    if (!isBusy || this.#random.chance(0.15)) {
      if (this.#startWorker()) await scheduler.settle();
      else if (!isBusy) return false;
    }
    await scheduler.step();
    if (!isFinal || scheduler.steps % 8 === 0 || !scheduler.hasWork) this.#invariants.checkState();
    return true;
  }

  /** Messages whose workers are dead, or that were not settled, show again after a while. */
  #showAbandoned(isBusy: boolean): void {
    const { sqs, jobs } = this.#world;
    for (const url of [DOWNLOADS, CONVERTS]) {
      for (const message of sqs.of(url)) {
        if (message.handle === null || (isBusy && !this.#random.chance(0.1))) continue;
        if (jobs.some((job) => job.message === message && job.actor.state === 'running')) continue;
        this.#show(message);
      }
    }
  }

  #startWorker(): boolean {
    const world = this.#world;
    const busy = world.jobs.filter(({ actor }) => actor.state === 'running').length;
    if (busy >= MAX_WORKERS) return false;
    const visible = [DOWNLOADS, CONVERTS].flatMap((url) =>
      world.sqs
        .of(url)
        .flatMap((message) => (message.handle === null && this.#receives(message) ? [{ url, message }] : [])),
    );
    if (visible.length === 0) return false;
    const { url, message } = this.#random.pick(visible);
    world.work(url as QueueUrl, message);
    return true;
  }

  /** The faults have stopped: everything must end closed, or with a failure that has a name. */
  async #undisturbed(): Promise<void> {
    const world = this.#world;
    world.scheduler.rates = NO_FAULTS;
    this.#trace.add('--- no faults from here on');
    await this.#drain();
    if (this.#isDeliveredOnce && this.violations.length === 0) this.#invariants.checkSuperseded();
    for (let round = 0; round < MAX_REPAIR_ROUNDS && this.violations.length === 0; round += 1) {
      const plan = currentPlan(world.s3);
      const isSeeded = plan !== null && world.seeds.some(({ planId }) => planId === plan.planId);
      if (plan === null) world.seed(true);
      else if (!isSeeded) world.seedAgain(plan);
      else if (this.#isEnded() && !this.#invariants.isTampered) break;
      else if (this.#invariants.isTampered && this.#reason() === null) break;
      else if (this.#invariants.isTampered || round > 0) world.repair();
      else world.seedAgain(plan);
      await this.#drain();
    }
    if (this.violations.length > 0) return;
    if (!this.#isEnded()) return this.#invariants.report('(f) the run is neither closed nor failed');
    if (this.#isClosed()) {
      this.#trace.hit('end: closed');
      await this.#sweep();
    } else this.#trace.hit('end: failed');
  }

  /** A closed run is proved after a repair at the latest: what superseded plans wrote late is deleted then. */
  async #sweep(): Promise<void> {
    for (let round = 0; round < 3 && this.#reason() !== null; round += 1) {
      this.#world.repair();
      await this.#drain();
    }
    const reason = this.#reason();
    if (reason !== null && !this.#hasFailure()) this.#invariants.report(`(f) repairs do not help: ${reason}`);
  }

  async #drain(): Promise<void> {
    const { scheduler } = this.#world;
    await scheduler.settle();
    const last = scheduler.steps + MAX_FINAL_STEPS;
    while (this.violations.length === 0 && (await this.#oneStep(true))) {
      if (scheduler.steps < last) continue;
      this.#invariants.report('(f) the run goes round in circles');
    }
    if (this.violations.length > 0) return;
    this.#invariants.checkState();
    const [stuck] = scheduler.running;
    if (stuck !== undefined) this.#invariants.report(`(f) ${stuck.name} waits for nothing`);
  }

  #isClosed(): boolean {
    const { s3 } = this.#world;
    const plan = currentPlan(s3);
    return plan !== null && readRunManifest(s3, keys.runManifest(plan))?.state === 'closed';
  }

  #hasFailure(): boolean {
    const plan = currentPlan(this.#world.s3);
    return plan !== null && plan.files.some(({ file }) => this.#invariants.failuresOf(plan, file).length > 0);
  }

  /** Closed, or each file that is not closed has a failure. */
  #isEnded(): boolean {
    const { s3 } = this.#world;
    const plan = currentPlan(s3);
    if (plan === null) return false;
    if (this.#isClosed()) return true;
    // what was damaged is closed still where its repair failed, since the raw bytes are no longer to be had
    if (this.#invariants.isTampered && this.#hasFailure()) return true;
    const open = plan.files.filter(
      ({ file }) => readFileManifest(s3, keys.fileManifest(plan, file))?.state !== 'closed',
    );
    return open.length > 0 && open.every(({ file }) => this.#invariants.failuresOf(plan, file).length > 0);
  }

  #reason(): string | null {
    return reasonAgainstProof(this.#world.s3, this.#invariants.bytes);
  }

  /** `verifyRun` on a copy of the bucket must say what the oracle says. */
  async #compareVerdicts(): Promise<void> {
    if (this.violations.length > 0) return;
    const store = new Store(this.#world.s3.copy().client(), BUCKET);
    const plan = await loadPlan(store, RUN).catch(() => null);
    const verdict = plan === null ? null : await verifyRun(store, plan, { signal: new AbortController().signal });
    const reason = this.#reason();
    this.#trace.hit(`verified: ${reason === null ? 'proved' : 'not proved'}`);
    if ((verdict?.proved ?? false) === (reason === null)) return;
    const found = verdict === null ? 'no plan' : `proved ${verdict.proved}, ${verdict.problems} problems`;
    this.#invariants.report(`(c) verify: ${found}; the oracle: ${reason ?? 'proved'}`);
  }
}
