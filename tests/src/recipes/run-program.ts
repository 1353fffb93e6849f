import { spawn } from 'node:child_process';
import type { Ended } from '../end-to-end/programs.js';

export interface ProgramOptions {
  readonly cwd: string;
  /** Beside this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from its standard input. */
  readonly input?: string;
}

/** Runs any program to its end; one that is not there is null. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env = {}, input = '' }: ProgramOptions,
): Promise<Ended | null> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // a program that reads nothing may be gone before this is written
  child.stdin.on('error', () => undefined).end(input);
  return await new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(null) : reject(error)));
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
