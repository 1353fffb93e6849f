import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { FleetError } from '@wikifleet/domain/errors';

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface ChildGroup {
  /** Settles when the child has ended: its exit code, or the signal's name. Rejects where it could not start. */
  readonly ended: Promise<number | string>;
  /** Ends the child and all that it started: a first signal, and SIGKILL after `grace` milliseconds. */
  close(grace?: number): Promise<void>;
}

/** Starts a program in a process group of its own, so that Ctrl-C reaches us alone and we end the whole group. */
export function startGroup(command: string, args: readonly string[], options: ChildOptions = {}): ChildGroup {
  const child = spawn(command, args, {
    detached: true,
    env: options.env,
    cwd: options.cwd,
    // Standard output holds nothing but what our caller is to read
    stdio: ['ignore', 2, 2],
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new FleetError('CANNOT_START', `cannot start ${command}: ${cause.message}`, { cause })),
    );
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  // Whoever waits sees the error; where nobody does yet, it must not end the process
  ended.catch(() => undefined);
  return {
    ended,
    async close(grace = 4000) {
      if (child.pid === undefined) return;
      const deadline = performance.now() + grace;
      let left = signalGroup(child.pid, 'SIGTERM');
      while (left) {
        await delay(50);
        left = signalGroup(child.pid, performance.now() < deadline ? 0 : 'SIGKILL');
      }
      await ended.catch(() => undefined);
    },
  };
}

/** Runs a program to its end; a `FleetError` names the code it ended with. An abort ends its whole group. */
export async function runGroup(
  command: string,
  args: readonly string[],
  options: ChildOptions & { readonly signal: AbortSignal },
): Promise<void> {
  options.signal.throwIfAborted();
  const child = startGroup(command, args, options);
  const aborted = new Promise<'aborted'>((resolve) => {
    options.signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  const result = await Promise.race([child.ended, aborted]);
  await child.close();
  options.signal.throwIfAborted();
  if (result !== 0)
    throw new FleetError('CHILD_FAILED', `${command} ${args.join(' ')}: expected exit code 0, received ${result}`);
}

/** Signals a process group (0 asks only whether it is there); false where nothing of it is left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
