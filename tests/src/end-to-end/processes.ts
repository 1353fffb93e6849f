import { execFileSync } from 'node:child_process';

/** The processes below `pid`. */
export function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found: number[] = [];
  const look = (parent: number): void => {
    for (const [child, its] of table) {
      if (its !== parent || child === undefined) continue;
      found.push(child);
      look(child);
    }
  };
  look(pid);
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
