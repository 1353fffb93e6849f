import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { MOTO, MotoServer } from '../box/moto-server.js';
import { ROOT } from '../end-to-end/programs.js';
import { cloudEnvironment } from './cloud-environment.js';

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
  readonly #server: MotoServer;

  private constructor(server: MotoServer) {
    this.#server = server;
  }

  static async start(): Promise<MotoFleet> {
    return new MotoFleet(await MotoServer.start());
  }

  get endpoint(): string {
    return this.#server.endpoint;
  }

  /** Forgets everything, and makes the fleet anew; returns the environment of our programs. */
  async make(): Promise<Record<string, string>> {
    await this.#server.reset();
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
    await this.#server.close();
  }
}
