import type { SimulatedRun } from './simulated-run.js';

/** What an hour costs, in dollars. */
export interface HourlyPrices {
  readonly vcpu: number;
  readonly gigabyte: number;
  /** Of a public IPv4 address, one a task; 0 where tasks have none. */
  readonly address: number;
  /** What Spot costs of the on-demand price of vCPU and memory. */
  readonly spotShare: number;
}

/** How large a task is. */
export interface TaskSize {
  readonly vcpu: number;
  readonly gigabytes: number;
}

export interface CostLine {
  readonly what: string;
  /** Task seconds that are paid for. */
  readonly seconds: number;
  readonly dollars: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  readonly dollars: number;
}

/** What the tasks of a run cost: their seconds, a minute at least for each, by their size. S3 and SQS are not in it. */
export function costOf(
  run: SimulatedRun,
  prices: HourlyPrices,
  sizes: { readonly downloader: TaskSize; readonly converter: TaskSize },
  spot: boolean,
): Cost {
  const { downloaders, converters } = run;
  const share = spot ? prices.spotShare : 1;
  const compute = ({ vcpu, gigabytes }: TaskSize): number => vcpu * prices.vcpu + gigabytes * prices.gigabyte;
  const line = (what: string, seconds: number, hourly: number): CostLine => ({
    what,
    seconds,
    dollars: (seconds / 3600) * hourly,
  });
  const lines = [
    line('downloaders', downloaders.taskSeconds, compute(sizes.downloader)),
    line(`converters, ${spot ? 'Spot' : 'on demand'}`, converters.billedSeconds, share * compute(sizes.converter)),
    line('public IPv4 addresses', downloaders.taskSeconds + converters.billedSeconds, prices.address),
  ];
  return { lines, dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0) };
}
