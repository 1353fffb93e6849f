import type { Run } from '@wikifleet/domain/run';
import type { MirrorListing } from './catalogue-source.js';
import type { DumpName, NumberRange } from './dump-name.js';
import { someOf } from './refusal.js';
import { dumpOfRun, unfinishedOfRun } from './run-files.js';

/** A list of files held against what mirrors have in the run's folder. Sentences without a full stop. */
export interface Comparison {
  /** Without an answer to these the run may lack pages, or cannot be downloaded. */
  readonly contradictions: readonly string[];
  /** Mirrors that could not be compared, or that lag behind. */
  readonly remarks: readonly string[];
}

/** More mirrors than so many are counted and not named. */
const MAX_MIRRORS_NAMED = 5;

/**
 * Compares a run's list of files with the listings of its folder. `place` names the list in sentences.
 *
 * - A mirror that has a dump file of the run which the list lacks contradicts the list, whatever other mirrors have.
 * - So does one that has an unfinished file (`.inprog`, `.truncated`, `.empty`) whose pages no file of the list holds. Unfinished
 *   files beside finished ones of the same pages are remains of an earlier attempt.
 * - A file of the list that no mirror has is a contradiction only where every mirror could be listed.
 * - A mirror that lacks files which others have lags behind: a remark. So is a mirror that cannot be listed, or that lists nothing
 *   (FTP servers answer a folder that is not there with an empty listing).
 * - A recombined file holds what the parts hold: where the list has parts it is not missed, and where the list has it, the parts are not.
 */
export function compareListings(
  run: Run,
  place: string,
  names: readonly string[],
  listings: readonly MirrorListing[],
): Comparison {
  const list = new ListOfFiles(run, names);
  const contradictions: string[] = [];
  const remarks: string[] = [];
  const missing = new Set(names);
  const lagging: { mirror: string; lacks: string[] }[] = [];
  let compared = 0;
  const unfinishedThere = new Set<string>();
  for (const { mirror, entries, problem } of listings) {
    const listed = new Set((entries ?? []).flatMap(({ name, directory }) => (directory ? [] : [name])));
    if (listed.size === 0) {
      const why = problem === null ? 'it lists nothing there' : `it could not be listed: ${problem}`;
      remarks.push(`${place} was not compared with ${mirror}: ${why}`);
      continue;
    }
    compared += 1;
    for (const name of listed) missing.delete(name);
    const lacks = names.filter((name) => !listed.has(name));
    if (lacks.length > 0) lagging.push({ mirror, lacks });
    const surplus = [...listed].filter((name) => list.lacks(name));
    if (surplus.length > 0) contradictions.push(`${mirror} has ${files(surplus)}, which ${place} does not list`);
    const unfinished = [...listed].filter((name) => list.lacksUnfinished(name));
    if (unfinished.length > 0) {
      contradictions.push(`${mirror} has ${files(unfinished)}, unfinished, whose pages no file of ${place} holds`);
    }
    for (const name of names) {
      for (const suffix of ['.inprog', '.truncated', '.empty']) {
        if (listed.has(name + suffix)) unfinishedThere.add(name + suffix);
      }
    }
  }
  if (missing.size > 0 && compared > 0) {
    const partly = [...unfinishedThere].filter((name) => missing.has(name.replace(/\.[a-z]+$/, '')));
    const there = partly.length === 0 ? '' : ` (unfinished: ${someOf(partly)})`;
    const sentence = `${place} lists ${files([...missing])}, which no mirror has that could be listed${there}`;
    (compared === listings.length ? contradictions : remarks).push(sentence);
  }
  for (const { mirror, lacks } of lagging) {
    const elsewhere = lacks.filter((name) => !missing.has(name));
    if (elsewhere.length > 0) remarks.push(`${mirror} lags behind: it lacks ${files(elsewhere)} of ${place}`);
  }
  return { contradictions: bounded(contradictions), remarks: bounded(remarks) };
}

/** What a list of files contains, by the numbers in its names. */
class ListOfFiles {
  readonly #run: Run;
  readonly #names: ReadonlySet<string>;
  readonly #dumps: readonly DumpName[];
  readonly #hasRecombined: boolean;

  constructor(run: Run, names: readonly string[]) {
    this.#run = run;
    this.#names = new Set(names);
    this.#dumps = names.flatMap((name) => dumpOfRun(run, name) ?? []);
    this.#hasRecombined = this.#dumps.some(isRecombined);
  }

  /** Whether it is a dump file of the run that the list should have. */
  lacks(name: string): boolean {
    const dump = dumpOfRun(this.#run, name);
    return dump !== null && !this.#names.has(name) && !this.#hasRecombined && !isRecombined(dump);
  }

  lacksUnfinished(name: string): boolean {
    const dump = unfinishedOfRun(this.#run, name);
    if (dump === null || this.#hasRecombined || isRecombined(dump)) return false;
    const { pages, part } = dump;
    return !this.#dumps.some((other) =>
      pages === null || other.pages === null ? other.part === part : overlaps(other.pages, pages),
    );
  }
}

function isRecombined({ part, pages }: DumpName): boolean {
  return part === null && pages === null;
}

function overlaps(a: NumberRange, b: NumberRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function files(names: readonly string[]): string {
  return `${names.length} ${names.length === 1 ? 'file' : 'files'} (${someOf(names.toSorted())})`;
}

function bounded(sentences: readonly string[]): string[] {
  const shown = sentences.slice(0, MAX_MIRRORS_NAMED);
  const rest = sentences.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more`] : shown;
}

const MAX_GAPS_NAMED = 5;

/**
 * Numbers that a list of files goes past, as one sentence; null where it has no gap. A gap is not an error: pages in it may have been
 * deleted before the dump was made. `place` names the list.
 */
export function gapsOfList(run: Run, place: string, names: readonly string[]): string | null {
  const dumps = names.flatMap((name) => dumpOfRun(run, name) ?? []);
  const parts = [...new Set(dumps.flatMap(({ part }) => part ?? []))].toSorted((a, b) => a - b);
  const gaps = gapsOf(parts.map((part) => ({ first: part, last: part }))).map(
    ({ first, last }) => `part ${first === last ? first : `${first} to ${last}`}`,
  );
  const isLegacy = dumps.some(({ kind }) => kind !== null);
  const ranges = dumps.flatMap(({ pages }) => pages ?? []).toSorted((a, b) => a.first - b.first);
  // content exports may begin with any page id
  const pages = gapsOf(ranges, isLegacy ? 0 : (ranges[0]?.first ?? 1) - 1);
  pages.sort((a, b) => b.last - b.first - (a.last - a.first));
  gaps.push(...pages.map(({ first, last }) => `p${first}p${last}`));
  if (gaps.length === 0) return null;
  const shown = gaps.slice(0, MAX_GAPS_NAMED).join(', ');
  const rest = gaps.length - MAX_GAPS_NAMED;
  return `${place} has gaps: no file holds ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** What is not in sorted ranges, after `end`. */
function gapsOf(ranges: readonly NumberRange[], end = 0): NumberRange[] {
  const gaps: NumberRange[] = [];
  for (const { first, last } of ranges) {
    if (first > end + 1) gaps.push({ first: end + 1, last: first - 1 });
    end = Math.max(end, last);
  }
  return gaps;
}
