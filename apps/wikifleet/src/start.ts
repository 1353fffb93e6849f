import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { asTyped } from '@wikifleet/config/as-typed';
import { oneOf, parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { COLUMN_FLAGS, columnsOf } from '@wikifleet/config/column-flags';
import { FILTER_FLAGS, filterOf } from '@wikifleet/config/filter-flags';
import { parseRowsFormat, rowsFormatFlags } from '@wikifleet/config/rows-format';
import { DEFAULT_SPLIT_BYTES } from '@wikifleet/domain/plan';
import { KINDS } from '@wikifleet/domain/run';
import { runMain } from '@wikifleet/worker/run-main';
import { runFleet } from './start/run-fleet.js';
import { chooseSource } from './start/sources.js';

const COMMAND_LINE = {
  usage: asTyped('start', '[--from DIR | --wiki W] [flags]'),
  about:
    'Runs the whole fleet on this machine: SQS, S3 and an FTP mirror on loopback, and downloader and converters as\n' +
    'processes. Without flags it converts a sample wiki. Exit code 0 only when every run is complete.',
  flags: {
    from: { type: 'string', value: 'DIR', help: 'convert the dump files in this folder' },
    wiki: {
      type: 'string',
      value: 'W',
      help: 'convert a wiki from the real mirrors; with --from: the wiki of all files, whatever they say',
    },
    date: {
      type: 'string',
      value: 'D',
      help: 'YYYY-MM-DD or latest (default: latest); with --from: of files whose name has none',
    },
    kind: {
      type: 'string',
      value: 'K',
      help: `one of ${KINDS.join(', ')}\n(default: articles-multistream); with --from: of files whose name does not say (default: articles)`,
    },
    out: { type: 'string', value: 'DIR', help: 'where objects go, as plain files under their keys (default: ./data)' },
    converters: { type: 'string', value: 'N', help: 'converter processes (default: 1)' },
    workers: { type: 'string', value: 'N', help: 'threads in each converter (default: one a processor)' },
    'split-bytes': {
      type: 'string',
      value: 'N',
      help: `compressed bytes of a split (default: ${DEFAULT_SPLIT_BYTES})`,
    },
    ...FILTER_FLAGS,
    ...rowsFormatFlags(),
    ...COLUMN_FLAGS,
    'accept-overlap': {
      type: 'boolean',
      help: 'with --from: convert files too whose names say that they hold the same pages',
    },
    raw: {
      type: 'string',
      value: 'R',
      help: "keep or delete: the mirror's bytes, once a file's rows are whole (default: keep)",
    },
    port: { type: 'string', value: 'N', help: 'of the loopback cloud (default: any free one)' },
    keep: { type: 'boolean', help: 'go on with what an earlier start left in --out (the default)' },
    fresh: { type: 'boolean', help: 'delete first what earlier starts wrote to --out, and nothing else there' },
    force: { type: 'boolean', help: 'replace a plan that differs, and delete what it made' },
    'ignore-listing': {
      type: 'boolean',
      help: "with --wiki: take the list of files as it is where it disagrees with the folder's listing",
    },
    'sample-megabytes': { type: 'string', value: 'N', help: 'XML of the sample wiki (default: 20)' },
  },
} as const;

await runMain(async (releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const out = flags.out ?? 'data';
  const converters = wholeNumber('converters', flags.converters ?? '1', 1, 64);
  const workers = wholeNumber('workers', flags.workers ?? String(availableParallelism()), 1, 256);
  const splitBytes = wholeNumber('split-bytes', flags['split-bytes'] ?? String(DEFAULT_SPLIT_BYTES), 1, 2 ** 40);
  const port = wholeNumber('port', flags.port ?? '0', 0, 65_535);
  const filter = filterOf(flags);
  const rowsFormat = parseRowsFormat(flags);
  const rawObjects = oneOf('raw', flags.raw ?? 'keep', ['keep', 'delete']);
  const megabytes = wholeNumber('sample-megabytes', flags['sample-megabytes'] ?? '20', 1, 100_000);
  const source = chooseSource({
    ...flags,
    acceptOverlap: flags['accept-overlap'] ?? false,
    ignoreListing: flags['ignore-listing'] ?? false,
    sampleMegabytes: megabytes,
    sampleFolder: join(out, '.wikifleet', `sample-${megabytes}`),
  });
  return await runFleet(
    {
      out,
      from: flags.from,
      converters,
      workers,
      splitBytes,
      port,
      filter,
      rowsFormat,
      choice: columnsOf(flags),
      rawObjects,
      fresh: flags.fresh === true && flags.keep !== true,
      force: flags.force ?? false,
      source,
    },
    releases,
  );
});
