import { splitsOf } from '@wikifleet/domain/jobs';
import type { Plan } from '@wikifleet/domain/plan';
import { count, duration, megabytes } from '../figures.js';
import type { RunState } from './run-state.js';
import type { LogLine, Program } from './fleet-processes.js';

interface FileProgress {
  size: number;
  /** Bytes on S3, or on their way. */
  received: number;
  downloaded: boolean;
  splits: number;
  /** By split: the share that is converted, 0 to 1, and its rows. */
  readonly converted: Map<number, { share: number; rows: number }>;
}

/** How far runs are, as the workers' logs tell it. */
export class Progress {
  readonly #files = new Map<string, FileProgress>();
  readonly #started = performance.now();

  constructor(plans: readonly Plan[]) {
    for (const { files, settings } of plans) {
      for (const { file, size } of files) {
        const splits = splitsOf(size ?? 0, settings.splitBytes).length;
        this.#files.set(file, { size: size ?? 0, received: 0, downloaded: false, splits, converted: new Map() });
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
      if (event === 'download_progressed') file.received = number('received');
      if (event === 'file_downloaded') {
        Object.assign(file, {
          size: number('bytes'),
          received: number('bytes'),
          downloaded: true,
          splits: number('splits'),
        });
      }
    } else if (event === 'split_progressed' || event === 'split_converted') {
      const share = event === 'split_converted' ? 1 : number('fraction');
      file.converted.set(number('split'), { share, rows: number('rows') });
    }
  }

  /** Takes what is surely done: also what was done before this start. */
  settle(states: readonly RunState[]): void {
    for (const { done } of states) {
      for (const [name, { size, counts }] of done) {
        const converted = new Map([[0, { share: 1, rows: counts.rows }]]);
        const splits = this.#files.get(name)?.splits ?? 1;
        for (let i = 1; i < splits; i += 1) converted.set(i, { share: 1, rows: 0 });
        this.#files.set(name, { size, received: size, downloaded: true, splits, converted });
      }
    }
  }

  /** The share that is done, 0 to 1, and a line that says it. */
  line(): { fraction: number; text: string } {
    const files = [...this.#files.values()];
    const sum = (value: (file: FileProgress) => number): number =>
      files.reduce((total, file) => total + value(file), 0);
    const total = Math.max(
      1,
      sum(({ size }) => size),
    );
    const bytes = sum((file) => (file.size * sharesOf(file)) / file.splits);
    const seconds = (performance.now() - this.#started) / 1000;
    // the conversion comes last: what is left of it is what is left
    const left = bytes === 0 ? '…' : duration((seconds * (total - bytes)) / bytes);
    const text = [
      `${files.filter(({ downloaded }) => downloaded).length}/${files.length} files downloaded`,
      `${sum(({ converted }) => [...converted.values()].filter(({ share }) => share === 1).length)}/${sum(({ splits }) => splits)} splits converted`,
      `${count(sum(({ converted }) => [...converted.values()].reduce((rows, split) => rows + split.rows, 0)))} rows`,
      `${megabytes(bytes / seconds)}/s`,
      `${left} left`,
    ].join(', ');
    return { fraction: (sum(({ received }) => received) + bytes) / (2 * total), text };
  }
}

function sharesOf({ converted }: FileProgress): number {
  return [...converted.values()].reduce((sum, { share }) => sum + share, 0);
}
