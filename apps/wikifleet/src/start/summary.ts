import { join, relative, resolve } from 'node:path';
import { asTyped } from '@wikifleet/config/as-typed';
import { describeDescents } from '@wikifleet/domain/page-order';
import { partEnding, quarantinePrefix, rowsPrefix } from '@wikifleet/domain/keys';
import { factsOf } from '@wikifleet/domain/formats';
import type { Format, RowsFormat } from '@wikifleet/domain/plan';
import { runName } from '@wikifleet/domain/run';
import { count, duration, megabytes, plural, shownName as printable } from '../figures.js';
import type { EmptiedFile } from './emptied-files.js';
import type { RunState } from './run-state.js';
import type { Source } from './sources.js';
import { templateLines } from '../template-lines.js';

const READERS = { none: 'cat', gzip: 'gzip -dc', zstd: 'zstd -dc', snappy: 'cat' } as const;

/** How a start ended. */
export interface EndedStart {
  readonly states: readonly RunState[];
  readonly emptied: readonly EmptiedFile[];
  readonly source: Pick<Source, 'refused' | 'notStarted' | 'problems' | 'warnings'>;
}

/** A file that is not converted, or of which nothing is left. */
export interface FailedFile {
  readonly file: string;
  readonly run: string;
  readonly why: string;
}

/** What the runs came to: a line a file, all that failed, where the rows lie, and how to look at them. */
export function summaryLines(ended: EndedStart, out: string, seconds: number): string[] {
  const { states, source } = ended;
  return [
    ...states.flatMap(linesOfRun),
    ...failureLines(failedFiles(ended)),
    ...(source.warnings.length === 0
      ? []
      : ['', 'Warnings:', ...source.warnings.map((line) => `  ${printable(line)}`)]),
    ...verdictLines(states, source.notStarted, out, seconds),
    ...lookLines(states, out),
  ];
}

/** Every file that failed, in the order of the runs; the files that could not be planned come first. */
export function failedFiles({ states, emptied, source }: EndedStart): FailedFile[] {
  const failed: FailedFile[] = source.refused.map(({ name, run, why }) => ({
    file: name,
    run: run === null ? '-' : runName(run),
    why,
  }));
  for (const state of states) {
    const run = runName(state.plan.run);
    for (const { file } of state.plan.files) {
      const done = state.done.get(file);
      // what has no row although its beginning is no dump's is no complete file, whatever the conversion made of it
      const isNothing = done?.counts.pages === 0 && source.problems.has(file);
      if (done !== undefined && !isNothing) continue;
      const quarantined = emptied.find((one) => one.state === state && one.file === file)?.reasons ?? [];
      failed.push({ file, run, why: reasonOf(state, file, source.problems, quarantined) });
    }
  }
  return failed;
}

function reasonOf(
  { failures }: RunState,
  file: string,
  problems: ReadonlyMap<string, string>,
  quarantined: readonly string[],
): string {
  const failure = failures.find((candidate) => candidate.file === file);
  if (failure?.code === 'CHECKSUM_DIFFERS') return `it changed after it was planned: ${failure.message}`;
  const problem = problems.get(file);
  if (problem !== undefined) return problem;
  if (quarantined.length > 0) return `every page is in the quarantine: ${quarantined.join('; ')}`;
  return failure?.message ?? 'not done';
}

function failureLines(failed: readonly FailedFile[]): string[] {
  if (failed.length === 0) return [];
  const shown = failed.map(({ file, ...rest }) => ({ file: printable(file), ...rest }));
  const width = Math.max(...shown.map(({ file }) => file.length));
  const runWidth = Math.max(...shown.map(({ run }) => run.length));
  const lines = shown.map(
    ({ file, run, why }) => `  ${file.padEnd(width)}  ${run.padEnd(runWidth)}  ${printable(why)}`,
  );
  return ['', `${plural(failed.length, 'file')} failed:`, ...lines];
}

function linesOfRun(state: RunState): string[] {
  const { plan, done, failures, manifest } = state;
  const width = Math.max(...plan.files.map(({ file }) => file.length));
  const lines = plan.files.map(({ file }) => {
    const name = `  ${file.padEnd(width)}`;
    const whole = done.get(file);
    if (whole !== undefined) {
      const { pages, rows, quarantined, filteredPages, pagesWithoutNamespace, textsRefused } = whole.counts;
      const notes: [number, string][] = [
        [filteredPages, 'pages filtered out'],
        [pagesWithoutNamespace, 'kept though their namespace is not known'],
        [Object.values(textsRefused).reduce((sum, n) => sum + n, 0), 'texts refused, whose columns are null'],
        [quarantined, 'in the quarantine'],
      ];
      const descents = describeDescents(whole.pageOrder);
      const note =
        notes.map(([n, what]) => (n === 0 ? '' : `, ${count(n)} ${what}`)).join('') +
        (descents === null ? '' : `, ${descents}`);
      return `${name}  ${count(pages).padStart(9)} pages ${count(rows).padStart(10)} rows  ${megabytes(whole.size).padStart(9)}${note}`;
    }
    const failure = failures.find((candidate) => candidate.file === file);
    const written = failure?.written?.pages ?? 0;
    return `${name}  failed${written === 0 ? '' : ` (${plural(written, 'complete page')} written)`}`;
  });
  const sum =
    manifest === null ? '' : `: ${plural(manifest.counts.pages, 'page')}, ${plural(manifest.counts.rows, 'row')}`;
  const vouched = plan.vouchedBy === 'listing' ? '; nobody vouched that this list of files is complete' : '';
  const templates = manifest === null ? [] : templateLines(manifest.counts).map((line) => `  ${line}`);
  return ['', `${runName(plan.run)}${sum}${vouched}`, ...lines, ...templates];
}

function verdictLines(
  states: readonly RunState[],
  notStarted: readonly string[],
  out: string,
  seconds: number,
): string[] {
  const complete = states.filter(({ manifest }) => manifest !== null);
  const rows = complete.reduce((sum, { manifest }) => sum + (manifest?.counts.rows ?? 0), 0);
  const lines = [
    '',
    `${complete.length} of ${plural(states.length + notStarted.length, 'run')} complete, ${plural(rows, 'row')}, in ${duration(seconds)}.`,
    ...notStarted.map((run) => `  ${run} is not complete: it was not started`),
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

/** Commands that work as they are printed, from the folder in which the start was typed. */
function lookLines(states: readonly RunState[], out: string): string[] {
  const state = states.find(({ done }) => [...done.values()].some(({ counts }) => counts.rows > 0));
  const part =
    state === undefined ? undefined : [...state.done.values()].find(({ counts }) => counts.rows > 0)?.parts[0];
  if (state === undefined || part === undefined) return [];
  const { settings, run } = state.plan;
  const all = `${globEscaped(shown(out, rowsPrefix(run)))}*/*${partEnding(settings)}`;
  const query = `SELECT page_namespace_id, count(*) AS rows FROM ${tableOf(settings, all)} GROUP BY ALL ORDER BY rows DESC`;
  const lines = ['', 'Look at them:', `  ${headOf(settings, shown(out, part.key))}`, `  duckdb -c ${quoted(query)}`];
  const complete = states.find(({ manifest }) => manifest !== null && manifest.counts.rows > 0);
  const page = complete === undefined ? null : firstPageOf(complete);
  if (complete !== undefined && page !== null) {
    const named = `--wiki ${complete.plan.run.wiki} --date ${complete.plan.run.date} --kind ${complete.plan.run.kind}`;
    lines.push(`  ${withCloud(out, `get ${named} --page ${page}`)}`);
    lines.push('Read everything again, and compare it with the manifests:', `  ${withCloud(out, `verify ${named}`)}`);
  }
  return lines;
}

function firstPageOf({ done }: RunState): number | null {
  const parts = [...done.values()].flatMap((file) => file.parts);
  return parts.find(({ pageIds }) => pageIds !== null)?.pageIds?.first ?? null;
}

/** A command of the fleet on the objects below `out`: the loopback cloud runs while it does. */
function withCloud(out: string, command: string): string {
  return asTyped('cloud', `--out ${quoted(shown(out, ''))} --exec ${quoted(asTyped('fleet', command))}`);
}

/** What is no text has no lines that a `head` could take. */
function headOf(rows: RowsFormat, path: string): string {
  if (!factsOf(rows.format).isText)
    return `duckdb -json -c ${quoted(`FROM ${tableOf(rows, globEscaped(path))} LIMIT 1`)}`;
  return `${READERS[rows.compression]} ${quoted(path)} | head -n 1`;
}

/** As DuckDB reads files of a format. */
const TABLES: Readonly<Record<Format, (paths: string) => string>> = {
  jsonl: (paths) => `read_json(${sqlQuoted(paths)}, format='newline_delimited', maximum_object_size=268435456)`,
  parquet: (paths) => `read_parquet(${sqlQuoted(paths)}, hive_partitioning=false)`,
};

function tableOf({ format }: RowsFormat, paths: string): string {
  return TABLES[format](paths);
}

/** A key's path as it is typed from here: npm runs its scripts in the package, wherever they were typed. */
function shown(out: string, key: string): string {
  const path = join(out, key);
  const typedIn = process.env['INIT_CWD'] ?? process.cwd();
  if (resolve(typedIn) !== process.cwd()) return path;
  const short = relative(process.cwd(), path);
  if (short === '' || short.startsWith('..')) return path;
  // a name that begins with a dash would be taken for a flag
  return `${short.startsWith('-') ? './' : ''}${short}${key.endsWith('/') ? '/' : ''}`;
}

/** For a POSIX shell; in double quotes where that is easier to read, and means the same to every shell. */
function quoted(text: string): string {
  if (/^[A-Za-z0-9_./=+:@%,-]+$/.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : `"${text}"`;
}

function sqlQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path for DuckDB, which takes these characters for a pattern. */
function globEscaped(path: string): string {
  return path.replaceAll(/[*?[]/g, (character) => `[${character}]`);
}
