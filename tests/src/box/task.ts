import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../end-to-end/programs.js';

/** What the box uses of a task definition, as `DescribeTaskDefinition` answers. */
export interface TaskDefinition {
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly taskRoleArn: string;
  readonly executionRoleArn: string;
  readonly containerDefinitions: readonly Container[];
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly stopTimeout?: number;
}

const CLOCK = fileURLToPath(new URL('compressed-clock.js', import.meta.url));

export interface TaskOptions {
  readonly arn: string;
  readonly definition: TaskDefinition;
  /** The name of its service; undefined where `RunTask` or a schedule started it. */
  readonly service: string | undefined;
  readonly startedBy: string;
  /** Instead of the definition's. */
  readonly command?: readonly string[];
  /** When its container starts, in seconds of the box's clock. */
  readonly startsAt: number;
  readonly onLine: (task: Task, line: string) => void;
}

/** A task: a program of this machine in the environment of its task definition. */
export class Task {
  readonly arn: string;
  readonly definition: TaskDefinition;
  readonly service: string | undefined;
  readonly startedBy: string;
  readonly startsAt: number;
  /** The end of its protection, in seconds of the box's clock. */
  protectedUntil = 0;
  /** When it was asked to stop. */
  stoppedAt: number | undefined;
  stoppedReason = '';
  exitCode: number | null | undefined;
  readonly lines: string[] = [];
  readonly #options: TaskOptions;
  #child: ChildProcess | undefined;

  constructor(options: TaskOptions) {
    this.#options = options;
    ({
      arn: this.arn,
      definition: this.definition,
      service: this.service,
      startedBy: this.startedBy,
      startsAt: this.startsAt,
    } = options);
  }

  get id(): string {
    return this.arn.slice(this.arn.lastIndexOf('/') + 1);
  }

  get container(): Container {
    const [container] = this.definition.containerDefinitions;
    if (container === undefined) throw new Error(`${this.definition.family}: no container`);
    return container;
  }

  get status(): 'PROVISIONING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPED' {
    if (this.exitCode !== undefined) return 'STOPPED';
    if (this.stoppedAt !== undefined) return 'DEACTIVATING';
    return this.#child === undefined ? 'PROVISIONING' : 'RUNNING';
  }

  /** Starts its program; `environment` is what ECS and the box add to the definition's. */
  start(environment: Readonly<Record<string, string>>, folder: string): void {
    const own = join(folder, this.id);
    mkdirSync(own, { recursive: true });
    const defined = this.container.environment.map(({ name, value }) => {
      // its own /tmp, which a volume is on Fargate
      return [name, value.startsWith('/tmp/') ? join(own, value.slice('/tmp/'.length)) : value];
    });
    const command = this.#options.command ?? this.container.command;
    const child = spawn(process.execPath, ['--enable-source-maps', '--import', CLOCK, ...command], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...environment, ...Object.fromEntries(defined) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#options.onLine(this, line);
      });
    }
    child.on('exit', (code) => {
      this.exitCode = code;
      this.stoppedReason = this.stoppedReason === '' ? 'Essential container in task exited' : this.stoppedReason;
    });
  }

  /** SIGTERM, once; ECS kills it after its stop timeout. */
  stop(now: number, reason: string): void {
    if (this.stoppedAt !== undefined || this.exitCode !== undefined) return;
    this.stoppedAt = now;
    this.stoppedReason = reason;
    if (this.#child === undefined) this.exitCode = null;
    else this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** SIGKILL, and its end. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
