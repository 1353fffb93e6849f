import { parseDate } from '@wikifleet/domain/run';
import { UsageError } from '@wikifleet/domain/errors';

/** What the sample's bytes are a function of. */
export interface SampleParameters {
  /** Of XML, in 1,000,000 bytes: 0.1 to 50,000. The stubs come on top. */
  readonly megabytes: number;
  /** 0 to 4294967295. */
  readonly seed: number;
  /** Of both runs, `YYYY-MM-DD`. */
  readonly date: string;
}

const MEGABYTES = { least: 0.1, most: 50_000 };
const MOST_SEED = 2 ** 32 - 1;
/** The edits of the sample begin in 2004. */
const FIRST_DATE = '2005-01-01';

/** Returns the parameters alone, or throws a `UsageError` that names what is out of range. */
export function checkOptions({ megabytes, seed, date }: SampleParameters): SampleParameters {
  if (!(megabytes >= MEGABYTES.least && megabytes <= MEGABYTES.most)) {
    const expected = `a number from ${MEGABYTES.least} to ${MEGABYTES.most}`;
    throw new UsageError('MEGABYTES_REFUSED', `--megabytes: expected ${expected}, received ${megabytes}`);
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > MOST_SEED) {
    throw new UsageError('SEED_REFUSED', `--seed: expected an integer from 0 to ${MOST_SEED}, received ${seed}`);
  }
  const parsed = parseDate(date);
  if (parsed < FIRST_DATE) {
    throw new UsageError('DATE_REFUSED', `--date: expected ${FIRST_DATE} or later, received ${parsed}`);
  }
  return { megabytes, seed, date: parsed };
}
