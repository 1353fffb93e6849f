import { MAIN_ENGINE } from './legs.js';
import type { LegResult, Results, SuiteResult } from './results.js';

/** A figure over several rounds. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
  return { median, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** How many times as fast as `other` a leg is: the ratio of each round, of CPU time or of wall time. */
export function speedAgainst(leg: LegResult, other: LegResult, time: 'cpu' | 'wall'): Figure {
  const rounds = Math.min(leg.measures.length, other.measures.length);
  const ratios = Array.from(
    { length: rounds },
    (_, i) => (other.measures[i]?.[time] ?? 0) / (leg.measures[i]?.[time] ?? 0),
  );
  return figureOf(ratios);
}

/** MB of XML a second. */
export function pace(leg: LegResult, { input }: SuiteResult, time: 'cpu' | 'wall'): Figure {
  return figureOf(leg.measures.map((used) => input.xmlBytes / 1e6 / used[time]));
}

export interface Target {
  readonly title: string;
  readonly unit: '×' | 'MB';
  /** For MB the most, otherwise the least. */
  readonly bound: number;
  readonly aim: number;
  /** Null where it was not measured. */
  reached(results: Results): Figure | null;
}

function legIn(results: Results, suite: string, leg: string): LegResult | undefined {
  return results.suites.find(({ name }) => name === suite)?.legs.find(({ name }) => name === leg);
}

function speed(suite: string, leg: string, other: string, time: 'cpu' | 'wall' = 'cpu'): Target['reached'] {
  return (results) => {
    const [one, two] = [legIn(results, suite, leg), legIn(results, suite, other)];
    return one === undefined || two === undefined ? null : speedAgainst(one, two, time);
  };
}

/** Of the legs of a suite that give Parquet, or of the others. */
function peak(suite: string, ofParquet: boolean): Target['reached'] {
  return (results) => {
    const all = results.suites.find(({ name }) => name === suite)?.legs ?? [];
    const legs = all.filter(({ gives }) => (gives === 'parquet') === ofParquet);
    const peaks = legs.flatMap(({ measures }) => measures.map((used) => used.peak / 1e6));
    return peaks.length === 0 ? null : figureOf(peaks);
  };
}

const convert = (compression: string, workers = 1): string => `convert-${MAIN_ENGINE}-${compression}-${workers}`;
const times = (title: string, bound: number, aim: number, reached: Target['reached']): Target => ({
  title,
  unit: '×',
  bound,
  aim,
  reached,
});
const memory = (title: string, suite: string): Target => ({
  title,
  unit: 'MB',
  bound: 400,
  aim: 250,
  reached: peak(suite, false),
});
const parquetMemory = (title: string, suite: string): Target => ({
  title,
  unit: 'MB',
  bound: 250,
  aim: 200,
  reached: peak(suite, true),
});

/** What the project set out to reach. */
export const TARGETS: readonly Target[] = [
  times('decode, against `bzip2 -dc`', 1.2, 1.45, speed('main', 'decode', 'bzip2')),
  times('convert to uncompressed rows, against `bzip2 -dc` alone', 1.15, 1.35, speed('main', convert('none'), 'bzip2')),
  times('convert to gzip rows, against `bzip2 -dc` alone', 1.25, 1.5, speed('main', convert('gzip'), 'bzip2')),
  times('convert to zstd rows, against `bzip2 -dc` alone', 1.3, 1.5, speed('main', convert('zstd'), 'bzip2')),
  times('convert to Parquet, snappy, against `bzip2 -dc` alone', 1, 1.3, speed('main', 'parquet-snappy-1', 'bzip2')),
  times('convert to Parquet, zstd, against `bzip2 -dc` alone', 0.95, 1.2, speed('main', 'parquet-zstd-1', 'bzip2')),
  times('convert, against the lxml pipeline', 2, 2.5, speed('main', convert('none'), 'lxml')),
  times('convert, against wikrs', 1.6, 2, speed('main', convert('none'), 'wikrs')),
  times('two threads against one, wall time', 1.8, 1.95, speed('threads', convert('none', 2), convert('none'), 'wall')),
  times(
    'Parquet, two threads against one, wall time',
    1.7,
    1.9,
    speed('threads', 'parquet-snappy-2', 'parquet-snappy-1', 'wall'),
  ),
  memory('peak memory, 2 threads, 1 GB of XML in one page', 'memory-history'),
  memory('peak memory, 2 threads, 1 GB of XML in many pages', 'memory-pages'),
  parquetMemory('peak memory, Parquet, 2 threads, 1 GB of XML in one page', 'memory-history'),
  parquetMemory('peak memory, Parquet, 2 threads, 1 GB of XML in many pages', 'memory-pages'),
];

/** Whether a figure reaches a bound, by its median; a peak by its highest. */
export function reaches({ unit }: Target, bound: number, figure: Figure): boolean {
  return unit === 'MB' ? figure.most <= bound : figure.median >= bound;
}
