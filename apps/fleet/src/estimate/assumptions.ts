import { readFile } from 'node:fs/promises';
import type { HourlyPrices } from '@wikifleet/simulation/cost';
import type { RequestPrices } from '@wikifleet/simulation/request-cost';
import { z } from 'zod';

const ASSUMED = [
  'connectionMegabytesPerSecond',
  'openSeconds',
  'closeSeconds',
  'failSeconds',
  'downloaderMegabytesPerSecond',
  'startSeconds',
  'launchesPerMinute',
  'periodSeconds',
  'delaySeconds',
  'wakeSeconds',
  'interruptionsPerHour',
  'spotShare',
  'splitSeconds',
  'bzip2SecondsPerSplit',
  'gzipMegabytesPerSecond',
  'converters',
  'drainSeconds',
  'downloaders',
  'slots',
  'downloaderVcpu',
  'downloaderGigabytes',
  'converterVcpu',
  'converterGigabytes',
  'graceSeconds',
] as const;

/** Each by its name: seconds, MB (1,000,000 bytes) a second, vCPU, GiB. `data/assumptions.json` says where each is from. */
export type Assumptions = Readonly<Record<(typeof ASSUMED)[number], number>>;

const DATA = new URL('../../data/', import.meta.url);
const assumptionsSchema = z.object({
  assumptions: z.record(z.enum(ASSUMED), z.object({ value: z.number().nonnegative(), source: z.string().min(1) })),
});
const price = z.number().nonnegative();
const pricesSchema = z.object({
  date: z.string(),
  regions: z.record(
    z.string(),
    z.object({
      fargateArmVcpuHour: price,
      fargateArmGigabyteHour: price,
      publicIpv4Hour: price,
      s3WriteThousand: price,
      s3ReadThousand: price,
      sqsMillion: price,
      metricMonth: price,
      logGigabyte: price,
      storageGigabyteMonth: price,
    }),
  ),
});

/** What a plan assumes where nobody says otherwise. */
export async function readAssumptions(): Promise<Assumptions> {
  const { assumptions } = assumptionsSchema.parse(await readData('assumptions.json'));
  return Object.fromEntries(ASSUMED.map((name) => [name, assumptions[name].value])) as Assumptions;
}

/** The prices of a region, with their date; those of us-east-1 where it is not listed. */
export async function readPrices(
  region: string,
  spotShare: number,
): Promise<HourlyPrices & RequestPrices & { source: string }> {
  const { regions, date } = pricesSchema.parse(await readData('prices.json'));
  const name = Object.hasOwn(regions, region) ? region : 'us-east-1';
  const { fargateArmVcpuHour, fargateArmGigabyteHour, publicIpv4Hour, ...requests } = regions[name]!;
  return {
    ...requests,
    vcpu: fargateArmVcpuHour,
    gigabyte: fargateArmGigabyteHour,
    address: publicIpv4Hour,
    spotShare,
    source: `Fargate on ARM in ${name}, ${date}`,
  };
}

async function readData(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, DATA), 'utf8'));
}
