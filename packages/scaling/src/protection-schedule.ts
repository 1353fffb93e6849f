/** Times in milliseconds. */
export interface ProtectionTimes {
  /** While jobs run, protection is renewed at this interval. */
  readonly renewMs: number;
  /** A task without a job for this long is idle and gives its protection up. */
  readonly idleMs: number;
  /** Between two jobs, a task that had protection for this long gives it up for `openMs`. */
  readonly keepMs: number;
  /** For how long ECS can stop the task then. */
  readonly openMs: number;
}

/**
 * ECS takes some seconds to stop a task that lost its protection, and its service scheduler acts within seconds: half a minute leaves room
 * for both. A deployment reaches every task within ten minutes and a job.
 */
export const PROTECTION_TIMES: ProtectionTimes = { renewMs: 300_000, idleMs: 1000, keepMs: 600_000, openMs: 30_000 };

/** What is to be asked of ECS: protection, or its end. */
export type ProtectionChange = 'protect' | 'release';

/**
 * When a task asks ECS for protection from scale-in and deployments, without clocks and calls. States:
 *
 * - unprotected: no job has begun, or the task is idle;
 * - protected: from the first job on, and renewed;
 * - open: for `openMs`, at the latest `keepMs` after the last such time, and at once after a refusal (a deployment or a scale-in is
 *   waiting). The task works on without protection: ECS stops it now or does not need to, and a job that it interrupts has the
 *   grace period of SIGTERM.
 *
 * Times are those of a clock that is never set back.
 */
export class ProtectionSchedule {
  readonly #times: ProtectionTimes;
  #jobs = 0;
  #protected = false;
  /** When the task was last without protection for `openMs`, and `keepMs` later: an open time is due. */
  #openDue: number | undefined;
  #releasedAt = Number.NEGATIVE_INFINITY;
  #openUntil = Number.NEGATIVE_INFINITY;
  #renewAt = Number.POSITIVE_INFINITY;
  #idleAt = Number.POSITIVE_INFINITY;

  constructor(times: ProtectionTimes) {
    this.#times = times;
  }

  get isProtected(): boolean {
    return this.#protected;
  }

  /** A job begins. */
  enter(now: number): ProtectionChange | undefined {
    this.#jobs += 1;
    this.#idleAt = Number.POSITIVE_INFINITY;
    if (this.#protected) return undefined;
    // an idle task that never was without protection for long enough stays so until it was
    if (now >= (this.#openDue ?? Number.POSITIVE_INFINITY)) this.#openUntil = this.#releasedAt + this.#times.openMs;
    return now >= this.#openUntil ? this.#protect(now) : undefined;
  }

  /** A job ended. */
  leave(now: number): ProtectionChange | undefined {
    this.#jobs -= 1;
    if (!this.#protected) return undefined;
    if (now >= (this.#openDue ?? Number.POSITIVE_INFINITY)) {
      this.#openUntil = now + this.#times.openMs;
      return this.#release(now);
    }
    if (this.#jobs === 0) this.#idleAt = now + this.#times.idleMs;
    return undefined;
  }

  /** ECS refused a renewal: it waits to stop a task. */
  refused(now: number): void {
    this.#openDue = now;
  }

  /** When `tick` has something to do; infinite where only a job changes anything. */
  get nextTick(): number {
    if (this.#protected) return Math.min(this.#renewAt, this.#idleAt);
    return this.#jobs > 0 ? this.#openUntil : Number.POSITIVE_INFINITY;
  }

  /** What is due by time. */
  tick(now: number): ProtectionChange | undefined {
    if (!this.#protected) return this.#jobs > 0 && now >= this.#openUntil ? this.#protect(now) : undefined;
    if (now >= this.#idleAt) return this.#release(now);
    if (now < this.#renewAt) return undefined;
    this.#renewAt = now + this.#times.renewMs;
    return 'protect';
  }

  /** The service ends. */
  close(now: number): ProtectionChange | undefined {
    return this.#protected ? this.#release(now) : undefined;
  }

  #protect(now: number): ProtectionChange {
    this.#protected = true;
    this.#renewAt = now + this.#times.renewMs;
    if (this.#openDue === undefined || now - this.#releasedAt >= this.#times.openMs)
      this.#openDue = now + this.#times.keepMs;
    return 'protect';
  }

  #release(now: number): ProtectionChange {
    this.#protected = false;
    this.#releasedAt = now;
    this.#renewAt = Number.POSITIVE_INFINITY;
    this.#idleAt = Number.POSITIVE_INFINITY;
    return 'release';
  }
}
