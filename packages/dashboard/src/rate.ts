const WINDOW_MS = 60_000;
/** A rate over less says nothing: S3 tells whole seconds. */
const LEAST_MS = 2000;

/**
 * How much is done a second, over the last minute. What is finished counts by the time at which S3 says that it was, so
 * that a reader who comes late counts alike.
 */
export class Rate {
  #events: { readonly at: number; readonly amount: number }[] = [];

  add(at: Date | null, amount: number, now = Date.now()): void {
    const time = at?.getTime() ?? now;
    if (amount > 0 && time > now - WINDOW_MS) this.#events.push({ at: time, amount });
  }

  /** Per second; `since` is when work began (milliseconds since 1970), if that is less than a minute ago. */
  perSecond(since: number | null, now = Date.now()): number {
    this.#events = this.#events.filter(({ at }) => at > now - WINDOW_MS);
    const amount = this.#events.reduce((sum, event) => sum + event.amount, 0);
    const elapsed = since === null ? WINDOW_MS : Math.min(WINDOW_MS, now - since);
    return (1000 * amount) / Math.max(LEAST_MS, elapsed);
  }
}
