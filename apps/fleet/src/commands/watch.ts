import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { startWatch } from '@wikifleet/dashboard/start-watch';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { connect } from '@wikifleet/worker/connect';
import { stopRequested } from '@wikifleet/worker/stop-requested';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import type { Command } from '../command.js';
import { namedRun } from '../runs/named-run.js';

const DEFAULT_PORT = '4570';

const COMMAND_LINE = {
  usage: asTyped('watch', '[--port N] [--wiki W --date D [--kind K]]'),
  about:
    'Serves a page on 127.0.0.1 that shows queues, files, speed, errors and quarantined pages as they are, by what SQS and\n' +
    'S3 say. Ends with Ctrl-C.',
  flags: {
    port: { type: 'string', value: 'N', help: `where it is served (default: ${DEFAULT_PORT}; 0: any free one)` },
    wiki: { type: 'string', value: 'W', help: 'one run: its wiki (default: the newest run of each wiki and kind)' },
    date: { type: 'string', value: 'D', help: 'one run: its date, YYYY-MM-DD' },
    kind: { type: 'string', value: 'K', help: 'one run: its kind (default: articles-multistream)' },
  },
} as const;

export const watch: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const port = wholeNumber('port', flags.port ?? DEFAULT_PORT, 0, 65_535);
  const run = namedRun(flags.wiki, flags.date, flags.kind);
  const stop = releases.defer(
    stopRequested(() => {}),
    (request) => request.dispose(),
  );
  const cloud = await connect(readSettings(process.env, CLOUD_VARIABLES), releases);
  const page = await startWatch({ cloud, runs: run === null ? null : [run], port });
  releases.defer(page, async ({ close }) => await close());
  printLine(page.url);
  reportLine('The page is open to this machine alone; Ctrl-C ends it.');
  await stop.promise;
  return EXIT_CODES.done;
};
