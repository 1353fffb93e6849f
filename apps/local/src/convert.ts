import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { asTyped } from '@wikifleet/config/as-typed';
import { oneOf, parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { FILTER_FLAGS, PLAIN_TEXT_FLAG, filterOf } from '@wikifleet/config/filter-flags';
import { parseRowsFormat, rowsFormatFlags } from '@wikifleet/config/rows-format';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { DEFAULT_ENGINE, ENGINES } from '@wikifleet/conversion/engines';
import { openPartFormat } from '@wikifleet/conversion/open-part-format';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { checkName } from '@wikifleet/domain/names';
import { DEFAULT_SPLIT_BYTES } from '@wikifleet/domain/plan';
import { runMain } from '@wikifleet/worker/run-main';
import { openIndexBeside } from './convert/compare-index.js';
import { convertFile } from './convert/convert-file.js';
import { summarize } from './convert/summarize.js';
import { openFile } from './local-file.js';
import { ProgressLine } from './progress-line.js';
import { StreamSink, isBrokenPipe } from './stream-sink.js';

const COMMAND_LINE = {
  usage: asTyped('convert', 'FILE [flags]'),
  about:
    'Writes the rows of one dump file (bzip2, gzip or plain XML) to standard output, and a summary to standard error.\n' +
    'Exit code 0 only where the file is whole; 1 where it is not, after its whole pages were written.',
  flags: {
    wiki: { type: 'string', value: 'ID', help: 'the wiki of a file that does not say (default: unknown)' },
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
    ...PLAIN_TEXT_FLAG,
    out: { type: 'string', value: 'FILE', help: 'where the rows go instead of standard output' },
    quarantine: {
      type: 'string',
      value: 'FILE',
      help: 'where what cannot be read goes, with why (default: only counted)',
    },
  },
  positionals: ['FILE'],
} as const;

async function openDump(path: string): Promise<{ handle: FileHandle; size: number }> {
  try {
    const handle = await open(path);
    const info = await handle.stat();
    if (info.isFile()) return { handle, size: info.size };
    await handle.close();
  } catch (error) {
    throw new UsageError('FILE_UNREADABLE', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  throw new UsageError('FILE_UNREADABLE', `${path} cannot be read: expected a file`);
}

await runMain(async (releases) => {
  const { flags, positionals } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const path = positionals[0] ?? '';
  const rowsFormat = parseRowsFormat(flags, 'none');
  if (rowsFormat.format === 'parquet' && flags.out === undefined && process.stdout.isTTY)
    throw new UsageError(
      'OUTPUT_UNREADABLE',
      'Parquet is nothing to read on a terminal: expected --out FILE, or a pipe',
    );
  const engine = oneOf('engine', flags.engine ?? DEFAULT_ENGINE, ENGINES);
  const filter = filterOf(flags);
  const workers = wholeNumber('workers', flags.workers ?? String(availableParallelism()), 1, 256);
  const splitBytes = wholeNumber('split-bytes', flags['split-bytes'] ?? String(DEFAULT_SPLIT_BYTES), 1, 2 ** 40);
  const wiki = flags.wiki === undefined ? null : checkName('wiki', flags.wiki);
  const plainText = flags['plain-text'] ?? false;
  const format = await openPartFormat({ ...rowsFormat, plainText });
  const { handle, size } = await openDump(path);
  releases.defer(handle, async (h) => await h.close());
  const pool = releases.defer(openBlockPool(workers), async (p) => await p.close());
  const index = await openIndexBeside(path, releases);
  const rows = flags.out === undefined ? StreamSink.standardOutput() : await StreamSink.file(flags.out);
  const quarantine = flags.quarantine === undefined ? null : await StreamSink.file(flags.quarantine);
  const progress = releases.defer(new ProgressLine(process.stderr), (line) => line.clear());
  try {
    const converted = await convertFile(openFile(handle, size, path), {
      wiki,
      engine,
      filter,
      plainText,
      pool,
      splitBytes,
      format,
      rows,
      quarantine: quarantine ?? { write: async () => await Promise.resolve() },
      progress,
      index,
    });
    await rows.write(format.end());
    await rows.end();
    await quarantine?.end();
    progress.clear();
    for (const line of summarize(path, converted)) process.stderr.write(`${line}\n`);
    return converted.problems.length === 0 ? 0 : 1;
  } catch (error) {
    // the reader has all it wanted; a shell expects 128 + SIGPIPE
    if (isBrokenPipe(error)) return 141;
    throw error;
  }
});
