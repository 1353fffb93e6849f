#!/usr/bin/env node
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { asTyped } from '@wikifleet/config/as-typed';
import { FleetError, messageOf, UsageError } from '@wikifleet/domain/errors';
import { writeSample, type SampleOptions, type SampleProgress, type SampleSummary } from './sample/write-sample.js';

const HELP = `usage: ${asTyped('sample', '[--out DIR] [--megabytes N] [--seed N] [--date YYYY-MM-DD]')}

Writes a small mirror of made-up wikis: a legacy run of samplewiki (multistream files with indexes, stubs, status and sums)
and a content file export of sampletwowiki. The same options give the same bytes on every machine.

  --out DIR          where to write it (default: data/sample); an empty folder, or the sample's own
  --megabytes N      of XML, in 1,000,000 bytes: 0.1 to 50000 (default: 20); the stubs come on top
  --seed N           another seed, another sample (default: 1)
  --date YYYY-MM-DD  of both runs (default: 2026-10-01)
  --help             this text
`;

/** Reads the command line; null asks for help. Throws a `UsageError`. */
function parseCommandLine(args: readonly string[]): SampleOptions | null {
  const values = parseFlags(args);
  if (values.help) return null;
  return {
    out: resolve(values.out),
    megabytes: numberOf('--megabytes', values.megabytes),
    seed: numberOf('--seed', values.seed),
    date: values.date,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        out: { type: 'string', default: 'data/sample' },
        megabytes: { type: 'string', default: '20' },
        seed: { type: 'string', default: '1' },
        date: { type: 'string', default: '2026-10-01' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    // Node's message goes on with advice that does not fit here.
    const [first] = messageOf(error).split(/\. |\n/);
    throw new UsageError('COMMAND_LINE_REFUSED', first ?? '', { cause: error });
  }
}

function numberOf(flag: string, text: string): number {
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new UsageError('NUMBER_REFUSED', `${flag}: expected a number, received ${JSON.stringify(text)}`);
}

function showProgress({ written, total, file }: SampleProgress): void {
  const percent = Math.min(100, Math.floor((written / total) * 100));
  process.stderr.write(`\r\u001b[K${percent}% of ${total / 1e6} MB: ${file}`);
}

function summaryText(out: string, summary: SampleSummary): string {
  const lines = summary.files.map(
    ({ path, size, pages, rows }) => `${path}: ${pages} pages, ${rows} rows, ${size} bytes\n`,
  );
  return `${lines.join('')}${summary.reused ? 'The sample is there already' : 'The sample is written'}: ${out}\n`;
}

async function main(): Promise<number> {
  try {
    const options = parseCommandLine(process.argv.slice(2));
    if (options === null) process.stdout.write(HELP);
    else await run(options);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`sample: ${messageOf(error)}${isUsage ? ' (see --help)' : ''}\n`);
    return isUsage ? 2 : 1;
  }
}

async function run(options: SampleOptions): Promise<void> {
  const showsProgress = process.stderr.isTTY;
  try {
    const summary = await writeSample(showsProgress ? { ...options, onProgress: showProgress } : options);
    process.stdout.write(summaryText(options.out, summary));
  } catch (error) {
    if (error instanceof FleetError) throw error;
    const message = `cannot write the sample to ${options.out}: ${messageOf(error)}`;
    throw new FleetError('SAMPLE_NOT_WRITTEN', message, { cause: error });
  } finally {
    if (showsProgress) process.stderr.write('\r\u001b[K');
  }
}

process.exitCode = await main();
