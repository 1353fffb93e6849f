import { stat } from 'node:fs/promises';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { UsageError } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import { runMain } from '@wikifleet/worker/run-main';
import { stopRequested } from '@wikifleet/worker/stop-requested';
import { reportLine } from '@wikifleet/worker/terminal';

const COMMAND_LINE = {
  usage: asTyped('mirror', '--from DIR [--port N] [flags]'),
  about: `Serves a folder of dumps, laid out as a mirror has it (as "${asTyped('sample')}" makes it), over FTP, until Ctrl-C.`,
  flags: {
    from: { type: 'string', value: 'DIR', help: 'the folder' },
    port: { type: 'string', value: 'N', help: 'where it answers (default: 2121)' },
    host: { type: 'string', value: 'ADDRESS', help: 'which address it listens on (default: 127.0.0.1)' },
    'passive-ports': {
      type: 'string',
      value: 'A-B',
      help: 'where data connections are taken (default: any free port)',
    },
    connections: { type: 'string', value: 'N', help: 'connections at a time, the next one gets 421 (default: 16)' },
    'bytes-per-second': { type: 'string', value: 'N', help: 'the most that one connection gets (default: no limit)' },
  },
} as const;

function portRange(text: string): { first: number; last: number } {
  const [, first = '', last = ''] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first !== '' && range.first >= 1 && range.first <= range.last && range.last <= 65_535) return range;
  throw new UsageError(
    'FLAG_REFUSED',
    `--passive-ports: expected two ports as 2122-2141, received ${JSON.stringify(text)}`,
  );
}

await runMain(async (releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const folder = flags.from ?? '';
  const info = await stat(folder).catch(() => null);
  if (info?.isDirectory() !== true) {
    throw new UsageError('FOLDER_UNREADABLE', `--from: expected a folder, received ${JSON.stringify(folder)}`);
  }
  const stop = releases.defer(stopRequested(), (request) => request.dispose());
  const rate = flags['bytes-per-second'];
  const server = await startFtpServer({
    tree: directoryTree(folder),
    host: flags.host ?? '127.0.0.1',
    port: wholeNumber('port', flags.port ?? '2121', 0, 65_535),
    ...(flags['passive-ports'] === undefined ? {} : { passivePorts: portRange(flags['passive-ports']) }),
    ...(rate === undefined ? {} : { bytesPerSecond: wholeNumber('bytes-per-second', rate, 1, 1e12) }),
    maxConnections: wholeNumber('connections', flags.connections ?? '16', 1, 1000),
  });
  releases.defer(server, async (s) => await s.close());
  reportLine(`ftp://${server.host}:${server.port}/ serves ${folder}; Ctrl-C ends it.`);
  await stop.promise;
  return EXIT_CODES.done;
});
