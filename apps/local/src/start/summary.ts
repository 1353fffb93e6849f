import { join, relative } from 'node:path';
import { partEnding, quarantinePrefix, rowsPrefix } from '@wikifleet/domain/keys';
import type { RowsFormat } from '@wikifleet/domain/plan';
import { runName } from '@wikifleet/domain/run';
import { count, duration, megabytes, plural } from '../figures.js';
import type { RunState } from './run-state.js';

const READERS = { none: 'cat', gzip: 'gzip -dc', zstd: 'zstd -dc', snappy: 'cat' } as const;

/** What a run came to: a line a file, where the rows lie, and how to look at them. */
export function summaryLines(states: readonly RunState[], out: string, seconds: number): string[] {
  return [...states.flatMap(linesOfRun), ...verdictLines(states, out, seconds), ...lookLines(states, out)];
}

function linesOfRun(state: RunState): string[] {
  const { plan, done, failures, manifest } = state;
  const width = Math.max(...plan.files.map(({ file }) => file.length));
  const lines = plan.files.map(({ file }) => {
    const name = `  ${file.padEnd(width)}`;
    const whole = done.get(file);
    if (whole !== undefined) {
      const { pages, rows, quarantined, filteredPages, pagesWithoutNamespace, plainTextRefused } = whole.counts;
      const notes: [number, string][] = [
        [filteredPages, 'pages filtered out'],
        [pagesWithoutNamespace, 'kept though their namespace is not known'],
        [Object.values(plainTextRefused).reduce((sum, n) => sum + n, 0), 'texts without plain_text'],
        [quarantined, 'in the quarantine'],
      ];
      const note = notes.map(([n, what]) => (n === 0 ? '' : `, ${count(n)} ${what}`)).join('');
      return `${name}  ${count(pages).padStart(9)} pages ${count(rows).padStart(10)} rows  ${megabytes(whole.size).padStart(9)}${note}`;
    }
    const failure = failures.find((candidate) => candidate.file === file);
    if (failure === undefined) return `${name}  not done`;
    const written =
      failure.written === null ? '' : ` (${plural(failure.written.pages, 'whole page')} written all the same)`;
    return `${name}  not whole: ${failure.message}${written}`;
  });
  const sum =
    manifest === null ? '' : `: ${plural(manifest.counts.pages, 'page')}, ${plural(manifest.counts.rows, 'row')}`;
  const vouched = plan.vouchedBy === 'listing' ? '; nobody vouched that this list of files is complete' : '';
  return ['', `${runName(plan.run)}${sum}${vouched}`, ...lines];
}

function verdictLines(states: readonly RunState[], out: string, seconds: number): string[] {
  const complete = states.filter(({ manifest }) => manifest !== null);
  const rows = complete.reduce((sum, { manifest }) => sum + (manifest?.counts.rows ?? 0), 0);
  const lines = [
    '',
    `${complete.length} of ${plural(states.length, 'run')} complete, ${plural(rows, 'row')}, in ${duration(seconds)}.`,
  ];
  for (const { plan, manifest, manifestKey, done } of states) {
    lines.push(
      manifest === null
        ? `  ${runName(plan.run)} is not complete: ${plan.files.length - done.size} of ${plural(plan.files.length, 'file')} failed; no manifest was written`
        : `  manifest: ${shown(out, manifestKey)}`,
    );
    lines.push(`  rows:     ${shown(out, rowsPrefix(plan.run))}`);
    if ((manifest?.counts.quarantined ?? 0) > 0) lines.push(`  quarantine: ${shown(out, quarantinePrefix(plan.run))}`);
  }
  return lines;
}

/** One `head` and one DuckDB line that work as they are printed. */
function lookLines(states: readonly RunState[], out: string): string[] {
  const state = states.find(({ done }) => [...done.values()].some(({ counts }) => counts.rows > 0));
  const part =
    state === undefined ? undefined : [...state.done.values()].find(({ counts }) => counts.rows > 0)?.parts[0];
  if (state === undefined || part === undefined) return [];
  const { settings } = state.plan;
  const all = shown(out, `${rowsPrefix(state.plan.run)}*/*${partEnding(settings)}`);
  const query = `SELECT page_namespace_id, count(*) AS rows FROM ${tableOf(settings, all)} GROUP BY ALL ORDER BY rows DESC`;
  return ['', 'Look at them:', `  ${headOf(settings, shown(out, part.key))}`, `  duckdb -c ${quoted(query)}`];
}

/** Parquet has no lines that a `head` could take. */
function headOf(rows: RowsFormat, path: string): string {
  if (rows.format === 'parquet') return `duckdb -json -c ${quoted(`FROM ${tableOf(rows, path)} LIMIT 1`)}`;
  return `${READERS[rows.compression]} ${quoted(path)} | head -n 1`;
}

function tableOf({ format }: RowsFormat, paths: string): string {
  if (format === 'parquet') return `read_parquet(${sqlQuoted(paths)}, hive_partitioning=false)`;
  return `read_json(${sqlQuoted(paths)}, format='newline_delimited', maximum_object_size=268435456)`;
}

/** A key's path as it is typed from here. */
function shown(out: string, key: string): string {
  const path = join(out, key);
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./=-]+$/.test(text) ? text : `"${text.replaceAll(/(["$`\\])/g, '\\$1')}"`;
}

function sqlQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
