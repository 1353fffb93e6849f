import type { SimulatedMirror } from './run-model.js';

/** Bytes under way from one mirror to one task: all its connections get the same. */
interface Lane<T> {
  readonly mirror: number;
  readonly task: number;
  /** Bytes a second of each connection. */
  rate: number;
  /** Bytes that a connection would have got since the lane began. */
  clock: number;
  /** The lane's clock at which each transfer is complete. */
  readonly transfers: { readonly target: number; readonly transfer: T }[];
}

/**
 * Bandwidth, shared: the connections to a mirror get `connectionBytesPerSecond` each, or an even part of the mirror's
 * total where that is less; and where a task would get more than it can move, all its connections are slowed alike (what it
 * leaves is not given to others).
 */
export class Lanes<T> {
  readonly #mirrors: readonly SimulatedMirror[];
  readonly #taskLimit: number;
  readonly #lanes: Lane<T>[] = [];
  readonly #byTask: Lane<T>[][];
  #now = 0;
  #nextAt = Infinity;
  #rate = 0;
  #moving = 0;

  constructor(mirrors: readonly SimulatedMirror[], tasks: number, taskBytesPerSecond: number | null) {
    this.#mirrors = mirrors;
    this.#taskLimit = taskBytesPerSecond ?? Infinity;
    this.#byTask = Array.from({ length: tasks }, (_, task) =>
      mirrors.map((_mirror, mirror) => ({ mirror, task, rate: 0, clock: 0, transfers: [] })),
    );
    for (const lanes of this.#byTask) this.#lanes.push(...lanes);
  }

  /** When the next transfer is complete, if nothing changes; Infinity where none is under way. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Bytes a second, of all together. */
  get bytesPerSecond(): number {
    return this.#rate;
  }

  get moving(): number {
    return this.#moving;
  }

  /** Moves the bytes of the time that passed. */
  advance(now: number): void {
    const seconds = now - this.#now;
    if (seconds > 0) for (const lane of this.#lanes) if (lane.transfers.length > 0) lane.clock += lane.rate * seconds;
    this.#now = now;
  }

  begin(task: number, mirror: number, bytes: number, transfer: T): void {
    const lane = this.#byTask[task]?.[mirror];
    if (lane === undefined)
      throw new RangeError(`expected a task and a mirror of the model, received ${task}, ${mirror}`);
    lane.transfers.push({ target: lane.clock + bytes, transfer });
    this.#moving += 1;
    this.#share();
  }

  /** Takes out the transfer that is due by `nextAt`; call `advance` before. */
  complete(): T | undefined {
    let due: Lane<T> | undefined;
    let soonest = Infinity;
    for (const lane of this.#lanes) {
      const at = endOf(lane, this.#now);
      if (at < soonest) [due, soonest] = [lane, at];
    }
    if (due === undefined) return undefined;
    const index = soonestOf(due);
    const [done] = due.transfers.splice(index, 1);
    // what was lost to rounding is not left over for the next
    if (done !== undefined) due.clock = done.target;
    this.#moving -= 1;
    this.#share();
    return done?.transfer;
  }

  #share(): void {
    const active = this.#mirrors.map(() => 0);
    for (const { mirror, transfers } of this.#lanes) active[mirror] = (active[mirror] ?? 0) + transfers.length;
    this.#rate = 0;
    this.#nextAt = Infinity;
    for (const lanes of this.#byTask) {
      let demand = 0;
      for (const lane of lanes) {
        const { connectionBytesPerSecond, totalBytesPerSecond } = this.#mirrors[lane.mirror]!;
        const even = (totalBytesPerSecond ?? Infinity) / Math.max(1, active[lane.mirror] ?? 0);
        lane.rate = Math.min(connectionBytesPerSecond, even);
        demand += lane.rate * lane.transfers.length;
      }
      const slowed = demand > this.#taskLimit ? this.#taskLimit / demand : 1;
      for (const lane of lanes) {
        lane.rate *= slowed;
        this.#rate += lane.rate * lane.transfers.length;
        this.#nextAt = Math.min(this.#nextAt, endOf(lane, this.#now));
      }
    }
  }
}

function endOf<T>(lane: Lane<T>, now: number): number {
  const first = lane.transfers[soonestOf(lane)];
  return first === undefined ? Infinity : now + Math.max(0, first.target - lane.clock) / lane.rate;
}

function soonestOf<T>({ transfers }: Lane<T>): number {
  let soonest = 0;
  for (const [index, { target }] of transfers.entries()) {
    if (target < (transfers[soonest]?.target ?? Infinity)) soonest = index;
  }
  return soonest;
}
