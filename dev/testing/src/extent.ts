/** Every size and place, for hours. */
export const EXHAUSTIVE = process.env['WIKIFLEET_EXHAUSTIVE_TESTS'] === '1';
/** The long run: more sizes and places than the default run takes. */
export const LONG_TESTS = EXHAUSTIVE || process.env['WIKIFLEET_LONG_TESTS'] === '1';

/** One of three extents of a test. */
export function extent<T>(exhaustive: T, long: T, usual: T): T {
  return EXHAUSTIVE ? exhaustive : LONG_TESTS ? long : usual;
}
