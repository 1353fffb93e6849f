import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, until } from '../end-to-end/programs.js';
import { cloudEnvironment } from './cloud-environment.js';
import { freePort } from './free-port.js';

/** `moto_server`, installed with `tests/tools/moto-requirements.txt`; empty where nobody named one. */
export const MOTO = process.env['WIKIFLEET_MOTO'] ?? '';

/** In words, for the title of what is skipped without it. */

export interface Suspended {
  readonly DynamicScalingInSuspended?: boolean;
  readonly DynamicScalingOutSuspended?: boolean;
  readonly ScheduledScalingSuspended?: boolean;
}

/** What boto3 reads back; see `tests/tools/moto-fleet.py`. */
export interface MotoState {
  readonly desired: Readonly<Record<string, number>>;
  readonly strategies: Readonly<Record<string, readonly unknown[]>>;
  /** Minimum, maximum, what is suspended. */
  readonly targets: Readonly<Record<string, readonly [number, number, Suspended]>>;
  /** Name, resource, schedule, action. */
  readonly actions: readonly (readonly [string, string, string, unknown])[];
  /** Status, who started it, its command. */
  readonly tasks: readonly (readonly [string, string, readonly string[]])[];
}

/** moto's server with a fleet on it. */
export class MotoFleet {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(endpoint: string, child: ChildProcess) {
    this.endpoint = endpoint;
    this.#child = child;
  }

  static async start(): Promise<MotoFleet> {
    const port = await freePort();
    const child = spawn(MOTO, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    const endpoint = `http://127.0.0.1:${port}`;
    const fleet = new MotoFleet(endpoint, child);
    try {
      await until("moto's server answers", async () => (await status(`${endpoint}/moto-api/data.json`)) === 200, 60);
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /** Forgets everything, and makes the fleet anew; returns the environment of our programs. */
  async make(): Promise<Record<string, string>> {
    await fetch(`${this.endpoint}/moto-api/reset`, { method: 'POST' });
    const { account } = (await this.#boto3('make')) as { account: string };
    return {
      ...cloudEnvironment(this.endpoint, account),
      WIKIFLEET_CLUSTER: 'wikifleet',
      WIKIFLEET_DOWNLOADER_SERVICE: 'wikifleet-downloader',
      WIKIFLEET_CONVERTER_SERVICE: 'wikifleet-converter',
    };
  }

  async read(): Promise<MotoState> {
    return (await this.#boto3('read')) as MotoState;
  }

  async #boto3(command: 'make' | 'read'): Promise<unknown> {
    const script = join(ROOT, 'tests/tools/moto-fleet.py');
    const python = join(dirname(MOTO), 'python');
    const { stdout } = await promisify(execFile)(python, [script, this.endpoint, command], { timeout: 60_000 });
    return JSON.parse(stdout);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

async function status(url: string): Promise<number> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 0;
  }
}
