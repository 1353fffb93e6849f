/** A generator of its own (Lehmer's): the same numbers for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed % 2147483646) + 1;
  }

  /** A whole number in `[0, below)`. */
  below(below: number): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state % below;
  }

  /** `count` places in `(0, size)`, ascending, none twice. */
  cuts(count: number, size: number): number[] {
    const places = new Set<number>();
    while (places.size < Math.min(count, size - 1)) places.add(1 + this.below(size - 1));
    return [...places].sort((a, b) => a - b);
  }
}
