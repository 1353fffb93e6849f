import type { ModelCommand, Outcome } from './scheduler.js';
import { classOfKey } from './key-classes.js';

/** What happened in a schedule, line by line, and how often each kind of it happened in all schedules. */
export class Trace {
  readonly lines: string[] = [];
  readonly #hits: Map<string, number>;
  #step = 0;

  constructor(hits: Map<string, number>) {
    this.#hits = hits;
  }

  add(line: string): void {
    this.#step += 1;
    this.lines.push(`${String(this.#step).padStart(5)}  ${line}`);
  }

  hit(name: string): void {
    this.#hits.set(name, (this.#hits.get(name) ?? 0) + 1);
  }

  /** Counts the outcome of a write by what it wrote, its condition and the answer. */
  outcome({ command, wasApplied }: { command: ModelCommand; wasApplied: boolean }, outcome: Outcome): void {
    const { Key, IfMatch, IfNoneMatch, Delete } = command.input as Record<string, string> & {
      Delete?: { Objects: { Key: string }[] };
    };
    if (Delete !== undefined) {
      for (const object of Delete.Objects) this.hit(`delete ${classOfKey(object.Key)}`);
      return;
    }
    if (Key === undefined || !/^(?:Put|CompleteM)/.test(command.constructor.name)) return;
    const condition = IfNoneMatch === undefined ? (IfMatch === undefined ? 'put' : 'put if match') : 'put if none';
    const status = 'error' in outcome ? statusOf(outcome.error) : 'done';
    this.hit(`${condition} ${classOfKey(Key)}: ${status}${wasApplied ? ', after its own write' : ''}`);
  }
}

function statusOf(error: unknown): string {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return String($metadata?.httpStatusCode ?? 'error');
}
