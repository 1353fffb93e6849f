import type { Ended } from '../end-to-end/programs.js';
import type { CloudWatcher, Snapshot } from './chaos-outcome.js';

/** What is not as it should be when all is over, in words. */
export async function problemsOf(
  watcher: CloudWatcher,
  planId: string,
  calm: Snapshot,
  snapshot: Snapshot,
  differing: readonly string[],
  ended: readonly Ended[],
): Promise<string[]> {
  const problems = differing.map((name) => `${name} is not as in the calm run`);
  if (snapshot.manifest !== calm.manifest) problems.push("the manifest's result is not that of the calm run");
  for (const [queue, messages] of Object.entries(await watcher.messages())) {
    if (messages > 0) problems.push(`${messages} messages are left on the queue ${queue}`);
  }
  for (const key of await watcher.uploads()) problems.push(`an upload of ${key} is left`);
  for (const key of await watcher.keys(`runs/`)) {
    if (key.includes(`/${planId}/failures/`)) problems.push(`a failure is left: ${key}`);
  }
  for (const { code, stderr } of ended) {
    // null: by a signal, SIGKILL or one that came before it listened
    const couldNotBegin = code === 2 && stderr.includes('cannot be reached');
    if (code !== 0 && code !== null && !couldNotBegin)
      problems.push(`a worker ended with ${code}: ${stderr.slice(-500)}`);
  }
  return problems;
}

/** How often the workers logged what. */
export function eventsOf(ended: readonly Ended[]): Map<string, number> {
  const events = new Map<string, number>();
  for (const { stdout } of ended) {
    for (const [, event = ''] of stdout.matchAll(/"event":"([^"]+)"/g)) events.set(event, (events.get(event) ?? 0) + 1);
  }
  return events;
}
