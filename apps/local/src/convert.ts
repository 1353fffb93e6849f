import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { oneOf, parseCommandLine } from '@wikifleet/config/command-line';
import { convertDump } from '@wikifleet/conversion/convert-dump';
import type { Conversion } from '@wikifleet/conversion/convert-dump';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { joinProblems } from '@wikifleet/domain/join';
import { checkName } from '@wikifleet/domain/names';
import { COMPRESSIONS } from '@wikifleet/domain/plan';
import { runMain } from '@wikifleet/worker/run-main';
import type { ExitCode } from '@wikifleet/worker/run-main';
import { count, duration, megabytes, plural } from './figures.js';
import { StreamSink, isBrokenPipe } from './file-sink.js';
import { ProgressLine } from './progress-line.js';

const COMMAND_LINE = {
  usage: 'npm run -s convert -- FILE [flags]',
  about:
    'Writes the rows of one dump file (bzip2, gzip or plain XML) to standard output, and a summary to standard error.\n' +
    'Exit code 0 only where the file is whole; 1 where it is not, after its whole pages were written.',
  flags: {
    wiki: { type: 'string', value: 'ID', help: 'the wiki of a file that does not say (default: unknown)' },
    engine: { type: 'string', value: 'E', help: 'what reads the XML: reference (the default, and the only one)' },
    compression: { type: 'string', value: 'C', help: 'of the rows: none, gzip or zstd (default: none)' },
    out: { type: 'string', value: 'FILE', help: 'where the rows go instead of standard output' },
    quarantine: { type: 'string', value: 'FILE', help: 'where what cannot be read goes, with why (default: only counted)' },
  },
  positionals: ['FILE'],
} as const;

const MIB = 1024 * 1024;

async function sizeOf(path: string): Promise<number> {
  try {
    const { size } = await stat(path);
    return size;
  } catch (error) {
    throw new UsageError('FILE_UNREADABLE', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

await runMain(async (releases) => {
  const { flags, positionals } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const path = positionals[0] ?? '';
  const compression = oneOf('compression', flags.compression ?? 'none', COMPRESSIONS);
  oneOf('engine', flags.engine ?? 'reference', ['reference']);
  const wiki = flags.wiki === undefined ? null : checkName('wiki', flags.wiki);
  const size = await sizeOf(path);
  const rows = flags.out === undefined ? StreamSink.standardOutput() : await StreamSink.file(flags.out);
  const quarantine = flags.quarantine === undefined ? null : await StreamSink.file(flags.quarantine);
  const progress = releases.defer(new ProgressLine(process.stderr), (line) => line.clear());
  const started = performance.now();
  const secondsSoFar = (): number => (performance.now() - started) / 1000;
  try {
    const conversion = await convertDump({
      source: createReadStream(path, { highWaterMark: MIB }),
      wiki,
      compression,
      rows,
      quarantine: quarantine ?? { write: async () => await Promise.resolve() },
      signal: new AbortController().signal,
      onProgress: ({ bytes, xmlBytes, pages, rows: done }) => {
        const seconds = secondsSoFar();
        const left = (seconds * Math.max(0, size - bytes)) / Math.max(1, bytes);
        const pace = `${megabytes(xmlBytes / seconds)}/s of XML`;
        progress.show(bytes / Math.max(1, size), `${count(pages)} pages, ${count(done)} rows, ${pace}, ${duration(left)} left`);
      },
    });
    await rows.end();
    await quarantine?.end();
    progress.clear();
    return summarize(path, size, conversion, secondsSoFar());
  } catch (error) {
    // the reader has all it wanted; a shell expects 128 + SIGPIPE
    if (isBrokenPipe(error)) return 141;
    throw error;
  }
});

function summarize(path: string, size: number, conversion: Conversion, seconds: number): ExitCode {
  const { counts, xmlBytes, failure } = conversion;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(
    `${path}: ${plural(counts.pages, 'page')}, ${plural(counts.rows, 'row')}, ${megabytes(xmlBytes)} of XML in ` +
      `${duration(seconds)} (${megabytes(xmlBytes / seconds)}/s)`,
  );
  const notes: [number, string][] = [
    [counts.pagesWithoutRevision, 'pages without a revision, which have no row'],
    [counts.quarantined, 'pieces that could not be read (--quarantine FILE keeps them, with why)'],
    [counts.partialPages, 'pages of which something could not be read'],
  ];
  for (const [n, what] of notes) if (n > 0) say(`  ${count(n)} ${what}`);
  const unmapped = Object.entries(counts.unmapped).map(([name, n]) => `${name} ${count(n)}`);
  if (unmapped.length > 0) say(`  without a column, left out of the rows: ${unmapped.join(', ')}`);
  const problems =
    failure === null ? joinProblems(size, [{ ...conversion, split: { index: 0 } }]) : [{ message: failure.message }];
  for (const { message } of problems) say(`wikifleet: ${path} is not whole: ${message}`);
  return problems.length === 0 ? 0 : 1;
}
