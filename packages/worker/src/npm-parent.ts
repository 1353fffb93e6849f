import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 500;

/**
 * Calls `onEnd` when the npm that started this process ends, however that ends: npm hands a signal on to the shell between
 * the two, and that not to us, and SIGKILL to nobody. Without npm it does nothing. Returns what ends it.
 */
export function watchNpm(onEnd: () => void, environment: NodeJS.ProcessEnv = process.env): () => void {
  if (environment['npm_lifecycle_event'] === undefined) return () => {};
  const parents = parentsNow();
  const timer = setInterval(() => {
    if (parentsNow() === parents) return;
    clearInterval(timer);
    onEnd();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The parent (npm, or its shell) and its parent (then npm); the latter only where /proc is (Linux). */
function parentsNow(): string {
  const { ppid } = process;
  try {
    // pid (name) state ppid; the name may hold spaces and parentheses
    const stat = readFileSync(`/proc/${ppid}/stat`, 'latin1');
    return `${ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? ''}`;
  } catch {
    return String(ppid);
  }
}
