/** A moment by two clocks, in milliseconds. */
export interface Moment {
  /** The wall clock: it runs while the machine sleeps, and may be set back. */
  readonly wall: number;
  /** The monotonic clock: it is never set back, and may stand still while the machine sleeps. */
  readonly monotonic: number;
}

export function thisMoment(): Moment {
  return { wall: Date.now(), monotonic: performance.now() };
}

/**
 * The longest time that can have passed since `moment`, in milliseconds: what the clock says that says more. A clock that is set
 * back does not shorten it, and neither does a machine that slept. A clock that is set forward lengthens it: what is bounded by it
 * ends early, which is safe for a right that must not be used too long.
 */
export function elapsedSince({ wall, monotonic }: Moment): number {
  return Math.max(Date.now() - wall, performance.now() - monotonic);
}
