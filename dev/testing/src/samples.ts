import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LONG_TESTS } from './extent.js';

/** Real dumps and the independent reader, where they lie beside the checkout. */
export const SHARED = resolve(import.meta.dirname, '../../../../shared');
const SAMPLES = join(SHARED, 'samples');

/** What the independent reader finds in a sample. */
export interface Expected {
  readonly pages?: number;
  readonly rows?: number;
  readonly sha256?: string;
  readonly malformed?: string;
}

export function samplePath(name: string): string {
  return join(SAMPLES, name);
}

/** Null where the samples are not there. */
export function expectedSamples(): Record<string, Expected> | null {
  const path = samplePath('expected.json');
  if (!existsSync(path)) return null;
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, Expected>;
}

/** Samples beyond so many bytes take seconds each. */
const MAX_QUICK_SAMPLE_BYTES = 500_000;

/** The samples without the large ones, which most suites read in the long run only; null where they are not there. */
export function quickSamples(): Record<string, Expected> | null {
  const samples = expectedSamples();
  if (samples === null || LONG_TESTS) return samples;
  const isQuick = (name: string): boolean => statSync(samplePath(name)).size <= MAX_QUICK_SAMPLE_BYTES;
  return Object.fromEntries(Object.entries(samples).filter(([name]) => isQuick(name)));
}

/** A row as the independent reader prints it: sorted keys, no spaces. */
export function canonical(line: string): string {
  return JSON.stringify(sortKeys(JSON.parse(line)));
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
