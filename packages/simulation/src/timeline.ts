/** What is added up over time: bytes of each mirror come besides. */
export const SERIES = ['bytes', 'transfers', 'backlog', 'wanted', 'tasks', 'busy'] as const;
export type Series = (typeof SERIES)[number];

/** Means over `seconds` from `from` on. */
export interface TimelinePoint {
  readonly from: number;
  readonly seconds: number;
  readonly bytesPerSecond: number;
  /** Downloads under way. */
  readonly transfers: number;
  /** Convert jobs that wait or are under work. */
  readonly backlog: number;
  /** Converters that the policy wants. */
  readonly wanted: number;
  /** Converters that are paid for: starting, idle or busy. */
  readonly tasks: number;
  readonly busy: number;
}

/** A power of two: two buckets become one when time grows past them all. */
const BUCKETS = 256;

/**
 * Adds up what happens in at most 256 buckets of equal length, whatever the time simulated: when it grows past them, each
 * two become one.
 */
export class Timeline {
  #bucketSeconds = 1;
  #end = 0;
  readonly #sums: Readonly<Record<Series, Float64Array>> = {
    bytes: new Float64Array(BUCKETS),
    transfers: new Float64Array(BUCKETS),
    backlog: new Float64Array(BUCKETS),
    wanted: new Float64Array(BUCKETS),
    tasks: new Float64Array(BUCKETS),
    busy: new Float64Array(BUCKETS),
  };

  /** Adds rates (a second) that held from `from` to `to`. */
  add(from: number, to: number, rates: Readonly<Record<Series, number>>): void {
    if (!(to > from)) return;
    while (to > this.#bucketSeconds * BUCKETS) this.#fold();
    this.#end = Math.max(this.#end, to);
    const width = this.#bucketSeconds;
    for (let at = Math.floor(from / width); at * width < to && at < BUCKETS; at += 1) {
      const seconds = Math.min(to, (at + 1) * width) - Math.max(from, at * width);
      if (seconds <= 0) continue;
      for (const name of SERIES) {
        const sums = this.#sums[name];
        sums[at] = (sums[at] ?? 0) + rates[name] * seconds;
      }
    }
  }

  #fold(): void {
    for (const name of SERIES) {
      const sums = this.#sums[name];
      for (let at = 0; at < BUCKETS; at += 1) {
        sums[at] = at < BUCKETS / 2 ? (sums[2 * at] ?? 0) + (sums[2 * at + 1] ?? 0) : 0;
      }
    }
    this.#bucketSeconds *= 2;
  }

  points(): TimelinePoint[] {
    const width = this.#bucketSeconds;
    const points: TimelinePoint[] = [];
    for (let at = 0; at * width < this.#end; at += 1) {
      const seconds = Math.min(width, this.#end - at * width);
      const mean = (name: Series): number => (this.#sums[name][at] ?? 0) / seconds;
      points.push({
        from: at * width,
        seconds,
        bytesPerSecond: mean('bytes'),
        transfers: mean('transfers'),
        backlog: mean('backlog'),
        wanted: mean('wanted'),
        tasks: mean('tasks'),
        busy: mean('busy'),
      });
    }
    return points;
  }
}
