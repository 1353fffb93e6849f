#!/usr/bin/env node
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { FleetError, UsageError } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { FolderLock } from '@wikifleet/local-cloud/s3/folder-lock';
import { reasonOf } from '@wikifleet/worker/output-target';
import { runMain } from '@wikifleet/worker/run-main';
import { printLine } from '@wikifleet/worker/terminal';
import { plural } from './figures.js';
import { makeFolder } from '@wikifleet/worker/make-folder';
import { ProgressLine } from './progress-line.js';
import { writeSample, type SampleOptions, type SampleSummary } from '@wikifleet/sample-wiki/write-sample';

const COMMAND_LINE = {
  usage: asTyped('sample', '[--out DIR] [--megabytes N] [--seed N] [--date YYYY-MM-DD]'),
  about:
    'Writes a small mirror of made-up wikis: a legacy run of samplewiki (multistream files with indexes, stubs, status and sums)\n' +
    'and a content file export of sampletwowiki. The same options give the same bytes on every machine.',
  flags: {
    out: {
      type: 'string',
      value: 'DIR',
      help: "where to write it (default: data/sample); an empty folder, or the sample's own",
    },
    megabytes: {
      type: 'string',
      value: 'N',
      help: 'of XML, in 1,000,000 bytes: 0.1 to 50000 (default: 20); the stubs come on top',
    },
    seed: { type: 'string', value: 'N', help: 'another seed, another sample (default: 1)' },
    date: { type: 'string', value: 'YYYY-MM-DD', help: 'of both runs (default: 2026-10-01)' },
  },
} as const;

function numberOf(flag: string, text: string): number {
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new UsageError('FLAG_REFUSED', `--${flag}: expected a number, received ${JSON.stringify(text)}`);
}

function summaryLines(out: string, summary: SampleSummary): string[] {
  const files = summary.files.map(
    ({ path, size, pages, rows }) =>
      `${path}: ${plural(pages, 'page')}, ${plural(rows, 'row')}, ${plural(size, 'byte')}`,
  );
  return [...files, `${summary.reused ? 'The sample is there already' : 'The sample is written'}: ${out}`];
}

await runMain(async (releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const progress = releases.defer(new ProgressLine(process.stderr), (line) => line.clear());
  const options: SampleOptions = {
    out: resolve(flags.out ?? 'data/sample'),
    megabytes: numberOf('megabytes', flags.megabytes ?? '20'),
    seed: numberOf('seed', flags.seed ?? '1'),
    date: flags.date ?? '2026-10-01',
    onProgress: ({ written, total, file }) => progress.show(written / total, `of ${total / 1e6} MB: ${file}`),
  };
  try {
    await makeFolder(options.out);
    releases.defer(await FolderLock.take(await realpath(options.out), 'sample'), async (lock) => await lock.close());
    const summary = await writeSample(options);
    progress.clear();
    summaryLines(options.out, summary).forEach(printLine);
    return EXIT_CODES.done;
  } catch (error) {
    progress.clear();
    if (error instanceof FleetError) throw error;
    const message = `the sample cannot be written to ${options.out}: ${reasonOf(error)}`;
    throw new FleetError('SAMPLE_NOT_WRITTEN', message, { cause: error });
  }
});
