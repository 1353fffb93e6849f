import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { writeOutput } from '@wikifleet/worker/output-file';
import type { Input } from './inputs.js';
import type { Leg } from './legs.js';
import type { Measure } from './measure.js';

export interface LegResult {
  readonly name: string;
  readonly title: string;
  readonly gives: Leg['gives'];
  /** One a round, in order. */
  readonly measures: Measure[];
}

export interface SuiteResult {
  readonly name: string;
  readonly title: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly input: Pick<Input, 'name' | 'xmlBytes' | 'bytes' | 'pages' | 'revisions'>;
  readonly legs: readonly LegResult[];
}

/** What was measured with one major version of Node on one machine. */
export interface Results {
  /** `v24.9.0` */
  readonly node: string;
  readonly processor: string;
  readonly system: string;
  /** What was compared with: name to version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly suites: readonly SuiteResult[];
}

/** What a machine calls its processor. */
export function processor(): string {
  const [first] = cpus();
  return `${first?.model.trim() ?? 'unknown'}, ${cpus().length} cores`;
}

export function nodeMajor(version: string): number {
  return Number(/^v(\d+)/.exec(version)?.[1]);
}

/** Results with those of a later run: its suites take the place of older ones, unless the machine is another. */
export function mergeResults(old: Results | undefined, results: Results): Results {
  if (old === undefined || old.processor !== results.processor || old.node !== results.node) return results;
  const kept = old.suites.filter(({ name }) => results.suites.every((suite) => suite.name !== name));
  const order = ['main', 'real-single', 'generated-multistream', 'generated-single', 'threads'];
  const rank = ({ name }: SuiteResult): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const suites = [...kept, ...results.suites].toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return { ...results, versions: { ...old.versions, ...results.versions }, suites };
}

/** Reads the results that are kept in a folder, the oldest Node first. */
export async function readResults(folder: string): Promise<Results[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => /^node-\d+\.jsonl$/.test(file));
  const all = await Promise.all(
    files.map(async (file) => {
      const [head, ...suites] = (await readFile(join(folder, file), 'utf8')).trim().split('\n');
      return { ...(JSON.parse(head ?? '') as Results), suites: suites.map((line) => JSON.parse(line) as SuiteResult) };
    }),
  );
  return all.toSorted((a, b) => nodeMajor(a.node) - nodeMajor(b.node));
}

/** A file a Node's major version: a line about the machine, then one a suite. */
export async function writeResults(folder: string, { suites, ...head }: Results): Promise<void> {
  const lines = [head, ...suites].map((line) => `${JSON.stringify(line)}\n`);
  const path = join(folder, `node-${nodeMajor(head.node)}.jsonl`);
  await writeOutput({ name: 'the results', path }, lines.join(''));
}
