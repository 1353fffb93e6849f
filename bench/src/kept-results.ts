import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeOutput } from '@wikifleet/worker/output-file';
import { nodeMajor, readResults } from './results.js';
import type { Results } from './results.js';

/** Figures of a program that keeps a line a major version of Node, and what they are. */
const FIGURES = {
  /** bench/throttled.mjs: through so many MB/s, how many times as long a run takes as its download alone. */
  throttled: ['megabytesPerSecond', 'ratio'],
  /** bench/download.mjs: megabytes that a downloader takes at most, and those that are its own. */
  download: ['memory', 'own'],
  /** npm run chaos: seeds, those that ended as the undisturbed run, and over all of them faults and rows. */
  chaos: ['seeds', 'good', 'faults', 'lost', 'doubled'],
  /** tests/image/build.sh: megabytes that the project adds to its base image, as they are there and packed. */
  image: ['megabytes', 'packed'],
} as const;

export type FigureSet = keyof typeof FIGURES;
/** `node` as in `v24.9.0`, `date` as `YYYY-MM-DD`. */
type Line<K extends FigureSet> = { readonly node: string; readonly date: string } & {
  readonly [F in (typeof FIGURES)[K][number]]: number;
};

/** What a program wrote itself, last: a table between marks of a document, or a picture, by its digest. */
export interface Written {
  readonly name: string;
  readonly text?: string;
  readonly sha256?: string;
  /** Of the bench's results that it reckons with, where it does: a plan of other results is out of date. */
  readonly madeFrom?: string;
}

/** Everything that was measured and kept, the oldest Node first. */
export type Kept = { readonly [K in FigureSet]: readonly Line<K>[] } & {
  readonly written: readonly Written[];
  readonly suites: readonly Results[];
  /** SHA-256 of the bench's results. */
  readonly digest: string;
};

/** Reads bench/results; throws where a line is not what it should be, and names it. */
export async function readKept(folder: string): Promise<Kept> {
  const figures: Record<string, unknown[]> = {};
  for (const name of Object.keys(FIGURES) as FigureSet[]) {
    const lines = (await linesOf(join(folder, `${name}.jsonl`))).map((line) => checked(name, JSON.parse(line)));
    figures[name] = lines.toSorted((a, b) => nodeMajor(a.node) - nodeMajor(b.node));
  }
  const written = (await linesOf(join(folder, 'written.jsonl'))).map((line) => JSON.parse(line) as Written);
  const suites = await readResults(folder);
  return {
    ...(figures as unknown as Pick<Kept, FigureSet>),
    written,
    suites,
    digest: digestOf(JSON.stringify(suites)),
  };
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Keeps figures as a line, in the place of those that the same major version of Node left. */
export async function keepFigures(
  folder: string,
  name: FigureSet,
  figures: Readonly<Record<string, unknown>>,
): Promise<void> {
  const path = join(folder, `${name}.jsonl`);
  const line = checked(name, { node: process.version, date: new Date().toISOString().slice(0, 10), ...figures });
  const others = (await linesOf(path)).filter(
    (other) => nodeMajor((JSON.parse(other) as { node: string }).node) !== nodeMajor(line.node),
  );
  await keepLines(path, [...others, JSON.stringify(line)]);
}

function checked<K extends FigureSet>(name: K, line: unknown): Line<K> {
  const fields = line as Readonly<Record<string, unknown>>;
  const wrong: string[] = FIGURES[name].filter((field) => !Number.isFinite(fields[field]));
  if (!/^v\d+\./.test(String(fields['node']))) wrong.push('node');
  if (!/^\d{4}-\d\d-\d\d$/.test(String(fields['date']))) wrong.push('date');
  if (wrong.length === 0) return line as Line<K>;
  throw new Error(`${name}.jsonl: expected a figure each of ${wrong.join(', ')}; received ${JSON.stringify(line)}`);
}

/** Keeps what was written into a document or a picture. */
export async function keepWritten(folder: string, what: Written): Promise<void> {
  const path = join(folder, 'written.jsonl');
  const isOther = (line: string): boolean => (JSON.parse(line) as { name: string }).name !== what.name;
  await keepLines(path, [...(await linesOf(path)).filter(isOther), JSON.stringify(what)]);
}

async function linesOf(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function keepLines(path: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const text = lines.toSorted().map((line) => `${line}\n`);
  await writeOutput({ name: 'the results', path }, text.join(''));
}
