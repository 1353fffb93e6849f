/**
 * Numbers that look random and are a function of the seeds alone, on every machine: integer arithmetic and exact
 * multiplication only (the generator is mulberry32).
 */
export class Random {
  #state: number;

  constructor(...seeds: readonly number[]) {
    this.#state = mix(...seeds);
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('expected a list with items to pick from, received an empty one');
    return item;
  }

  /** An integer from 0 to `bound` - 1, the low ones oftener: about as r^-0.75, much as words are by their rank in a text. */
  skewed(bound: number): number {
    const u = this.#next();
    return Math.floor(u * u * u * u * bound);
  }

  /** A fraction from 0 to below 1. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}

/** An integer below 2^32 from several, each bit of them mattering (the finaliser of MurmurHash3). */
export function mix(...values: readonly number[]): number {
  let hash = 0x2545f491;
  for (const value of values) {
    hash = Math.imul(hash ^ value, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
