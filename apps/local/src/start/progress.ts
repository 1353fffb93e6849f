import type { Plan } from '@wikifleet/domain/plan';
import { count, duration, megabytes } from '../figures.js';
import type { RunState } from './run-state.js';
import type { LogLine, Program } from './fleet-processes.js';

interface FileProgress {
  readonly size: number;
  received: number;
  downloaded: boolean;
  converted: number;
  rows: number;
  splits: number;
}

/** How far a run is, as the workers' logs tell it. */
export class Progress {
  readonly #files = new Map<string, FileProgress>();
  readonly #started = performance.now();

  constructor(plans: readonly Plan[]) {
    for (const plan of plans) {
      for (const { file, size } of plan.files) {
        this.#files.set(file, { size: size ?? 0, received: 0, downloaded: false, converted: 0, rows: 0, splits: 0 });
      }
    }
  }

  /** Takes one line of a worker's log. */
  take(program: Program, line: LogLine): void {
    const { event, file: name } = line;
    const file = typeof name === 'string' ? this.#files.get(name) : undefined;
    if (file === undefined) return;
    const number = (key: string): number => (typeof line[key] === 'number' ? line[key] : 0);
    if (program === 'downloader') {
      if (event === 'download progress') file.received = number('received');
      if (event === 'file downloaded') Object.assign(file, { received: number('bytes'), downloaded: true });
    } else if (event === 'split progress' || event === 'split converted') {
      Object.assign(file, { converted: number('bytes'), rows: number('rows'), splits: event === 'split converted' ? 1 : 0 });
    }
  }

  /** Takes what is surely done: also what was done before this run of the fleet. */
  settle(states: readonly RunState[]): void {
    for (const { done } of states) {
      for (const [name, { size, counts, parts }] of done) {
        this.#files.set(name, { size, received: size, downloaded: true, converted: size, rows: counts.rows, splits: parts.length });
      }
    }
  }

  /** The share that is done, 0 to 1, and a line that says it. */
  line(): { fraction: number; text: string } {
    const files = [...this.#files.values()];
    const sum = (value: (file: FileProgress) => number): number => files.reduce((total, file) => total + value(file), 0);
    const total = Math.max(1, sum(({ size }) => size));
    const converted = sum((file) => file.converted);
    const seconds = (performance.now() - this.#started) / 1000;
    // the conversion comes last: what is left of it is what is left
    const left = converted === 0 ? '…' : duration((seconds * (total - converted)) / converted);
    const text = [
      `${files.filter(({ downloaded }) => downloaded).length}/${files.length} files downloaded`,
      `${sum(({ splits }) => splits)}/${files.length} splits converted`,
      `${count(sum(({ rows }) => rows))} rows`,
      `${megabytes(converted / seconds)}/s`,
      `${left} left`,
    ].join(', ');
    return { fraction: (sum(({ received }) => received) + converted) / (2 * total), text };
  }
}
