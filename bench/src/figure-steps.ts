import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { Inputs } from './inputs.js';
import type { FigureSet } from './kept-results.js';
import { findPeers } from './peers.js';

/** One program that measures or draws. */
export interface Step {
  readonly name: string;
  readonly measures: string;
  readonly writes: readonly string[];
  /** About, on two cores that do nothing else. */
  readonly minutes: number;
  /** From the checkout's root; the first word `node` is this Node. */
  readonly command: readonly string[];
  /** As small as it goes, and without keeping anything. */
  readonly quick: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Why it cannot run here; null where it can. */
  lacks?(say: (line: string) => void): Promise<string | null> | string | null;
  /** Figures out of what it printed, where it keeps none itself. */
  readonly figures?: {
    readonly set: FigureSet;
    of(output: string): Readonly<Record<string, number>>;
  };
}

const bench = 'bench/dist/main.js';
const suites = ['bench/results/node-*.jsonl', 'docs/performance.md', 'docs/pictures/performance.svg'];
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wikifleet/bench');

/** A program of the PATH; null where it is not there. */
function which(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}
const onLinux = (): string | null => (process.platform === 'linux' ? null : 'it reads /proc, which only Linux has');
const chromium = process.env['WIKIFLEET_CHROMIUM'] || which('chromium');

/** Figures of a comparison that lacks a part would take the place of whole ones. */
async function lacksPeers(say: (line: string) => void): Promise<string | null> {
  if (!(await Inputs.haveReal())) return 'no real dumps in ../shared/samples';
  const { bzip2, seekBzip, python, others, wikrs, missing } = await findPeers(cache, true, say);
  const all = bzip2 !== null && seekBzip && python !== null && others && wikrs !== null;
  return all ? null : `missing: ${missing.join('; ')}`;
}

/** The number that a pattern finds; NaN, which is not kept, where it finds none. */
function numberIn(output: string, pattern: RegExp): number {
  return Number(pattern.exec(output)?.[1] ?? Number.NaN);
}

/** In the order in which they run: plans reckon with what the bench measured. */
export const STEPS: readonly Step[] = [
  {
    name: 'speed',
    measures: 'decoding and conversion beside bzip2, lbzip2, wikrs, mwxml and others',
    writes: suites,
    minutes: 60,
    command: ['node', bench, '--peers'],
    quick: ['node', bench, '--quick', '--suite', 'main'],
    lacks: lacksPeers,
  },
  {
    name: 'memory',
    measures: 'the peak memory of a conversion, on dumps of 1 GB of XML',
    writes: suites,
    minutes: 15,
    command: ['node', bench, '--memory'],
    quick: ['node', bench, '--memory', '--quick'],
    lacks: () => (which('bzip2') === null ? 'no bzip2' : null),
  },
  {
    name: 'download',
    measures: 'a downloader from FTP to S3, beside basic-ftp alone',
    writes: ['bench/results/download.jsonl'],
    minutes: 3,
    command: ['node', 'bench/download.mjs', '--keep'],
    quick: ['node', 'bench/download.mjs', '--megabytes', '12', '--rounds', '1'],
    lacks: onLinux,
  },
  {
    name: 'throttled',
    measures: 'a whole run through a slow mirror, beside its download alone',
    writes: ['bench/results/throttled.jsonl'],
    minutes: 10,
    command: ['node', 'bench/throttled.mjs', '--rate', '700000', '--keep'],
    quick: ['node', 'bench/throttled.mjs', '--megabytes', '20', '--rounds', '1'],
    lacks: onLinux,
  },
  {
    name: 'predictions',
    measures: 'predictions of fleet estimate, beside real runs',
    writes: ['docs/experiment.md', 'bench/results/written.jsonl'],
    minutes: 12,
    command: ['node', 'bench/predictions.mjs', '--write'],
    quick: ['node', 'bench/predictions.mjs', '--case', 'few files'],
  },
  {
    name: 'plans',
    measures: 'nothing: it plans the runs of the experiment by the figures that are kept',
    writes: ['docs/experiment.md', 'docs/pictures/enwiki-plan.svg', 'bench/results/written.jsonl'],
    minutes: 1,
    command: ['node', 'bench/experiment.mjs', '--write'],
    quick: ['node', 'bench/experiment.mjs', '--list', 'stubs'],
  },
  {
    name: 'chaos',
    measures: 'what a fleet survives in twenty seeds of faults, and what is lost',
    writes: ['bench/results/chaos.jsonl'],
    minutes: 40,
    command: ['node', 'tests/dist/faults/chaos-main.js', '--seeds', '20'],
    quick: ['node', 'tests/dist/faults/chaos-main.js', '--seeds', '1', '--megabytes', '2'],
    figures: {
      set: 'chaos',
      of: (output) => ({
        seeds: numberIn(output, /^\d+ of (\d+) seeds ended/m),
        good: numberIn(output, /^(\d+) of \d+ seeds ended/m),
        faults: numberIn(output, /^\| \*\*faults survived\*\* \| (\d+)/m),
        lost: numberIn(output, /^\| \*\*rows lost\*\* \| (\d+)/m),
        doubled: numberIn(output, /^\| \*\*rows doubled\*\* \| (\d+)/m),
      }),
    },
  },
  {
    name: 'image',
    measures: 'how large the container image is; builds it by buildah',
    writes: ['bench/results/image.jsonl'],
    minutes: 6,
    command: ['bash', 'tests/image/build.sh', 'TEMPORARY'],
    quick: ['bash', '-n', 'tests/image/build.sh'],
    lacks: () =>
      which('apt-get') !== null && process.getuid?.() === 0 ? null : 'expected root on Debian: it makes a base image',
    figures: {
      set: 'image',
      of: (output) => ({
        megabytes: numberIn(output, /^app: ([\d.]+) MB, packed/m),
        packed: numberIn(output, /^app: [\d.]+ MB, packed ([\d.]+) MB/m),
      }),
    },
  },
  {
    name: 'page',
    measures: 'nothing: pictures of the live page of a simulated run, in a browser',
    writes: ['docs/pictures/watch-light.png', 'docs/pictures/watch-dark.png', 'docs/pictures/watch-narrow.png'],
    minutes: 2,
    command: [
      'node',
      'node_modules/mocha/bin/mocha.js',
      '--no-config',
      '--require',
      'source-map-support/register.js',
      'tests/dist/tools/watch-pictures.test.js',
    ],
    quick: ['node', '--check', 'tests/dist/tools/watch-pictures.test.js'],
    environment: { WIKIFLEET_CHROMIUM: chromium ?? '', WIKIFLEET_PICTURES: 'docs/pictures' },
    lacks: () => (chromium === null ? 'no chromium, and no WIKIFLEET_CHROMIUM' : null),
  },
];
