import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants, createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FleetError } from '@wikifleet/domain/errors';

export type Program = 'seed' | 'downloader' | 'converter';
export type Environment = Readonly<Record<string, string>>;

/** One line of a worker's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Restarts of one worker that died by itself, as ECS would do; then the run is given up. */
const MAX_RESTARTS = 5;
const KILL_AFTER_MS = 8000;
/** A log that is a link is not followed. */
const APPEND = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;

/** Each program lies beside this one: `apps/<program>/dist/main.js`. */
function mainOf(program: Program): string {
  return fileURLToPath(new URL(`../../../${program}/dist/main.js`, import.meta.url));
}

export interface FleetProcessesOptions {
  readonly environment: Environment;
  /** Where each worker's log goes, a file each. */
  readonly logFolder: string;
  readonly onLog: (program: Program, line: LogLine) => void;
  /** A log cannot be written; said once a log, and the fleet goes on without it. */
  readonly onLogFailed: (path: string, error: Error) => void;
  /** A worker that does not stay alive. */
  readonly onGivenUp: (error: FleetError) => void;
}

/** The workers of a fleet on one machine: processes of their own, on the code that runs in the cloud. */
export class FleetProcesses {
  readonly #options: FleetProcessesOptions;
  readonly #children = new Set<ChildProcess>();
  /** Those that go on after their exit only when they died by themselves. */
  readonly #converters = new Map<number, ChildProcess>();
  readonly #logs = new Map<string, WriteStream>();
  #stopping = false;

  constructor(options: FleetProcessesOptions) {
    this.#options = options;
  }

  startDownloader(): void {
    this.#startWorker('downloader', 1, 0);
  }

  /** How many converters there are, those on their way out not counted. */
  get converters(): number {
    return this.#converters.size;
  }

  /** Starts converters, or ends the newest: what they have under work is handed back after the grace time. */
  scaleConverters(howMany: number): void {
    for (let number = 1; number <= howMany; number += 1) {
      if (!this.#converters.has(number)) this.#startWorker('converter', number, 0);
    }
    for (const [number, child] of this.#converters) {
      if (number <= howMany) continue;
      this.#converters.delete(number);
      child.kill('SIGTERM');
    }
  }

  #logOf(name: string): WriteStream {
    const known = this.#logs.get(name);
    if (known !== undefined) return known;
    const path = join(this.#options.logFolder, `${name}.log`);
    const log = createWriteStream(path, { flags: APPEND as unknown as string });
    // without a listener an error of the log would end this program
    log.on('error', (error) => this.#options.onLogFailed(path, error));
    this.#logs.set(name, log);
    return log;
  }

  #startWorker(program: Exclude<Program, 'seed'>, number: number, restarts: number): void {
    const log = this.#logOf(`${program}-${number}`);
    const child = fork(mainOf(program), [], {
      env: { ...process.env, ...this.#options.environment, WIKIFLEET_LOG_LEVEL: 'debug', WIKIFLEET_GRACE_SECONDS: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#children.add(child);
    if (program === 'converter') this.#converters.set(number, child);
    let lastWords = '';
    const write = (line: string): void => void (log.writable && log.write(`${line}\n`));
    this.#readLines(child.stdout, (line) => {
      write(line);
      const parsed = parseLine(line);
      if (parsed !== null) this.#options.onLog(program, parsed);
    });
    this.#readLines(child.stderr, (line) => {
      write(line);
      lastWords = line;
    });
    child.once('exit', (code, signal) => {
      this.#children.delete(child);
      // one that was sent away stays away
      const isWanted = program === 'downloader' || this.#converters.get(number) === child;
      if (this.#stopping || !isWanted) return;
      if (restarts < MAX_RESTARTS) return this.#startWorker(program, number, restarts + 1);
      const how = signal ?? `exit code ${code}`;
      this.#options.onGivenUp(
        new FleetError(
          'WORKER_DIES',
          `a ${program} died ${restarts + 1} times (${how}); its last words: ${lastWords || 'none'}; see ${String(log.path)}`,
        ),
      );
    });
  }

  #readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine);
  }

  /** Stops all workers: SIGTERM, then SIGKILL; resolves when none is left. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const gone = [...this.#children].map(async (child) => await once(child, 'exit'));
    for (const child of this.#children) child.kill('SIGTERM');
    const timer = setTimeout(() => {
      for (const child of this.#children) child.kill('SIGKILL');
    }, KILL_AFTER_MS);
    await Promise.all(gone);
    clearTimeout(timer);
    for (const log of this.#logs.values()) log.end();
  }
}

function parseLine(line: string): LogLine | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as LogLine) : null;
  } catch {
    return null;
  }
}

/** Runs `seed` to its end; returns what it printed. Its words go to `say`; a failure is thrown with its last words. */
export async function runSeed(
  args: readonly string[],
  environment: Environment,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const child = fork(mainOf('seed'), [...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    signal,
  });
  // an abort kills it; the exit that follows says so
  child.on('error', () => {});
  let output = '';
  const words: string[] = [];
  child.stdout?.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const lines = createInterface({ input: child.stderr! }).on('line', (line) => {
    words.push(line);
    // an error can have several lines: all of them are thrown
    if (!words.some((word) => word.startsWith('wikifleet: '))) say(line);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  lines.close();
  signal.throwIfAborted();
  if (code === 0) return output;
  const last = words.findIndex((line) => line.startsWith('wikifleet: '));
  const [message, ...moreLines] = last < 0 ? [`seed ended with ${code}`] : words.slice(last);
  throw new FleetError('SEED_FAILED', (message ?? '').replace(/^wikifleet: /, ''), {
    moreLines: moreLines.map((line) => line.trimStart()),
  });
}
