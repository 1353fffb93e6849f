import { describeDescents } from '@wikifleet/domain/page-order';
import { asTyped } from '@wikifleet/config/as-typed';
import { splitNumber } from '@wikifleet/domain/keys';
import { runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { Repaired } from '@wikifleet/runs/repair-run';
import type { Problem } from '@wikifleet/runs/verify-file';
import type { RunVerdict } from '@wikifleet/runs/verify-run';
import type { ExitCode } from '@wikifleet/worker/run-main';
import { printable, printableJson } from './printable.js';

const PROGRESS_EVERY_MS = 5000;

/** Tells an operator what verifying a run finds, as it is found; or all of it as one line of JSON at the end. */
export class VerifyReport {
  readonly #run: Run;
  readonly #json: boolean;
  readonly #problems: Problem[] = [];
  #filesRead = 0;
  #toldAt = Date.now();

  constructor(run: Run, json: boolean) {
    this.#run = run;
    this.#json = json;
  }

  add(problem: Problem): void {
    if (this.#json) this.#problems.push(problem);
    else this.#say(describeProblem(problem));
  }

  /** Another file was read, of so many. */
  read(files: number): void {
    this.#filesRead += 1;
    if (Date.now() - this.#toldAt < PROGRESS_EVERY_MS) return;
    this.#toldAt = Date.now();
    process.stderr.write(`${this.#filesRead} of ${files} files read\n`);
  }

  unplanned(): ExitCode {
    if (this.#json) this.#sayJson({ planId: null, proved: false });
    else {
      this.#say(`${runName(this.#run)}: not proved: no plan that can be read`);
      this.#say(`next: ${asTyped('seed', this.#flags())}   (with --force where the plan cannot be read)`);
    }
    return 1;
  }

  /** `outstanding`: jobs in the queues, of whatever run. */
  end(verdict: RunVerdict, outstanding: number, repaired: Repaired | null = null): ExitCode {
    const proved = verdict.proved || repaired?.whole === true;
    if (this.#json) {
      const { plan, digest, counts, unordered, files, rawGone } = verdict;
      const said = { planId: plan.planId, proved, digest, files, counts, unordered, rawGone };
      this.#sayJson({ ...said, outstanding, repaired });
    } else {
      this.#say(this.#judgement(verdict));
      for (const { file, ...order } of verdict.unordered) this.#say(`${file}: ${describeDescents(order)}`);
      if (repaired !== null) this.#say(describeRepair(repaired));
      for (const line of this.#next(proved, outstanding, repaired)) this.#say(line);
    }
    return proved ? 0 : 1;
  }

  /** The run is sound, but not the one that was expected. */
  rewritten(expected: string, received: string | null): ExitCode {
    const message = `${runName(this.#run)}: expected the digest ${expected}, received ${received}`;
    this.add({
      code: 'DIGEST_DIFFERS',
      file: null,
      splits: [],
      message: `${message}: plan, receipts or manifests were rewritten`,
    });
    if (this.#json) this.#sayJson({ proved: false, digest: received });
    else this.#say(`${runName(this.#run)}: refuted: it is complete in itself, but not the run that was closed`);
    return 1;
  }

  #judgement(verdict: RunVerdict): string {
    const { files, counts, problems, manifest, rawGone } = verdict;
    const name = runName(this.#run);
    if (verdict.proved) {
      const gone = rawGone === 0 ? '' : `; the raw objects of ${rawGone} are gone, and not needed`;
      const filtered = counts.filteredPages === 0 ? '' : `, ${counts.filteredPages} pages filtered out`;
      return (
        `${name}: proved: ${files.planned} files, ${files.parts} parts, ${counts.pages} pages, ${counts.rows} rows, ` +
        `${counts.quarantined} quarantined${filtered}${gone}\ndigest ${verdict.digest}`
      );
    }
    const whole = `${files.whole} of ${files.planned} files are complete, ${problems} problem${problems === 1 ? '' : 's'}`;
    // a manifest says that the run is done
    const claims = manifest === 'wrong' || manifest === 'right';
    return `${name}: ${claims ? 'refuted, though it has a manifest' : 'not done'}: ${whole}`;
  }

  #next(proved: boolean, outstanding: number, repaired: Repaired | null): string[] {
    if (proved) return repaired === null ? [] : [`${runName(this.#run)}: proved now: it is closed`];
    const again = asTyped('fleet', `verify ${this.#flags()}`);
    if (repaired !== null) return [`next: when the queues are empty, ${again}`];
    const waiting = `about ${outstanding} jobs are in the queues: what is missing may be among them`;
    const repair = `next: ${again} --repair   (enqueues what is wrong or missing)`;
    return outstanding === 0 ? [repair] : [waiting, `${repair}; or wait until the queues are empty`];
  }

  #flags(): string {
    const { kind, wiki, date } = this.#run;
    return `--wiki ${wiki} --date ${date} --kind ${kind}`;
  }

  #say(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  #sayJson(facts: object): void {
    this.#say(printableJson({ run: this.#run, ...facts, problems: this.#problems }));
  }
}

/** `PART_MISSING  file.bz2 split 00003: rows/…: it is not there` */
export function describeProblem({ code, file, splits, message }: Problem): string {
  const where = splits.length === 0 ? '' : ` split${splits.length === 1 ? '' : 's'} ${describeSplits(splits)}`;
  return `${code}  ${printable(`${file ?? 'the run'}${where}: ${message}`)}`;
}

/** `00001`, `00003 to 00007`: numbers in their order, runs of them as one. */
export function describeSplits(splits: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const split of splits) {
    const range = ranges.at(-1);
    if (range !== undefined && split === range[1] + 1) range[1] = split;
    else ranges.push([split, split]);
  }
  const shown = ranges.map(([first, last]) => {
    return first === last ? splitNumber(first) : `${splitNumber(first)} to ${splitNumber(last)}`;
  });
  return shown.join(', ');
}

function describeRepair({ deleted, enqueued, closed }: Repaired): string {
  const number = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
  return (
    `repair: ${number(enqueued.length, 'file')} enqueued, ${number(closed.length, 'file')} closed, ` +
    `${number(deleted.length, 'key')} deleted`
  );
}
