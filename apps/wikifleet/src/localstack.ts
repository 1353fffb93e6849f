import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FleetError } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { runMain } from '@wikifleet/worker/run-main';
import { stopRequested } from '@wikifleet/worker/stop-requested';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import { exportLines, fleetEnvironment } from './fleet-environment.js';
import { parseLocalstackArguments, type LocalstackArguments } from './localstack/arguments.js';
import { composeLocalstack, dockerAnswers } from './localstack/compose-localstack.js';
import { installLocalstack } from './localstack/install-localstack.js';
import { serveLocalstack, type RunningLocalstack } from './localstack/serve-localstack.js';

const inRepository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const say = (line: string): void => reportLine(`localstack: ${line}`);

await runMain(async (releases) => {
  const args = parseLocalstackArguments(process.argv.slice(2));
  const stop = new AbortController();
  // A second signal changes nothing: what was started is ended within seconds in any case
  releases.defer(
    stopRequested(() => stop.abort()),
    (request) => request.dispose(),
  );
  try {
    const server = releases.defer(await start(args, stop.signal), async (s) => await s.close());
    exportLines(fleetEnvironment(`http://127.0.0.1:${args.port}`)).forEach(printLine);
    say('ready; Ctrl-C ends it');
    const how = await Promise.race([server.ended, stop.signal.aborted ? null : once(stop.signal, 'abort')]);
    if (!stop.signal.aborted) throw new FleetError('LOCALSTACK_ENDED', `LocalStack ended by itself (${String(how)})`);
    return EXIT_CODES.done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('stopped before it was ready');
    return EXIT_CODES.stopped;
  }
});

async function start(args: LocalstackArguments, signal: AbortSignal): Promise<RunningLocalstack> {
  const { port } = args;
  const environment = process.env;
  if (args.docker ?? (await dockerAnswers(environment))) {
    say(`starting with Docker Compose on port ${port}`);
    return await composeLocalstack({ port, composeFile: inRepository('docker-compose.yml'), environment, signal });
  }
  // An empty XDG_CACHE_HOME counts as unset, as its specification says
  const caches = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const venv = await installLocalstack({
    cache: join(caches, 'wikifleet', 'localstack-4.14.0'),
    requirements: inRepository('docker/localstack-requirements.txt'),
    environment,
    python: args.python,
    signal,
    say,
  });
  say(`starting on port ${port}`);
  return await serveLocalstack({ port, venv, initScript: inRepository('docker/init/ready.sh'), environment, signal });
}
