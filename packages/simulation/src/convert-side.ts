import { ASLEEP, nextPeriod } from '@wikifleet/scaling/scaler';
import type { ScalerState } from '@wikifleet/scaling/scaler';
import { converterSteps } from '@wikifleet/scaling/converter-steps';
import type { ConverterStep } from '@wikifleet/scaling/converter-steps';
import type { EventHeap } from './event-heap.js';
import { Fifo } from './fifo.js';
import { bytesOfSplit, splitCount } from './run-model.js';
import type { RunModel, SimulatedConverters, SimulatedFile, SimulatedScaling } from './run-model.js';
import { seededLifetime } from './seeded-lifetime.js';
import type { Observer } from './simulated-run.js';

/** The least that is paid for a task. */
const LEAST_BILLED_SECONDS = 60;

interface Task {
  readonly number: number;
  readonly launched: number;
  state: 'starting' | 'idle' | 'busy' | 'gone';
  /** Takes no more jobs: it is not wanted any more, or was given notice. */
  leaving: boolean;
  /** What it is at, and when that will be done. */
  job: Job | null;
  endsAt: number;
}

interface Job {
  readonly file: number;
  readonly split: number;
}

/** A file's splits, or one that was handed back: `next` up to `end`. */
interface Range {
  readonly file: number;
  next: number;
  readonly end: number;
}

/** The convert queue, the converters and what scales them. */
export class ConvertSide {
  readonly #files: readonly SimulatedFile[];
  readonly #converters: SimulatedConverters;
  readonly #seed: number;
  readonly #events: EventHeap<(now: number) => void>;
  readonly #observe: Observer | undefined;
  readonly #queue = new Fifo<Range>();
  readonly #steps: readonly ConverterStep[];
  readonly #idle = new Set<Task>();
  readonly #starting = new Set<Task>();
  readonly #all = new Set<Task>();
  #scaler: ScalerState = ASLEEP;
  #waiting = 0;
  #busy = 0;
  #wanted = 0;
  /** The most of the backlog within the period. */
  #mostBacklog = 0;
  /** When the scheduler may launch the next. */
  #launchFrom = 0;
  #splitsLeft: number;
  #over = false;
  launched = 0;
  peak = 0;
  peakAt = 0;
  taskSeconds = 0;
  billedSeconds = 0;
  busySeconds = 0;
  interrupted = 0;
  redone = 0;
  firstAt = Infinity;
  endAt = Infinity;

  constructor(
    { files, converters, seed }: RunModel,
    events: EventHeap<(now: number) => void>,
    observe: Observer | undefined,
  ) {
    this.#files = files;
    this.#converters = converters;
    this.#seed = seed;
    this.#events = events;
    this.#observe = observe;
    this.#splitsLeft = files.reduce((sum, file) => sum + splitCount(file), 0);
    const { scaling, most } = converters;
    this.#steps = scaling === null ? [] : converterSteps({ max: most, ...scaling.rule });
    if (scaling === null) events.add(0, (now) => this.#want(most, now));
    else events.add(scaling.periodSeconds, (now) => this.#sample(scaling, now));
  }

  get backlog(): number {
    return this.#waiting + this.#busy;
  }

  get busy(): number {
    return this.#busy;
  }

  get wanted(): number {
    return this.#wanted;
  }

  get tasks(): number {
    return this.#all.size;
  }

  get isDone(): boolean {
    return this.#splitsLeft === 0;
  }

  /** Enqueues a file's splits. */
  enqueue(file: number, now: number): void {
    const range = { file, next: 0, end: splitCount(this.#files[file]!) };
    this.#waiting += range.end;
    this.#mostBacklog = Math.max(this.#mostBacklog, this.backlog);
    this.#queue.add(range);
    this.#assign(now);
  }

  #assign(now: number): void {
    for (const task of this.#idle) {
      const job = this.#takeJob();
      if (job === null) return;
      this.#idle.delete(task);
      this.#begin(task, job, now);
    }
  }

  #takeJob(): Job | null {
    const range = this.#queue.peek();
    if (range === undefined) return null;
    const job = { file: range.file, split: range.next };
    range.next += 1;
    if (range.next >= range.end) this.#queue.take();
    this.#waiting -= 1;
    return job;
  }

  #begin(task: Task, job: Job, now: number): void {
    const { splitSeconds, bytesPerSecond } = this.#converters;
    const endsAt = now + splitSeconds + bytesOfSplit(this.#files[job.file]!, job.split) / bytesPerSecond;
    task.state = 'busy';
    task.job = job;
    task.endsAt = endsAt;
    this.#busy += 1;
    this.firstAt = Math.min(this.firstAt, now);
    this.#events.add(endsAt, (at) => {
      // handed back meanwhile
      if (task.job !== job) return;
      this.busySeconds += endsAt - now;
      this.#busy -= 1;
      this.#splitsLeft -= 1;
      task.job = null;
      this.#observe?.({ kind: 'split', at, file: job.file, split: job.split, task: task.number });
      if (this.#splitsLeft === 0) this.endAt = at;
      this.#rest(task, at);
      if (this.#splitsLeft === 0 && this.#converters.scaling === null) this.#want(0, at);
    });
  }

  /** A task that has nothing to do takes the next job, or leaves. */
  #rest(task: Task, now: number): void {
    task.state = 'idle';
    if (task.leaving || this.tasks > this.#wanted) return this.#stop(task, now);
    this.#idle.add(task);
    this.#assign(now);
  }

  /** The end of a period: what the metric said is acted on after its delay. */
  #sample(scaling: SimulatedScaling, now: number): void {
    const sample = this.#mostBacklog;
    this.#mostBacklog = this.backlog;
    this.#events.add(Math.max(now, scaling.wakeSeconds) + scaling.delaySeconds, (at) => {
      this.#scaler = nextPeriod(this.#scaler, sample, this.#steps);
      this.#want(this.#scaler.desired, at);
    });
    if (this.#splitsLeft > 0 || this.tasks > 0 || this.#wanted > 0) {
      this.#events.add(now + scaling.periodSeconds, (at) => this.#sample(scaling, at));
    }
  }

  #want(howMany: number, now: number): void {
    this.#wanted = howMany;
    if (howMany === 0 && this.#splitsLeft === 0) this.#over = true;
    for (let missing = howMany - this.tasks; missing > 0; missing -= 1) this.#launch(now);
    // those that work are protected: they leave when their job is done
    for (const group of [this.#starting, this.#idle]) {
      for (const task of group) {
        if (this.tasks <= howMany) return;
        this.#stop(task, now);
      }
    }
  }

  #launch(now: number): void {
    const { startSeconds, launchesPerMinute, spot } = this.#converters;
    const at = Math.max(now, this.#launchFrom);
    this.#launchFrom = at + 60 / launchesPerMinute;
    const number = this.launched;
    this.launched += 1;
    const task: Task = { number, launched: now, state: 'starting', leaving: false, job: null, endsAt: Infinity };
    this.#all.add(task);
    this.#starting.add(task);
    if (this.tasks > this.peak) {
      this.peak = this.tasks;
      this.peakAt = now;
    }
    this.#observe?.({ kind: 'launch', at: now, task: number });
    this.#events.add(at + startSeconds, (up) => {
      if (task.state !== 'starting') return;
      this.#starting.delete(task);
      this.#rest(task, up);
    });
    if (spot === null) return;
    const life = seededLifetime(this.#seed, number, spot.interruptionsPerHour);
    if (life < Infinity) this.#events.add(at + life, (notice) => this.#interrupt(task, spot.graceSeconds, notice));
  }

  /** A notice: what ends within the grace is finished, else the job is handed back; another task takes its place. */
  #interrupt(task: Task, graceSeconds: number, now: number): void {
    if (task.state === 'gone' || this.#over) return;
    this.interrupted += 1;
    task.leaving = true;
    if (task.state !== 'busy') return this.#stop(task, now);
    if (task.endsAt <= now + graceSeconds) return;
    this.#events.add(now + graceSeconds, (at) => {
      const { job } = task;
      if (job === null) return;
      task.job = null;
      this.redone += 1;
      this.#busy -= 1;
      this.#waiting += 1;
      this.#queue.add({ file: job.file, next: job.split, end: job.split + 1 });
      this.#stop(task, at);
      this.#assign(at);
    });
  }

  #stop(task: Task, now: number): void {
    task.state = 'gone';
    this.#idle.delete(task);
    this.#starting.delete(task);
    this.#all.delete(task);
    this.taskSeconds += now - task.launched;
    this.billedSeconds += Math.max(LEAST_BILLED_SECONDS, now - task.launched);
    this.#observe?.({ kind: 'stop', at: now, task: task.number });
    // the scheduler holds the number that is wanted
    if (this.tasks < this.#wanted) this.#launch(now);
  }
}
