import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { messageOf, UsageError } from '@wikifleet/domain/errors';

import { localstackHelp, parseLocalstackArguments, type LocalstackArguments } from './localstack/arguments.js';
import { composeLocalstack, dockerAnswers } from './localstack/compose-localstack.js';
import { exportLines, fleetEnvironment } from './localstack/fleet-environment.js';
import { installLocalstack } from './localstack/install-localstack.js';
import { serveLocalstack, type RunningLocalstack } from './localstack/serve-localstack.js';

const inRepository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const say = (line: string) => process.stderr.write(`localstack: ${line}\n`);

async function start(args: LocalstackArguments, signal: AbortSignal): Promise<RunningLocalstack> {
  const environment = process.env;
  const docker = args.docker ?? (args.python === undefined && (await dockerAnswers(environment)));
  if (docker) {
    say(`starting with Docker Compose on port ${args.port}`);
    return composeLocalstack({ port: args.port, composeFile: inRepository('docker-compose.yml'), environment, signal });
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
  say(`starting on port ${args.port}`);
  const initScript = inRepository('docker/init/ready.sh');
  return serveLocalstack({ port: args.port, venv, initScript, environment, signal });
}

async function main(): Promise<number> {
  const args = parseLocalstackArguments(process.argv.slice(2));
  if (args.help) {
    process.stdout.write(localstackHelp);
    return 0;
  }
  const stop = new AbortController();
  const stopped = new Promise<'stopped'>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  // A second signal changes nothing: what was started is ended within seconds in any case
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());

  let server: RunningLocalstack;
  try {
    server = await start(args, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('stopped before it was ready');
    return 130;
  }
  try {
    process.stdout.write(exportLines(fleetEnvironment(args.port)));
    say('ready; Ctrl-C ends it');
    const how = await Promise.race([server.ended, stopped]);
    if (how === 'stopped') return 0;
    say(`LocalStack ended by itself (${how})`);
    return 1;
  } finally {
    await server.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(messageOf(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
