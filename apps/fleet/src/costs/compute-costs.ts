import type { RegionPrices } from './prices.js';

/** What a service's tasks are and how long they ran. */
export interface TaskTime {
  readonly service: string;
  /** Of all its tasks together. */
  readonly seconds: number;
  readonly vcpus: number;
  readonly gigabytes: number;
  /** Whether each task has a public address, which is paid for. */
  readonly publicAddress: boolean;
  /** Of the tasks, as the service's weights say; from 0 to 1. */
  readonly spotShare: number;
}

type TaskPrices = Pick<
  RegionPrices,
  'fargateArmVcpuHour' | 'fargateArmGigabyteHour' | 'publicIpv4Hour' | 'fargateSpotShare'
>;

/** What it cost, line by line. */
export interface Costs {
  readonly lines: readonly {
    readonly service: string;
    readonly what: string;
    /** In hours of the thing that is paid for. */
    readonly hours: number;
    readonly onDemand: number;
    readonly expected: number;
  }[];
  /** Had all run on demand: never more than this. */
  readonly onDemand: number;
  /** With Spot as the weights say. */
  readonly expected: number;
}

/** What tasks cost by their seconds: virtual processors, memory, public addresses. AWS bills by the second. */
export function computeCosts(times: readonly TaskTime[], prices: TaskPrices): Costs {
  const lines = times.flatMap(({ service, seconds, vcpus, gigabytes, publicAddress, spotShare }) => {
    const hours = seconds / 3600;
    const factor = 1 - spotShare * (1 - prices.fargateSpotShare);
    const line = (what: string, units: number, price: number, f: number): Costs['lines'][number] => {
      const onDemand = hours * units * price;
      return { service, what, hours: hours * units, onDemand, expected: onDemand * f };
    };
    return [
      line('vCPU', vcpus, prices.fargateArmVcpuHour, factor),
      line('GB of memory', gigabytes, prices.fargateArmGigabyteHour, factor),
      ...(publicAddress ? [line('public IPv4 addresses', 1, prices.publicIpv4Hour, 1)] : []),
    ];
  });
  const total = (of: 'onDemand' | 'expected'): number => lines.reduce((sum, line) => sum + line[of], 0);
  return { lines, onDemand: total('onDemand'), expected: total('expected') };
}

/** `8192` and `8 GB`, as task definitions have it, in gigabytes; 0 where it is not said. */
export function gigabytesOf(memory = ''): number {
  const match = /^(\d+(?:\.\d+)?)\s*(gb)?$/i.exec(memory.trim());
  if (match === null) return 0;
  return match[2] === undefined ? Number(match[1]) / 1024 : Number(match[1]);
}
