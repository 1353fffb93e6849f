import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, FleetError, UsageError } from '@wikifleet/domain/errors';
import { fleetEnvironment } from '../fleet-environment.js';
import { runGroup, startGroup, type ChildGroup } from './child-group.js';

export interface ServeOptions {
  readonly port: number;
  /** A virtual environment with LocalStack and the AWS command line. */
  readonly venv: string;
  /** Makes the bucket and the queues; the same script serves the container. */
  readonly initScript: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export interface RunningLocalstack {
  /** Settles when the server ends, whoever ended it. */
  readonly ended: Promise<number | string>;
  /** Ends the server, its children and its data. */
  close(): Promise<void>;
}

/** In milliseconds; a cold start takes 5 to 10 seconds. */
const startTimeout = 120_000;

/** Starts LocalStack from its Python package on 127.0.0.1, and returns when the bucket and the queues are there. */
export async function serveLocalstack(options: ServeOptions): Promise<RunningLocalstack> {
  await requireFreePort(options.port);
  const data = await mkdtemp(join(tmpdir(), 'wikifleet-localstack-'));
  const path = [join(options.venv, 'bin'), options.environment['PATH'] ?? ''].join(delimiter);
  const server = startGroup(join(options.venv, 'bin', 'python'), ['-m', 'localstack.runtime.main'], {
    // Not the caller's folder: LocalStack reads a .env file there
    cwd: data,
    env: {
      ...options.environment,
      PATH: path,
      SERVICES: 'sqs,s3,cloudwatch',
      GATEWAY_LISTEN: `127.0.0.1:${options.port}`,
      FILESYSTEM_ROOT: data,
      TMPDIR: data,
      // Nothing is reported to anybody, and no certificate is fetched
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      LS_LOG: options.environment['LS_LOG'] ?? 'error',
    },
  });
  const close = async () => {
    await server.close();
    await rm(data, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await waitUntilHealthy(options.port, server, options.signal);
    await runGroup('bash', [options.initScript], {
      env: { ...options.environment, PATH: path, ...fleetEnvironment(`http://127.0.0.1:${options.port}`) },
      signal: options.signal,
    });
    return { ended: server.ended, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function requireFreePort(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
  }).catch((cause: unknown) => {
    const reason = codeOf(cause) === 'EADDRINUSE' ? 'is in use' : `cannot be used (${codeOf(cause)})`;
    throw new UsageError(
      'PORT_IN_USE',
      `port ${port} ${reason}: end what listens there, or choose another by --port N`,
    );
  });
  await new Promise((resolve) => probe.close(resolve));
}

async function waitUntilHealthy(port: number, server: ChildGroup, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + startTimeout;
  const died = server.ended.then((how) => {
    throw new FleetError('LOCALSTACK_DIED', `LocalStack ended while it started (${how}); its last words are above`);
  });
  while (!(await Promise.race([died, isHealthy(port, signal)]))) {
    signal.throwIfAborted();
    if (performance.now() > deadline) {
      const seconds = startTimeout / 1000;
      throw new FleetError(
        'LOCALSTACK_NOT_READY',
        `LocalStack did not answer on port ${port} within ${seconds} seconds`,
      );
    }
    await Promise.race([died, delay(250)]);
  }
}

async function isHealthy(port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${port}/_localstack/health`;
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2000)]) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
