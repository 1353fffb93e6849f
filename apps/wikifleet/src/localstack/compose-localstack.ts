import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FleetError } from '@wikifleet/domain/errors';
import { runGroup, startGroup } from './child-group.js';
import type { RunningLocalstack } from './serve-localstack.js';

const run = promisify(execFile);

export interface ComposeOptions {
  readonly port: number;
  readonly composeFile: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Whether a Docker engine answers; a `docker` without one does not count. */
export async function dockerAnswers(environment: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    await run('docker', ['info'], { env: environment, timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** Starts the Compose file's `localstack`, and returns when its health check passes: the init script ran. */
export async function composeLocalstack(options: ComposeOptions): Promise<RunningLocalstack> {
  const compose = ['compose', '--file', options.composeFile];
  const env = { ...options.environment, WIKIFLEET_LOCALSTACK_PORT: String(options.port) };
  const remove = async () => {
    const args = [...compose, 'rm', '--stop', '--force', 'localstack'];
    await runGroup('docker', args, { env, signal: AbortSignal.timeout(30_000) });
  };
  try {
    await runGroup('docker', [...compose, 'up', '--detach', '--wait', 'localstack'], { env, signal: options.signal });
  } catch (error) {
    await remove().catch(() => undefined);
    options.signal.throwIfAborted();
    throw new FleetError('COMPOSE_FAILED', 'docker compose could not start LocalStack; its words are above', {
      cause: error,
    });
  }
  const logs = startGroup('docker', [...compose, 'logs', '--follow', '--since', '1s', 'localstack'], { env });
  return {
    ended: logs.ended,
    async close() {
      await logs.close();
      await remove();
    },
  };
}
