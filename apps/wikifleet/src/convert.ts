import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { asTyped } from '@wikifleet/config/as-typed';
import { oneOf, parseCommandLine, wholeNumber, wikiName } from '@wikifleet/config/command-line';
import { COLUMN_FLAGS, columnsOf } from '@wikifleet/config/column-flags';
import { FILTER_FLAGS, filterOf } from '@wikifleet/config/filter-flags';
import { parseRowsFormat, rowsFormatFlags } from '@wikifleet/config/rows-format';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { DEFAULT_ENGINE, ENGINES } from '@wikifleet/conversion/engines';
import { openPartFormat } from '@wikifleet/conversion/output-formats';
import { FleetError, PermanentError, UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { factsOf } from '@wikifleet/domain/formats';
import { DEFAULT_SPLIT_BYTES } from '@wikifleet/domain/plan';
import { openOutputs } from '@wikifleet/worker/output-file';
import type { Output } from '@wikifleet/worker/output-file';
import { reasonOf } from '@wikifleet/worker/output-target';
import { runMain } from '@wikifleet/worker/run-main';
import { reportLine } from '@wikifleet/worker/terminal';
import { openIndexBeside } from './convert/compare-index.js';
import { convertFile } from './convert/convert-file.js';
import { StopSignal } from './convert/stop-signal.js';
import { summarize } from './convert/summarize.js';
import { openFile } from './local-file.js';
import { ProgressLine } from './progress-line.js';

const COMMAND_LINE = {
  usage: asTyped('convert', 'FILE [flags]'),
  about:
    'Writes the rows of one dump file (bzip2, gzip or plain XML) to standard output, and a summary to standard error.\n' +
    'Exit code 0 only when the file is complete; 1 when it is not, after the rows of its complete pages were written. Files\n' +
    'grow as NAME.partial and are renamed when all is done: after exit code 1 what was converted is in NAME.partial.',
  flags: {
    wiki: {
      type: 'string',
      value: 'ID',
      help: "the wiki of the rows, whatever the file's dbname says (default: its dbname, else unknown)",
    },
    engine: {
      type: 'string',
      value: 'E',
      help: `what reads the XML: ${ENGINES.join(' or ')} (default: ${DEFAULT_ENGINE}); the rows are the same`,
    },
    workers: { type: 'string', value: 'N', help: 'threads (default: one a processor); the rows are the same' },
    'split-bytes': {
      type: 'string',
      value: 'N',
      help: `compressed bytes of a split (default: ${DEFAULT_SPLIT_BYTES}); the rows are the same`,
    },
    ...FILTER_FLAGS,
    ...rowsFormatFlags('none'),
    ...COLUMN_FLAGS,
    out: { type: 'string', value: 'FILE', help: 'where the rows go instead of standard output' },
    quarantine: {
      type: 'string',
      value: 'FILE',
      help: 'where what cannot be read goes, with the reason (default: only counted)',
    },
  },
  positionals: ['FILE'],
} as const;

/** Opens a dump; throws a `UsageError` for what is no file or cannot be read, `FILE_EMPTY` for an empty one. */
async function openDump(path: string): Promise<{ handle: FileHandle; size: number }> {
  const unreadable = (reason: string, cause?: unknown): UsageError =>
    new UsageError('FILE_UNREADABLE', `${path} cannot be read: ${reason}`, { cause });
  try {
    // before it is opened: to open a pipe waits for its writer
    const info = await stat(path);
    if (!info.isFile()) throw unreadable(`expected a file, received ${kindOf(info)}`);
    if (info.size === 0) throw new PermanentError('FILE_EMPTY', `${path} is empty: expected a dump`);
    return { handle: await open(path), size: info.size };
  } catch (error) {
    throw error instanceof PermanentError ? error : unreadable(reasonOf(error), error);
  }
}

function kindOf(info: Stats): string {
  if (info.isDirectory()) return 'a folder';
  return info.isFIFO() || info.isSocket() ? 'a pipe (unpack or save it to a file first)' : 'a device';
}

await runMain(async (releases) => {
  const { flags, positionals } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const path = positionals[0] ?? '';
  const rowsFormat = parseRowsFormat(flags, 'none');
  if (!factsOf(rowsFormat.format).isText && flags.out === undefined && process.stdout.isTTY)
    throw new UsageError(
      'OUTPUT_UNREADABLE',
      `${rowsFormat.format} cannot be read on a terminal: expected --out FILE, or a pipe`,
    );
  const engine = oneOf('engine', flags.engine ?? DEFAULT_ENGINE, ENGINES);
  const filter = filterOf(flags);
  const workers = wholeNumber('workers', flags.workers ?? String(availableParallelism()), 1, 256);
  const splitBytes = wholeNumber('split-bytes', flags['split-bytes'] ?? String(DEFAULT_SPLIT_BYTES), 1, 2 ** 40);
  const wiki = flags.wiki === undefined ? null : wikiName('wiki', flags.wiki);
  const choice = columnsOf(flags);
  const format = openPartFormat({ ...rowsFormat, ...choice });
  const { handle, size } = await openDump(path);
  releases.defer(handle, async (h) => await h.close());
  const stop = releases.defer(new StopSignal(), (s) => s.dispose());
  const outputs = await openOutputs(
    [
      flags.out === undefined ? { name: 'standard output', path: '/dev/stdout' } : { name: '--out', path: flags.out },
      ...(flags.quarantine === undefined ? [] : [{ name: '--quarantine', path: flags.quarantine }]),
    ],
    [{ name: 'the dump', path }],
  );
  const [rows, quarantine] = outputs as [Output, ...Output[]];
  releases.defer(outputs, async (all) => void (await Promise.all(all.map(async (output) => await output.stop()))));
  const pool = releases.defer(openBlockPool(workers), async (p) => await p.close());
  const index = await openIndexBeside(path, releases);
  const progress = releases.defer(new ProgressLine(process.stderr), (line) => line.clear());
  try {
    const converted = await convertFile(openFile(handle, size, path), {
      wiki,
      engine,
      filter,
      choice,
      pool,
      splitBytes,
      format,
      rows,
      quarantine: quarantine ?? { write: async () => await Promise.resolve() },
      progress,
      signal: stop.signal,
      index,
    });
    const isComplete = converted.problems.length === 0;
    // rows that came before an error are a file that can be read too
    if (isComplete || converted.counts.rows > 0) await rows.write(format.end());
    // the rows last: where they are, all is
    if (isComplete) for (const output of outputs.toReversed()) await output.complete();
    progress.clear();
    for (const line of summarize(path, converted, quarantine !== undefined)) reportLine(line);
    if (isComplete) return EXIT_CODES.done;
    const left = await stopAll(outputs);
    if (left !== null) reportLine(`wikifleet: what was converted is in ${left}`);
    return EXIT_CODES.failed;
  } catch (error) {
    progress.clear();
    const left = await stopAll(outputs);
    // the reader has all it wanted
    if (codeOf(error) === 'EPIPE') return EXIT_CODES.readerGone;
    const converted = left === null ? '' : `; what was converted is in ${left}`;
    if (stop.signal.aborted) {
      reportLine(`wikifleet: ${path}: stopped by ${stop.name}${converted}`);
      return EXIT_CODES.stopped;
    }
    if (left === null) throw error;
    throw new FleetError(codeOf(error), `${messageOf(error)}${converted}`, { cause: error });
  }
});

/** Closes what is not complete; returns where that is, as words. */
async function stopAll(outputs: readonly Output[]): Promise<string | null> {
  const left: string[] = [];
  for (const output of outputs) {
    const path = await output.stop();
    if (path !== null) left.push(path);
  }
  return left.length === 0 ? null : left.join(' and ');
}
