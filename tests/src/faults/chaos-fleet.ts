import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start, until } from '../end-to-end/programs.js';
import type { Ended, Running } from '../end-to-end/programs.js';
import { cloudEnvironment } from '../tools/cloud-environment.js';

export type WorkerKind = 'downloader' | 'converter';

export interface Worker {
  readonly kind: WorkerKind;
  readonly running: Running;
  /** Stopped by SIGSTOP, for the moment. */
  frozen: boolean;
}

export interface ChaosFleetOptions {
  /** A folder of the fleet's own. */
  readonly folder: string;
  /** Where a cloud that is there already answers; null: one of the fleet's own, which can be killed. */
  readonly cloud: string | null;
  readonly visibilitySeconds: number;
}

/** The programs of a fleet and its cloud, each a process that can be killed and started again. */
export class ChaosFleet {
  readonly #options: ChaosFleetOptions;
  readonly #workers = new Set<Worker>();
  /** Every worker that ever was. */
  readonly #all: Running[] = [];
  /** Every command of the operator. */
  readonly #commands: Running[] = [];
  #cloud: Running | null = null;
  #stopping = false;
  #port = 0;
  #environment: Readonly<Record<string, string>> = {};

  constructor(options: ChaosFleetOptions) {
    this.#options = options;
    process.once('exit', this.#killAll);
  }

  /** Also where this process itself ends in mid-run: nothing outlives it. */
  readonly #killAll = (): void => {
    for (const { child } of [...this.#all, ...this.#commands]) child.kill('SIGKILL');
    this.#cloud?.child.kill('SIGKILL');
  };

  /** Where the cloud answers in truth. */
  get cloudEndpoint(): string {
    return this.#options.cloud ?? `http://127.0.0.1:${this.#port}`;
  }

  get workers(): readonly Worker[] {
    return [...this.#workers];
  }

  async startCloud(): Promise<void> {
    if (this.#options.cloud !== null) return;
    const out = join(this.#options.folder, 'out');
    const cloud = start('wikifleet/dist/cloud.js', ['--out', out, '--port', String(this.#port)]);
    this.#cloud = cloud;
    await until('the cloud answers', () => {
      if (cloud.child.exitCode !== null) throw new Error(`the cloud does not start: ${cloud.output()}`);
      return cloud.output().includes('CONVERT_DEAD_LETTER_QUEUE_URL=');
    });
    this.#port = Number(/127\.0\.0\.1:(\d+)/.exec(cloud.output())?.[1]);
  }

  /** Kills the cloud without warning; returns when it is gone. */
  async killCloud(): Promise<void> {
    this.#cloud?.child.kill('SIGKILL');
    await this.#cloud?.ended;
  }

  /** Says where programs find the cloud (or what stands before it) and the mirror, an FTP server on loopback. */
  async connectTo(endpoint: string, mirrorPort: number): Promise<void> {
    const path = join(this.#options.folder, 'mirrors.json');
    const mirror = { name: 'sample', protocol: 'ftp', host: '127.0.0.1', port: mirrorPort, root: '/', status: true };
    const mirrors = [{ ...mirror, connections: 6 }];
    await writeFile(path, JSON.stringify({ contact: 'nobody@localhost', mirrors }));
    this.#environment = {
      ...cloudEnvironment(endpoint),
      WIKIFLEET_MIRRORS: path,
      WIKIFLEET_WORKERS: '1',
      WIKIFLEET_DOWNLOADERS: '2',
      WIKIFLEET_GRACE_SECONDS: '1',
      WIKIFLEET_VISIBILITY_SECONDS: String(this.#options.visibilitySeconds),
    };
  }

  seed(splitBytes: number, force = false): Running {
    const args = ['--wiki', 'samplewiki', '--date', '2026-10-01', '--split-bytes', String(splitBytes), '--json'];
    return this.#start('seed/dist/main.js', force ? [...args, '--force'] : args);
  }

  /** `fleet verify`, with more flags. */
  verify(flags: readonly string[]): Running {
    return this.#start('fleet/dist/main.js', ['verify', '--wiki', 'samplewiki', '--date', '2026-10-01', ...flags]);
  }

  #start(program: string, args: readonly string[]): Running {
    const running = start(program, [...args], this.#environment);
    this.#commands.push(running);
    return running;
  }

  startWorker(kind: WorkerKind): Worker {
    const running = start(`${kind}/dist/main.js`, [], this.#environment);
    const worker: Worker = { kind, running, frozen: false };
    this.#workers.add(worker);
    this.#all.push(running);
    running.child.once('exit', (code) => {
      this.#workers.delete(worker);
      // one that ends by itself is started again, as ECS would: the cloud may have been away when it began
      if (code !== null && code !== 0 && !this.#stopping) this.startWorker(kind);
    });
    return worker;
  }

  /** Lets all workers end as a service does; returns all that ever were, with what they logged. */
  async stopWorkers(): Promise<readonly Ended[]> {
    this.#stopping = true;
    for (const { running } of this.#workers) running.child.kill('SIGTERM');
    return await Promise.all(this.#all.map(async ({ ended }) => await ended));
  }

  /** What all workers logged, each after a line with its number. */
  logs(): string {
    return this.#all.map(({ output }, i) => `# worker ${i}\n${output()}`).join('');
  }

  /** Leaves nothing running; may be called twice. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#killAll();
    await Promise.all(this.#all.map(async ({ ended }) => await ended));
    await this.killCloud();
    process.off('exit', this.#killAll);
  }
}
