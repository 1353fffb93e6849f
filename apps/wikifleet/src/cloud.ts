import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { runMain } from '@wikifleet/worker/run-main';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { stopRequested } from '@wikifleet/worker/stop-requested';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import { exportLines, fleetEnvironment } from './fleet-environment.js';
import { prepareOut, startCloud } from './start/local-fleet.js';

const COMMAND_LINE = {
  usage: asTyped('cloud', '[--out DIR] [--port N] [--exec COMMAND]'),
  about:
    "Runs SQS and S3 on 127.0.0.1 with the fleet's bucket and queues, prints the environment to export once they\n" +
    'answer, and ends with Ctrl-C or with the command that started it. Objects and messages are there again after the next start.',
  flags: {
    out: { type: 'string', value: 'DIR', help: 'where objects go, as plain files under their keys (default: ./data)' },
    port: { type: 'string', value: 'N', help: 'where both answer (default: 4566; with --exec any free port)' },
    exec: {
      type: 'string',
      value: 'COMMAND',
      help: 'run this shell command with that environment, and end with its exit code',
    },
  },
} as const;

await runMain(async (releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const port = wholeNumber('port', flags.port ?? (flags.exec === undefined ? '4566' : '0'), 0, 65_535);
  const folders = await prepareOut(flags.out ?? 'data');
  const stop = releases.defer(stopRequested(), (request) => request.dispose());
  const { environment } = await startCloud(folders, port, releases);
  if (flags.exec !== undefined) return await execute(flags.exec, environment, stop.promise);
  exportLines(fleetEnvironment(environment['AWS_ENDPOINT_URL'] ?? '')).forEach(printLine);
  reportLine(
    `SQS and S3 answer at ${environment['AWS_ENDPOINT_URL']}; objects are files in ${folders.out}; Ctrl-C ends it.`,
  );
  await stop.promise;
  return EXIT_CODES.done;
});

/** Runs a shell command, which a signal ends; returns its exit code. */
async function execute(
  command: string,
  environment: Readonly<Record<string, string>>,
  stopped: Promise<unknown>,
): Promise<ExitCode> {
  const child = spawn(command, { shell: true, stdio: 'inherit', env: { ...process.env, ...environment } });
  void stopped.then(() => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code === null) return EXIT_CODES.stopped;
  // a shell's others (127: no such command) are failures
  return Object.values(EXIT_CODES).find((known) => known === code) ?? EXIT_CODES.failed;
}
