/**
 * Makes writes fail as on a full disk, without one. The limit is this process's, and a write beyond it is EFBIG.
 */
import { spawnSync } from 'node:child_process';

/** No file can be written beyond so many bytes. */
export function limitFiles(bytes: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

export function canLimitFiles(): boolean {
  return spawnSync('prlimit', ['--version']).status === 0;
}
