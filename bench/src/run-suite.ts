import { messageOf } from '@wikifleet/domain/errors';
import type { Input } from './inputs.js';
import type { Leg, Suite } from './legs.js';
import { measure, readOutput } from './measure.js';
import type { Output } from './measure.js';
import type { LegResult, SuiteResult } from './results.js';

export interface SuiteRun {
  readonly result: SuiteResult;
  /** Legs that failed or gave something else than they should, with why. */
  readonly failures: readonly string[];
}

/**
 * Runs the legs in turn, A B C A B C …, so that what else the machine does falls on all of them alike. Before, each runs once
 * unmeasured, and what it writes is compared with the dump and with the others; one that is wrong is not measured.
 */
export async function runSuite(
  suite: Suite,
  input: Input,
  runs: number,
  say: (line: string) => void,
): Promise<SuiteRun> {
  const failures: string[] = [];
  const legs: Leg[] = [];
  let rows: Output | null = null;
  /** What the first leg of each kind of Parquet gave. */
  const parquet = new Map<string, Output>();
  for (const leg of suite.legs) {
    say(`${suite.name}: checking ${leg.name}`);
    try {
      const output = await readOutput(leg.command(input.path), leg.compression);
      checkOutput(leg, output, input, rows);
      if (leg.gives === 'rows') rows ??= output;
      if (leg.gives === 'parquet') checkParquet(leg, output, parquet);
      legs.push(leg);
    } catch (error) {
      failures.push(`${suite.name}, ${leg.name}: ${messageOf(error)}`);
    }
  }
  const measured = new Map<string, LegResult>(
    legs.map(({ name, title, gives }) => [name, { name, title, gives, measures: [] }]),
  );
  for (let i = 0; i < runs; i += 1) {
    for (const leg of legs) {
      const used = await measure(leg.command(input.path), leg.cores);
      say(`${suite.name} ${i + 1}/${runs}: ${leg.name} ${used.cpu.toFixed(2)} s CPU, ${used.wall.toFixed(2)} s`);
      measured.get(leg.name)?.measures.push(used);
    }
  }
  const { name, title } = suite;
  const { xmlBytes, bytes, pages, revisions } = input;
  const date = new Date().toISOString().slice(0, 10);
  const of = { name: input.name, xmlBytes, bytes, pages, revisions };
  return { result: { name, title, date, input: of, legs: [...measured.values()] }, failures };
}

/** Legs that differ in their number of threads alone must give the same bytes. */
function checkParquet({ name }: Leg, output: Output, first: Map<string, Output>): void {
  const kind = name.replace(/-\d+$/, '');
  const expected = first.get(kind);
  if (expected !== undefined && expected.sha256 !== output.sha256)
    throw new Error(`wrong output: expected SHA-256 ${expected.sha256}, received ${output.sha256}`);
  first.set(kind, output);
}

function checkOutput(leg: Leg, output: Output, input: Input, rows: Output | null): void {
  const differs = (what: string, expected: unknown, received: unknown): Error =>
    new Error(`wrong output: expected ${what} ${String(expected)}, received ${String(received)}`);
  const { gives } = leg;
  if (gives === 'xml' && output.sha256 !== input.sha256)
    throw differs('the XML with SHA-256', input.sha256, output.sha256);
  if (gives === 'rows' && rows !== null && output.sha256 !== rows.sha256)
    throw differs('rows with SHA-256', rows.sha256, output.sha256);
  if ((gives === 'rows' || gives === 'lines') && output.lines !== input.revisions)
    throw differs('rows:', input.revisions, output.lines);
  if (gives === 'text' && output.lines === 0) throw differs('lines:', 'some', output.lines);
}
