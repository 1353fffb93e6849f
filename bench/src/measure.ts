import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { FleetError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';

/** What a process used, with those it waited for. */
export interface Measure {
  /** Seconds, user and system. */
  readonly cpu: number;
  /** Seconds from its start to its end. */
  readonly wall: number;
  /** Bytes: the largest resident set of a single process. */
  readonly peak: number;
  /** Whether it was held to the processors it was given; only Linux can. */
  readonly pinned: boolean;
}

/** What a process writes, unpacked. */
export interface Output {
  readonly lines: number;
  readonly sha256: string;
}

export type Command = readonly [string, ...string[]];

const WRAPPER = fileURLToPath(new URL('../peers/measure.py', import.meta.url));
const LINE_FEED = 10;
const STDERR_SHOWN = 800;
const run = promisify(execFile);

/** Runs a command with its output to nowhere, on `cores` processors; 0 for all. Throws where it fails. */
export async function measure(command: Command, cores: number): Promise<Measure> {
  const { stdout, stderr } = await run('python3', ['-I', '-S', WRAPPER, String(cores), ...command]);
  const { exit, ...used } = JSON.parse(stdout) as Measure & { exit: number };
  if (exit !== 0) throw commandFailed(command, exit, stderr);
  return used;
}

/** Runs a command and reads what it writes; throws where it fails. */
export async function readOutput(command: Command, compression: Compression): Promise<Output> {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_SHOWN)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const hash = createHash('sha256');
  let lines = 0;
  const counting = (async () => {
    for await (const chunk of unpacked(child.stdout, compression)) {
      hash.update(chunk);
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines += 1;
    }
  })();
  let exit: number | null;
  try {
    [exit] = await Promise.all([ended, counting]);
  } finally {
    // where its output cannot be read it would wait forever
    child.kill();
  }
  if (exit !== 0) throw commandFailed(command, exit, stderr);
  return { lines, sha256: hash.digest('hex') };
}

/** Node's own zstd stops after the first frame (nodejs/node #64741): the system's program reads that. */
async function* unpacked(packed: Readable, compression: Compression): AsyncGenerator<Buffer> {
  switch (compression) {
    case 'none':
      yield* packed as AsyncIterable<Buffer>;
      return;
    case 'gzip': {
      const plain = new PassThrough();
      const done = pipeline(packed, createGunzip(), plain);
      yield* plain as AsyncIterable<Buffer>;
      await done;
      return;
    }
    case 'snappy':
      throw new FleetError('FORMAT_REFUSED', 'no lines are snappy');
    case 'zstd': {
      const zstd = spawn('zstd', ['-dcq'], { stdio: ['pipe', 'pipe', 'inherit'] });
      const failed = new Promise<never>((_resolve, reject) => zstd.once('error', reject));
      const done = Promise.race([pipeline(packed, zstd.stdin), failed]);
      done.catch(() => {});
      yield* zstd.stdout as AsyncIterable<Buffer>;
      await done;
    }
  }
}

function commandFailed(command: Command, exit: number | null, stderr: string): FleetError {
  const received = `${exit ?? 'a signal'}: ${stderr.trim().slice(-STDERR_SHOWN)}`;
  return new FleetError('COMMAND_FAILED', `${command.join(' ')}: expected exit code 0, received ${received}`);
}

/** The first line that a program says of itself, on either output; null where it is not there. */
export async function versionOf(file: string, ...args: string[]): Promise<string | null> {
  try {
    const { stdout, stderr } = await run(file, args);
    return (
      (stdout + stderr)
        .split('\n')
        .find((line) => line.trim() !== '')
        ?.trim() ?? ''
    );
  } catch {
    return null;
  }
}
