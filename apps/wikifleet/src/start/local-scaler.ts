import { converterSteps } from '@wikifleet/scaling/converter-steps';
import type { ConverterStep } from '@wikifleet/scaling/converter-steps';
import { ASLEEP, nextPeriod } from '@wikifleet/scaling/scaler';
import type { ScalerState } from '@wikifleet/scaling/scaler';

/** A period of the alarms here, in milliseconds; in the cloud it is a minute. */
const PERIOD_MS = 1000;
/** What one machine hurries for, in seconds. */
const DRAIN_SECONDS = 10;
/** A guess, in seconds: it only says how early the last converters are started. */
const SECONDS_PER_SPLIT = 2;

/** Messages of a queue: all of them are work that is not done. */
interface Depth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** Scales the converters of one machine from zero and back by the rule that scales the fleet in the cloud. */
export class LocalScaler {
  readonly #steps: readonly ConverterStep[];
  #state: ScalerState = ASLEEP;
  #evaluatedAt = -Infinity;

  constructor(max: number) {
    this.#steps = converterSteps({ max, drainSeconds: DRAIN_SECONDS, secondsPerSplit: SECONDS_PER_SPLIT });
  }

  /** How many converters there shall be, where `running` there are; may be asked at any time. */
  wanted({ visible, inFlight, delayed }: Depth, running: number, now = performance.now()): number {
    const backlog = visible + inFlight + delayed;
    // the first message wakes a fleet that sleeps at once
    const isDue = now - this.#evaluatedAt >= PERIOD_MS || (running === 0 && backlog > 0);
    if (!isDue) return running;
    this.#evaluatedAt = now;
    this.#state = nextPeriod(this.#state, backlog, this.#steps);
    // a busy task is protected from scaling in: until nothing is left, nobody knows here which ones are idle
    return backlog > 0 ? Math.max(running, this.#state.desired) : this.#state.desired;
  }
}
