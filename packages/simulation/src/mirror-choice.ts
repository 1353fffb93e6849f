import type { SimulatedMirror } from './run-model.js';

/** The first rest of a mirror that failed, and the longest: as `MirrorPool` of the downloader has it, without its dice. */
const REST_SECONDS = 0.3;
const LONGEST_REST_SECONDS = 225;
/** A speed counts that was measured over so many bytes. */
const MEASURED_BYTES = 1024 * 1024;

/** A mirror as one downloader task knows it. */
export interface PoolMember {
  readonly mirror: number;
  readonly config: SimulatedMirror;
  /** This task's share of the connections. */
  readonly share: number;
  taken: number;
  failures: number;
  restUntil: number;
  countedAt: number;
  bytesPerSecond: number | null;
}

/** Which mirror a task takes a file from: the downloader's own rule, in simulated time. */
export class MirrorChoice {
  readonly #members: readonly PoolMember[];

  constructor(mirrors: readonly SimulatedMirror[], tasks: number) {
    this.#members = mirrors.map((config, mirror) => ({
      mirror,
      config,
      share: Math.floor(config.connections / tasks),
      taken: 0,
      failures: 0,
      restUntil: 0,
      countedAt: 0,
      bytesPerSecond: null,
    }));
  }

  /** A new mirror before the fastest with a connection free; undefined where all are taken or rest. */
  take(now: number): PoolMember | undefined {
    let best: PoolMember | undefined;
    for (const member of this.#members) {
      if (member.taken >= member.share || member.restUntil > now) continue;
      if (best === undefined || isBetter(member, best)) best = member;
    }
    if (best !== undefined) best.taken += 1;
    return best;
  }

  /** When a mirror with a connection free has rested; Infinity where none rests. */
  nextRested(now: number): number {
    let next = Infinity;
    for (const { restUntil, taken, share } of this.#members) {
      if (restUntil > now && taken < share) next = Math.min(next, restUntil);
    }
    return next;
  }

  done(member: PoolMember, bytes: number, seconds: number): void {
    member.taken -= 1;
    member.failures = 0;
    if (bytes < MEASURED_BYTES) return;
    const measured = bytes / Math.max(0.001, seconds);
    const before = member.bytesPerSecond;
    member.bytesPerSecond = before === null || before === 0 ? measured : (before + measured) / 2;
  }

  failed(member: PoolMember, now: number, began: number): void {
    member.taken -= 1;
    // connections that break together are one failure
    if (began >= member.countedAt) {
      member.failures += 1;
      member.countedAt = now;
    }
    member.bytesPerSecond ??= 0;
    const rested = now + Math.min(LONGEST_REST_SECONDS, REST_SECONDS * 2 ** (member.failures - 1));
    member.restUntil = Math.max(member.restUntil, rested);
  }
}

function isBetter(a: PoolMember, b: PoolMember): boolean {
  if (a.config.last !== b.config.last) return b.config.last;
  const speeds = [a.bytesPerSecond ?? Number.MAX_VALUE, b.bytesPerSecond ?? Number.MAX_VALUE] as const;
  return speeds[0] === speeds[1] ? a.taken < b.taken : speeds[0] > speeds[1];
}
