import { counted } from '@wikifleet/domain/counted';
import { FleetError } from '@wikifleet/domain/errors';
import { diagnose } from '@wikifleet/simulation/bottleneck';
import type { Bottleneck } from '@wikifleet/simulation/bottleneck';
import { cheapestFleet } from '@wikifleet/simulation/cheapest-fleet';
import type { TriedFleet } from '@wikifleet/simulation/cheapest-fleet';
import { mirrorsLimit } from '@wikifleet/simulation/run-model';
import type { RunModel } from '@wikifleet/simulation/run-model';
import type { SimulatedRun } from '@wikifleet/simulation/simulated-run';
import { bytesWords, timeWords } from './parse-values.js';

const MOST_SLOTS = 32;
/** Shorter drain times that are tried: parts of the one that is asked for. */
const DRAINS = [1, 0.5, 0.2, 0.05];

/**
 * The cheapest fleet whose run ends in time: at most as many converters as the model has, and as many slots as it has or
 * as the mirrors have connections for, and a drain time that is as asked for or shorter. Throws `DEADLINE_TOO_SHORT` with what stands in the way.
 */
export function fleetWithin(
  model: RunModel,
  withinSeconds: number,
  price: (run: SimulatedRun) => number,
  given: { readonly slots: boolean; readonly drain: boolean },
): TriedFleet {
  const { downloaders, mirrors, converters } = model;
  const live = mirrors.filter(({ connectionBytesPerSecond }) => connectionBytesPerSecond > 0);
  const connections = live.reduce((sum, mirror) => sum + mirror.connections, 0);
  const all = Math.min(MOST_SLOTS, Math.max(downloaders.slots, Math.ceil(connections / downloaders.tasks)));
  const slots = given.slots ? [downloaders.slots] : [...new Set([downloaders.slots, all])];
  const drain = converters.scaling?.rule.drainSeconds ?? 0;
  const drains = given.drain ? [drain] : DRAINS.map((part) => Math.max(1, Math.round(drain * part)));
  const { cheapest, fastest } = cheapestFleet(model, { withinSeconds, most: converters.most, slots, drains, price });
  if (cheapest !== null) return cheapest;
  const { bottleneck } = diagnose(fastest.model, fastest.run);
  throw new FleetError(
    'DEADLINE_TOO_SHORT',
    `${timeWords(withinSeconds)} cannot be met: ${obstacle(bottleneck, fastest)} no fleet of at most ${counted(converters.most, 'converter')} is faster than ${timeWords(fastest.run.endSeconds)}`,
  );
}

function obstacle(bottleneck: Bottleneck, { model, run, slots }: TriedFleet): string {
  const { mirrors, downloaders } = model;
  const largest = model.files.reduce((most, file) => (file.bytes > most.bytes ? file : most));
  switch (bottleneck) {
    case 'mirror bandwidth':
      return `the mirrors give ${bytesWords(mirrorsLimit(mirrors))}/s at most for ${bytesWords(run.bytes)}:`;
    case 'connections':
      return `${counted(downloaders.tasks * slots, 'download at once is', 'downloads at once are')} too few (--slots, --downloaders):`;
    case 'converters':
      return 'the converters take longer (--tasks):';
    case 'one big file':
      return `${largest.name} alone has ${bytesWords(largest.bytes)}, and one connection brings it:`;
    case 'start latency':
      return 'the start of tasks and the delay of metrics take most of it:';
  }
}
