/** How far a file is, as logs say it. */
export interface ProgressReport {
  /** Bytes of the file that are on S3, or on their way. */
  readonly received: number;
  /** Bytes of the whole file. */
  readonly bytes: number;
  /** Whose bytes come at the moment. */
  readonly mirror: string;
  /** Over the last seconds. */
  readonly bytesPerSecond: number;
  /** At that rate; null where nothing comes. */
  readonly secondsLeft: number | null;
}

const EVERY_MS = 1000;

/** Turns every arrival of bytes into a report a second. */
export class TransferProgress {
  readonly #bytes: number;
  readonly #report: (report: ProgressReport) => void;
  #received = 0;
  #last = { at: performance.now(), received: 0 };
  #bytesPerSecond: number | null = null;

  constructor(bytes: number, report: (report: ProgressReport) => void) {
    this.#bytes = bytes;
    this.#report = report;
  }

  /**
   * `received` in bytes of the file so far; fewer than before when it is fetched anew. Returns how many are new, those
   * that are fetched again included.
   */
  take(received: number, mirror: string): number {
    const arrived = received < this.#received ? received : received - this.#received;
    this.#received = received;
    const now = performance.now();
    const elapsed = now - this.#last.at;
    if (received < this.#last.received) this.#last = { at: now, received };
    else if (elapsed >= EVERY_MS) {
      const rate = (1000 * (received - this.#last.received)) / elapsed;
      const smooth = Math.round(this.#bytesPerSecond === null ? rate : (this.#bytesPerSecond + rate) / 2);
      this.#bytesPerSecond = smooth;
      this.#last = { at: now, received };
      const secondsLeft = smooth === 0 ? null : Math.ceil((this.#bytes - received) / smooth);
      this.#report({ received, bytes: this.#bytes, mirror, bytesPerSecond: smooth, secondsLeft });
    }
    return arrived;
  }
}
