import type { RunModel } from './run-model.js';
import type { SimulatedRun } from './simulated-run.js';
import { simulate } from './simulate.js';

/** A fleet that was tried. */
export interface TriedFleet {
  /** Converters at most. */
  readonly most: number;
  readonly slots: number;
  /** Of the scaling rule; null: a fixed fleet. */
  readonly drainSeconds: number | null;
  readonly model: RunModel;
  readonly run: SimulatedRun;
  readonly dollars: number;
}

export interface FleetSearch {
  /** The cheapest that meets the deadline; null where none does. */
  readonly cheapest: TriedFleet | null;
  /** The one that ends first, of all that were tried. */
  readonly fastest: TriedFleet;
  readonly tried: number;
}

export interface SearchOptions {
  readonly withinSeconds: number;
  /** Converters, the most that may be. */
  readonly most: number;
  /** Slots of each downloader that may be, the cheapest first. */
  readonly slots: readonly number[];
  /** Seconds in which the scaling rule drains a backlog, that may be; of no meaning to a fixed fleet. */
  readonly drains: readonly number[];
  readonly price: (run: SimulatedRun) => number;
}

/** What a larger fleet than the least that suffices may save: a run that ends sooner keeps the others for less time. */
const LARGER = [1.1, 1.25, 1.5, 2, 3, 5];

/**
 * Finds the cheapest fleet whose run ends in time: for each number of slots and drain time the least number of converters by halving (a
 * scaling policy's steps are not quite monotone in its maximum, so the numbers next to it are tried too), then some larger
 * ones.
 */
export function cheapestFleet(model: RunModel, options: SearchOptions): FleetSearch {
  const { withinSeconds } = options;
  const tried: TriedFleet[] = [];
  const drains = model.converters.scaling === null ? [null] : options.drains;
  for (const slots of options.slots) {
    for (const drainSeconds of drains) tried.push(...leastOf(model, { ...options, number: slots, drainSeconds }));
  }
  const inTime = tried.filter(({ run }) => run.endSeconds <= withinSeconds);
  return {
    cheapest: least(inTime, ({ dollars }) => dollars),
    fastest: least(tried, ({ run }) => run.endSeconds)!,
    tried: tried.length,
  };
}

interface Setting extends SearchOptions {
  readonly number: number;
  readonly drainSeconds: number | null;
}

/** All that were tried with one number of slots and one drain time. */
function leastOf(model: RunModel, { number, drainSeconds, withinSeconds, most, price }: Setting): TriedFleet[] {
  const { downloaders, converters } = model;
  const { scaling } = converters;
  const rule = scaling && drainSeconds !== null ? { ...scaling, rule: { ...scaling.rule, drainSeconds } } : scaling;
  const known = new Map<number, TriedFleet>();
  const tryOut = (count: number): TriedFleet => {
    const whole = Math.min(most, Math.max(1, Math.round(count)));
    const before = known.get(whole);
    if (before !== undefined) return before;
    const one = {
      ...model,
      downloaders: { ...downloaders, slots: number },
      converters: { ...converters, most: whole, scaling: rule },
    };
    const run = simulate(one);
    const fleet = { most: whole, slots: number, drainSeconds, model: one, run, dollars: price(run) };
    known.set(whole, fleet);
    return fleet;
  };
  const meets = ({ run }: TriedFleet): boolean => run.endSeconds <= withinSeconds;
  if (meets(tryOut(most))) {
    let [tooFew, enough] = [0, most];
    while (enough - tooFew > 1) {
      const middle = Math.floor((tooFew + enough) / 2);
      if (meets(tryOut(middle))) enough = middle;
      else tooFew = middle;
    }
    for (const nearby of [enough - 2, enough - 1, enough + 1]) if (nearby > 0) tryOut(nearby);
    for (const factor of LARGER) tryOut(enough * factor);
  }
  return [...known.values()];
}

function least<T>(items: readonly T[], by: (item: T) => number): T | null {
  let best: T | null = null;
  for (const item of items) if (best === null || by(item) < by(best)) best = item;
  return best;
}
