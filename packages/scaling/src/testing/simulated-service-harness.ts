import { AWS_ASSUMPTIONS } from '../aws-assumptions.js';
import type { ConverterStep } from '../converter-steps.js';
import { PROTECTION_TIMES, ProtectionSchedule } from '../protection-schedule.js';
import type { ProtectionChange } from '../protection-schedule.js';
import { ASLEEP, nextPeriod } from '../scaler.js';
import type { ScalerState } from '../scaler.js';

/** What AWS takes, in seconds. */
const { periodSeconds: PERIOD, evaluationSeconds: EVALUATION_LAG, taskStartSeconds: TASK_START } = AWS_ASSUMPTIONS;
/** How often ECS adjusts a service: it acts while a task is without protection. */
const SCHEDULER_EVERY = 15;
const STOP_IDLE = 2;
/** What programs do, in seconds. */
const PROTECTED_FOR = 15 * 60;
const GRACE = 90;
const IDLE_PUBLISH_EVERY = 60;

/** Numbers from 0 to 1 that a seed repeats. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A job: how long it takes, and what it enqueues elsewhere when it is done; Infinity for one that waits on a dead mirror. */
export interface Job {
  readonly seconds: number;
  readonly done?: (now: number) => void;
}

interface Task {
  readonly version: number;
  readonly runsFrom: number;
  job: Job | undefined;
  doneAt: number;
  idleSince: number;
  readonly schedule: ProtectionSchedule;
  protectedUntil: number;
  stoppedAt: number;
}

export interface ServiceOptions {
  readonly steps: readonly ConverterStep[];
  readonly slots: number;
  readonly random: () => number;
  /** SQS's own metrics come only after so many seconds from the queue's waking. */
  readonly sqsLateFor: number;
  /** Of SQS's metrics and of the periodic ones, so many never come. */
  readonly lost: number;
  readonly protect: boolean;
  /** Whoever publishes says that there is nothing. */
  readonly lies: boolean;
  /** A downloader: publishes every 20 s while it runs. A converter: at a job's end, and when idle. */
  readonly publishes: 'every 20 s' | 'when idle';
  /** Seconds after the minute at which SQS writes its metrics. */
  readonly sqsPhase: number;
}

/** A queue, its metrics, its alarms and its tasks, a second at a time. */
export class SimulatedService {
  readonly #options: ServiceOptions;
  readonly #waiting: Job[] = [];
  readonly #tasks: Task[] = [];
  readonly #depths: number[] = [];
  #wokeAt: number | undefined;
  #scaler: ScalerState = ASLEEP;
  #bucket: number | undefined;
  #closed: number | undefined;
  #version = 0;
  stoppedBusy = 0;
  finished = 0;
  /** From a first message at no task to its first running task, each time. */
  readonly wakings: number[] = [];
  /** From a deployment to the end of the last task of the version before. */
  replacedAfter = Number.NaN;
  #deployedAt = Number.NaN;
  #wakingSince = Number.NaN;
  lastDoneAt = Number.NaN;
  zeroAt = Number.NaN;
  peak = 0;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  get tasks(): number {
    return this.#tasks.length;
  }

  /** Messages in the queue, those under work included. */
  get outstanding(): number {
    return this.#waiting.length + this.#tasks.filter(({ job }) => job !== undefined).length * this.#options.slots;
  }

  /** Whoever enqueues publishes, and knows of at least what it sent. */
  enqueue(now: number, jobs: readonly Job[]): void {
    if (this.#tasks.length === 0 && Number.isNaN(this.#wakingSince)) this.#wakingSince = now;
    this.#wokeAt ??= now;
    this.#waiting.push(...jobs);
    this.#publish(Math.max(jobs.length, this.#counted(now)), 0);
  }

  deploy(now: number): void {
    this.#version += 1;
    this.#deployedAt = now;
  }

  tick(now: number): void {
    this.#depths[now] = this.outstanding;
    for (const task of this.#tasks) this.#work(task, now);
    if (now % PERIOD === this.#options.sqsPhase && this.#wokeAt !== undefined) {
      if (now - this.#wokeAt >= this.#options.sqsLateFor) this.#put(this.#counted(now), this.#options.lost);
    }
    if (now % PERIOD === 0) {
      this.#closed = this.#bucket;
      this.#bucket = undefined;
    }
    if (now % PERIOD === EVALUATION_LAG) this.#scaler = nextPeriod(this.#scaler, this.#closed, this.#options.steps);
    if (now % SCHEDULER_EVERY === 0) this.#schedule(now);
    this.#remove(now);
  }

  /** SQS's counts are those of some moment of the last minute. */
  #counted(now: number): number {
    const then = now - Math.floor(this.#options.random() * PERIOD);
    return this.#depths[Math.max(0, then)] ?? 0;
  }

  #publish(value: number, lost: number): void {
    this.#put(this.#options.lies ? 0 : value, lost);
  }

  /** The greatest value of a minute counts. */
  #put(value: number, lost: number): void {
    if (this.#options.random() >= lost) this.#bucket = Math.max(this.#bucket ?? 0, value);
  }

  #work(task: Task, now: number): void {
    if (now < task.runsFrom) return;
    // one that was asked to stop finishes its job, and takes no other
    if (task.stoppedAt !== Number.POSITIVE_INFINITY) {
      if (task.job !== undefined && now >= task.doneAt) this.#complete(task, now);
      return;
    }
    if (!Number.isNaN(this.#wakingSince)) this.wakings.push(now - this.#wakingSince);
    this.#wakingSince = Number.NaN;
    const age = now - task.runsFrom;
    if (this.#options.publishes === 'every 20 s' && age % 20 === 0)
      this.#publish(this.#counted(now), this.#options.lost);
    this.#protect(task, task.schedule.nextTick <= now * 1000 ? task.schedule.tick(now * 1000) : undefined, now);
    if (task.job !== undefined) {
      if (now < task.doneAt) return;
      this.#finish(task, now);
    }
    const idle = now - task.idleSince;
    if (this.#options.publishes === 'when idle' && idle > 0 && idle % IDLE_PUBLISH_EVERY === 0) {
      this.#publish(this.#counted(now), this.#options.lost);
    }
    const next = this.#waiting.shift();
    if (next !== undefined) this.#take(task, next, now);
  }

  /** What the task asks of ECS, and whether it is refused: then more tasks would be protected than are wanted. */
  #protect(task: Task, change: ProtectionChange | undefined, now: number): void {
    if (!this.#options.protect || change === undefined) return;
    if (change === 'release') task.protectedUntil = now;
    else if (
      this.#tasks.filter((other) => other !== task && other.protectedUntil > now).length < this.#scaler.desired
    ) {
      task.protectedUntil = now + PROTECTED_FOR;
    } else task.schedule.refused(now * 1000);
  }

  #take(task: Task, job: Job, now: number): void {
    task.job = job;
    task.doneAt = now + job.seconds;
    this.#protect(task, task.schedule.enter(now * 1000), now);
  }

  #finish(task: Task, now: number): void {
    this.#complete(task, now);
    task.idleSince = now;
    this.#protect(task, task.schedule.leave(now * 1000), now);
  }

  #complete(task: Task, now: number): void {
    task.job?.done?.(now);
    task.job = undefined;
    this.finished += 1;
    this.lastDoneAt = now;
  }

  /** ECS knows nothing of jobs: it stops whom nothing protects. While a deployment runs nothing is scaled in. */
  #schedule(now: number): void {
    const running = this.#tasks.filter(({ stoppedAt }) => stoppedAt === Number.POSITIVE_INFINITY);
    const old = running.filter(({ version }) => version !== this.#version);
    const open = (task: Task): boolean => task.protectedUntil <= now;
    const surplus =
      old.length > 0 ? [] : running.filter(open).slice(0, Math.max(0, running.length - this.#scaler.desired));
    for (const task of [...old.filter(open), ...surplus]) {
      this.#stop(task, now);
    }
    const left = running.filter(({ stoppedAt }) => stoppedAt === Number.POSITIVE_INFINITY).length;
    for (let i = left; i < this.#scaler.desired; i += 1) this.#start(now);
    this.peak = Math.max(this.peak, this.#tasks.length);
  }

  /** SIGTERM: a converter's job goes on for its grace period, a downloader's is handed back at once. */
  #stop(task: Task, now: number): void {
    task.stoppedAt = now + STOP_IDLE;
    if (task.job === undefined) return;
    const left = task.doneAt - now;
    if (this.#options.protect && left <= GRACE) {
      task.stoppedAt = now + left + STOP_IDLE;
      return;
    }
    // what waits on a dead mirror has lost nothing
    if (task.job.seconds !== Number.POSITIVE_INFINITY) this.stoppedBusy += 1;
    this.#waiting.push(task.job);
    task.job = undefined;
  }

  #start(now: number): void {
    const [soonest, latest] = TASK_START;
    const runsFrom = now + soonest + Math.floor((latest - soonest + 1) * this.#options.random());
    const never = Number.POSITIVE_INFINITY;
    this.#tasks.push({
      version: this.#version,
      runsFrom,
      job: undefined,
      doneAt: never,
      idleSince: runsFrom,
      schedule: new ProtectionSchedule(PROTECTION_TIMES),
      protectedUntil: 0,
      stoppedAt: never,
    });
  }

  #remove(now: number): void {
    for (let i = this.#tasks.length - 1; i >= 0; i -= 1) {
      if ((this.#tasks[i]?.stoppedAt ?? now + 1) <= now) this.#tasks.splice(i, 1);
    }
    if (Number.isNaN(this.replacedAfter) && this.#tasks.every(({ version }) => version === this.#version)) {
      this.replacedAfter = now - this.#deployedAt;
    }
    if (this.#tasks.length > 0) this.zeroAt = Number.NaN;
    else if (Number.isNaN(this.zeroAt)) this.zeroAt = now;
  }
}
