import { FleetError, PermanentError, codeOf } from '@wikifleet/domain/errors';
import type { Mirror } from './mirror.js';
import type { KnownMirror } from './open-mirrors.js';

/** What the pool says of a mirror, for logs. */
export interface MirrorRest {
  readonly mirror: string;
  /** `busy`: the mirror asked to wait, which is no failure; `failed`: it broke off or could not be reached. */
  readonly why: 'busy' | 'failed';
  readonly milliseconds: number;
  /** Failures in a row that brought nothing, this one included. */
  readonly failures: number;
  readonly error: unknown;
}

/** Times in milliseconds. */
export interface MirrorPoolOptions {
  /** The first rest of a mirror that failed or is full; it doubles each time; 400 by default. */
  readonly restMs?: number;
  /** The longest rest after failures; 300,000 by default. */
  readonly longestRestMs?: number;
  /** The longest wait where a mirror is full; 60,000 by default. */
  readonly longestBusyMs?: number;
  readonly random?: () => number;
  readonly onRest?: (rest: MirrorRest) => void;
}

/** One connection's worth of a mirror. One of the two ends it; what comes later counts no more. */
export interface Turn {
  readonly mirror: Mirror;
  /** It went well; `bytes` came. */
  done(bytes: number): void;
  /** It ended with `error`, after `bytes`. The mirror rests, but for errors of one file alone. */
  failed(error: unknown, bytes: number): void;
}

interface Member {
  readonly mirror: Mirror;
  /** A mirror that serves status and checksums: it is asked for files when no other is free. */
  readonly last: boolean;
  taken: number;
  failures: number;
  busy: number;
  restUntil: number;
  /** When the last failure was counted: connections that were open then are of the same one. */
  countedAt: number;
  /** Of one connection; null where nothing was measured yet. */
  bytesPerSecond: number | null;
}

interface Waiter {
  readonly accepts: (mirror: Mirror) => boolean;
  readonly give: (turn: Turn) => void;
}

/** A speed counts that was measured over so many bytes; a smaller file says more of the connecting than of the mirror. */
const MEASURED_BYTES = 1024 * 1024;
/** What a mirror says of one file, and would say again: no reason to rest. */
const OF_ONE_FILE = new Set(['MIRROR_NOT_FOUND', 'MIRROR_SIZE_DIFFERS', 'NAME_REFUSED', 'MIRROR_TOO_LARGE']);

/**
 * Which mirror to take a file from: one that is new before the fastest that has a connection free, and those that failed
 * or are full not before they have rested. Who finds none waits, first come first served, as long as its signal lets it.
 */
export class MirrorPool {
  readonly #members: readonly Member[];
  readonly #options: Required<Omit<MirrorPoolOptions, 'onRest'>> & Pick<MirrorPoolOptions, 'onRest'>;
  readonly #waiting = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;

  constructor(known: readonly KnownMirror[], options: MirrorPoolOptions = {}) {
    this.#members = known.map(({ mirror, config }) => ({
      mirror,
      last: config.status,
      taken: 0,
      failures: 0,
      busy: 0,
      restUntil: 0,
      countedAt: 0,
      bytesPerSecond: null,
    }));
    const defaults = { restMs: 400, longestRestMs: 300_000, longestBusyMs: 60_000, random: Math.random };
    this.#options = { ...defaults, ...options };
  }

  get mirrors(): readonly Mirror[] {
    return this.#members.map(({ mirror }) => mirror);
  }

  /** Bytes a second of one connection to a mirror, as measured; null where nothing was measured yet. */
  speedOf(name: string): number | null {
    return this.#members.find(({ mirror }) => mirror.name === name)?.bytesPerSecond ?? null;
  }

  /** Waits for a free connection to one of the mirrors that `accepts` takes. Throws the signal's reason, or `NO_MIRROR`. */
  async acquire(accepts: (mirror: Mirror) => boolean, signal: AbortSignal): Promise<Turn> {
    signal.throwIfAborted();
    if (!this.#members.some(({ mirror }) => accepts(mirror))) throw new FleetError('NO_MIRROR', 'no mirror is left');
    return await new Promise<Turn>((resolve, reject) => {
      const waiter: Waiter = {
        accepts,
        give: (turn) => {
          signal.removeEventListener('abort', onAbort);
          resolve(turn);
        },
      };
      const onAbort = (): void => {
        this.#waiting.delete(waiter);
        this.#serve();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
      this.#serve();
    });
  }

  #serve(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (const waiter of this.#waiting) {
      const member = this.#best(waiter.accepts, now);
      if (member === undefined) continue;
      this.#waiting.delete(waiter);
      waiter.give(this.#turnOf(member, now));
    }
    if (this.#waiting.size === 0) return;
    const ends = this.#members.map(({ restUntil }) => restUntil).filter((end) => end > now);
    if (ends.length > 0) this.#timer = setTimeout(() => this.#serve(), Math.min(...ends) - now + 1);
  }

  #best(accepts: (mirror: Mirror) => boolean, now: number): Member | undefined {
    return this.#members
      .filter((member) => member.taken < member.mirror.connections && member.restUntil <= now)
      .filter(({ mirror }) => accepts(mirror))
      .toSorted((a, b) => Number(a.last) - Number(b.last) || speed(b) - speed(a) || a.taken - b.taken)[0];
  }

  #turnOf(member: Member, began: number): Turn {
    member.taken += 1;
    let ended = false;
    const end = (bytes: number, settle: () => void): void => {
      if (ended) return;
      ended = true;
      member.taken -= 1;
      measure(member, bytes, performance.now() - began);
      settle();
      this.#serve();
    };
    const good = (): void => {
      // a full house has room again when one of ours has left it
      if (member.busy > 0 && member.failures === 0) {
        member.restUntil = Math.min(member.restUntil, performance.now() + this.#options.restMs / 4);
      }
      member.failures = 0;
      member.busy = 0;
    };
    return {
      mirror: member.mirror,
      done: (bytes) => end(bytes, good),
      failed: (error, bytes) =>
        end(bytes, () => {
          if (bytes > 0) good();
          if (!OF_ONE_FILE.has(codeOf(error))) this.#rest(member, error, began);
        }),
    };
  }

  #rest(member: Member, error: unknown, began: number): void {
    const { restMs, longestRestMs, longestBusyMs, random, onRest } = this.#options;
    const why = codeOf(error) === 'MIRROR_BUSY' ? 'busy' : 'failed';
    const now = performance.now();
    // connections that break together are one failure; those that were opened since are the next, however they overlap
    if (began >= member.countedAt) {
      member[why === 'busy' ? 'busy' : 'failures'] += 1;
      member.countedAt = now;
    }
    const times = why === 'busy' ? member.busy : member.failures;
    // one that fails is not new any more
    if (why === 'failed') member.bytesPerSecond ??= 0;
    const longest = why === 'busy' ? longestBusyMs : longestRestMs;
    const fullMs = Math.min(longest, restMs * 2 ** Math.min(30, Math.max(0, times - 1)));
    const milliseconds = Math.round(fullMs * (0.5 + random() / 2));
    member.restUntil = Math.max(member.restUntil, now + milliseconds);
    onRest?.({ mirror: member.mirror.name, why, milliseconds, failures: member.failures, error });
  }
}

/** New mirrors come before all that were measured. */
function speed({ bytesPerSecond }: Member): number {
  return bytesPerSecond ?? Number.MAX_VALUE;
}

function measure(member: Member, bytes: number, milliseconds: number): void {
  if (bytes < MEASURED_BYTES) return;
  const measured = (1000 * bytes) / Math.max(1, milliseconds);
  const before = member.bytesPerSecond;
  member.bytesPerSecond = before === null || before === 0 ? measured : (before + measured) / 2;
}

/** A mirror's own errors, and those that no other mirror would mend. */
export function isHopeless(error: unknown): boolean {
  if (codeOf(error) === 'MIRROR_CLOSED') return true;
  return error instanceof PermanentError && !OF_ONE_FILE.has(codeOf(error));
}
