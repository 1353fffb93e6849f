import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { dateSchema } from '@wikifleet/domain/run';
import { z } from 'zod';

const price = z.number().nonnegative().max(1000);

/** Public prices of one region, in the file's currency. */
const regionSchema = z.strictObject({
  fargateArmVcpuHour: price,
  fargateArmGigabyteHour: price,
  publicIpv4Hour: price,
  /** What Spot costs of the price on demand; it moves. */
  fargateSpotShare: z.number().min(0).max(1),
  /** PUT, POST and LIST of S3, a thousand. */
  s3WriteThousand: price,
  /** GET and HEAD of S3, a thousand. */
  s3ReadThousand: price,
  sqsMillion: price,
  /** A custom metric for a month. */
  metricMonth: price,
  logGigabyte: price,
  storageGigabyteMonth: price,
});

const pricesSchema = z.strictObject({
  /** When somebody looked. */
  date: dateSchema,
  currency: z.string().regex(/^[A-Z]{3}$/, 'expected a currency as USD'),
  source: z.string(),
  regions: z.record(z.string(), regionSchema),
});

export type Prices = z.infer<typeof pricesSchema>;
export type RegionPrices = z.infer<typeof regionSchema>;

export const PRICES_FILE = fileURLToPath(new URL('../../data/prices.json', import.meta.url));

/** Reads a price file; throws a `UsageError` that names what is wrong in it. */
export async function readPrices(path: string): Promise<Prices> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError('PRICES_REFUSED', `${path}: expected JSON: ${messageOf(error)}`, { cause: error });
  }
  const result = pricesSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
  throw new UsageError('PRICES_REFUSED', `${path}: ${problems.slice(0, 5).join('; ')}`);
}

/** The prices of a region; throws a `UsageError` that lists those there are. */
export function pricesOf({ regions }: Prices, region: string, path: string): RegionPrices {
  const prices = Object.hasOwn(regions, region) ? regions[region] : undefined;
  if (prices !== undefined) return prices;
  const known = Object.keys(regions).join(', ');
  throw new UsageError(
    'REGION_UNKNOWN',
    `${path} has prices of ${known}, none of ${region}: name a file that has them by --prices`,
  );
}
