import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, until } from '../end-to-end/programs.js';

export interface ContainerEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ContainerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Files by where they stand in the container; it cannot write them. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A container of the image that `tests/image/build.sh` made in a folder. */
export class Container {
  readonly #child: ChildProcess;
  readonly ended: Promise<ContainerEnd>;
  #pid: number | null = null;
  #stdout = '';
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** Without arguments the image's own command. */
  static run(
    image: string,
    args: readonly string[],
    { environment = {}, files = {} }: ContainerOptions = {},
  ): Container {
    const options = [
      ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...Object.entries(files).flatMap(([inside, outside]) => ['--volume', `${outside}:${inside}:ro`]),
    ];
    const script = join(ROOT, 'tests/image/run.sh');
    const command = [script, image, ...options, ...(args.length === 0 ? [] : ['--', ...args])];
    return new Container(spawn('bash', command, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get output(): string {
    return this.#stdout + this.#stderr;
  }

  /** Lines of its log of one event. */
  events(event: string): Record<string, unknown>[] {
    const lines = this.#stdout.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((fields) => fields['event'] === event);
  }

  /** The process of the program, as the host numbers it. */
  async pid(): Promise<number> {
    await until(
      'the container runs its program',
      () => {
        if (this.#child.exitCode !== null) throw new Error(`the container ended: ${this.output}`);
        this.#pid = programBelow(this.#child.pid ?? -1);
        return this.#pid !== null;
      },
      60,
    );
    return this.#pid ?? -1;
  }

  /** Stops it as a runtime does, and returns the milliseconds until the program was gone. */
  async stop(): Promise<number> {
    const pid = await this.pid();
    const began = Date.now();
    process.kill(pid, 'SIGTERM');
    await until('the program is gone', () => !existsSync(`/proc/${pid}`));
    return Date.now() - began;
  }

  /** Runs a command beside the program, as a health check is: in its file system, as its user. */
  async exec(command: readonly string[], environment: Readonly<Record<string, string>>): Promise<ContainerEnd> {
    const pid = String(await this.pid());
    const inside = ['--mount', '--root', '--wd', '--setuid', '1000', '--setgid', '1000'];
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment };
    const done = spawnSync('nsenter', ['--target', pid, ...inside, ...command], { env, encoding: 'utf8' });
    return { code: done.status, stdout: done.stdout, stderr: done.stderr };
  }

  /** Ends the program if it runs still; returns when the container is gone. */
  async close(): Promise<void> {
    while (this.#child.exitCode === null && this.#child.signalCode === null) {
      const pid = programBelow(this.#child.pid ?? -1);
      if (pid !== null) process.kill(pid, 'SIGKILL');
      await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
  }
}

/** The `node` among a process's descendants. */
function programBelow(top: number): number | null {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = /\) \S (\d+) /.exec(read(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  for (const pid of parents.keys()) {
    let above = parents.get(pid);
    while (above !== undefined && above !== top) above = parents.get(above);
    if (above === top && /^(?:[^\0]*\/)?node\0/.test(read(`/proc/${pid}/cmdline`))) return pid;
  }
  return null;
}

/** What a process that has ended meanwhile says no more. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
