import { describeDescents } from '@wikifleet/domain/page-order';
import { asTyped } from '@wikifleet/config/as-typed';
import { counted } from '@wikifleet/domain/counted';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { splitNumber } from '@wikifleet/domain/keys';
import { runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { Repaired } from '@wikifleet/runs/repair-run';
import type { Problem } from '@wikifleet/runs/verify-file';
import type { RunVerdict } from '@wikifleet/runs/verify-run';
import { printJson, printLine, reportLine } from '@wikifleet/worker/terminal';
import type { IndexVerdict } from '../runs/compare-indexes.js';

const PROGRESS_EVERY_MS = 5000;
const INDEX_ADVICE =
  'the rows are those of the dump file, which differs from its index: one of the two is incomplete upstream, or this mirror lags; ' +
  'compare with another mirror';

/** Tells an operator what verifying a run finds, as it is found; or all of it as one line of JSON at the end. */
export class VerifyReport {
  readonly #run: Run;
  readonly #json: boolean;
  readonly #problems: Problem[] = [];
  #indexProblems = 0;
  #filesRead = 0;
  #toldAt = performance.now();

  constructor(run: Run, json: boolean) {
    this.#run = run;
    this.#json = json;
  }

  add(problem: Problem): void {
    if (this.#json) this.#problems.push(problem);
    else printLine(describeProblem(problem));
  }

  /** Another file was read, of so many. */
  read(files: number): void {
    this.#filesRead += 1;
    if (performance.now() - this.#toldAt < PROGRESS_EVERY_MS) return;
    this.#toldAt = performance.now();
    reportLine(`${this.#filesRead} of ${counted(files, 'file')} read`);
  }

  unplanned(): ExitCode {
    if (this.#json) this.#sayJson({ planId: null, proved: false });
    else {
      printLine(`${runName(this.#run)}: not proved: no plan that can be read`);
      printLine(`next: ${asTyped('seed', this.#flags())}   (with --force where the plan cannot be read)`);
    }
    return EXIT_CODES.failed;
  }

  /** `outstanding`: jobs in the queues, of whatever run. */
  end(verdict: RunVerdict, outstanding: number, repaired: Repaired | null = null): ExitCode {
    const proved = (verdict.proved || repaired?.whole === true) && this.#indexProblems === 0;
    if (this.#json) {
      const { plan, digest, counts, unordered, files, rawGone } = verdict;
      const said = { planId: plan.planId, proved, digest, files, counts, unordered, rawGone };
      this.#sayJson({ ...said, outstanding, repaired });
    } else {
      printLine(this.#judgement(verdict));
      if (verdict.proved) printLine(`digest ${verdict.digest}`);
      for (const { file, ...order } of verdict.unordered) printLine(`${file}: ${describeDescents(order)}`);
      if (repaired !== null) printLine(describeRepair(repaired));
      for (const line of this.#next(proved, outstanding, repaired)) printLine(line);
    }
    return proved ? EXIT_CODES.done : EXIT_CODES.failed;
  }

  /** A file was compared with its multistream index. */
  compared({ file, mirror, problems }: IndexVerdict): void {
    for (const problem of problems) {
      this.#indexProblems += 1;
      this.add({ code: 'INDEX_DIFFERS', file, splits: [], message: `${problem} (index of ${mirror})` });
    }
    if (problems.length > 0) return;
    const found = mirror === null ? 'no mirror has its multistream index' : `as in the multistream index of ${mirror}`;
    reportLine(`${file}: ${found}`);
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
    else printLine(`${runName(this.#run)}: refuted: it is complete in itself, but not the run that was closed`);
    return EXIT_CODES.failed;
  }

  #judgement(verdict: RunVerdict): string {
    const { files, counts, problems, manifest, rawGone } = verdict;
    const name = runName(this.#run);
    if (verdict.proved) {
      const gone = rawGone === 0 ? '' : `; the raw objects of ${rawGone} are gone, and not needed`;
      const filtered = counts.filteredPages === 0 ? '' : `, ${counted(counts.filteredPages, 'page')} filtered out`;
      return (
        `${name}: ${this.#indexProblems > 0 ? 'as its dump files, which differ from their index' : 'proved'}: ${counted(files.planned, 'file')}, ${counted(files.parts, 'part')}, ${counted(counts.pages, 'page')}, ${counted(counts.rows, 'row')}, ` +
        `${counts.quarantined} quarantined${filtered}${gone}`
      );
    }
    const whole = `${files.whole} of ${counted(files.planned, 'file')} complete, ${counted(problems, 'problem')}`;
    // a manifest says that the run is done
    const claims = manifest === 'wrong' || manifest === 'right';
    return `${name}: ${claims ? 'refuted, though it has a manifest' : 'not done'}: ${whole}`;
  }

  #next(proved: boolean, outstanding: number, repaired: Repaired | null): string[] {
    if (this.#indexProblems > 0) return [INDEX_ADVICE];
    if (proved) return repaired === null ? [] : [`${runName(this.#run)}: proved now: it is closed`];
    const again = asTyped('fleet', `verify ${this.#flags()}`);
    if (repaired !== null) return [`next: when the queues are empty, ${again}`];
    const waiting = `about ${counted(outstanding, 'job is', 'jobs are')} in the queues: what is missing may be among them`;
    const repair = `next: ${again} --repair   (enqueues what is wrong or missing)`;
    return outstanding === 0 ? [repair] : [waiting, `${repair}; or wait until the queues are empty`];
  }

  #flags(): string {
    const { kind, wiki, date } = this.#run;
    return `--wiki ${wiki} --date ${date} --kind ${kind}`;
  }

  #sayJson(facts: object): void {
    printJson({ run: this.#run, ...facts, problems: this.#problems });
  }
}

/** `PART_MISSING  file.bz2 split 00003: rows/…: it is not there` */
export function describeProblem({ code, file, splits, message }: Problem): string {
  const where = splits.length === 0 ? '' : ` split${splits.length === 1 ? '' : 's'} ${describeSplits(splits)}`;
  return `${code}  ${file ?? 'the run'}${where}: ${message}`;
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
  return (
    `repair: ${counted(enqueued.length, 'file')} enqueued, ${counted(closed.length, 'file')} closed, ` +
    `${counted(deleted.length, 'key')} deleted`
  );
}
