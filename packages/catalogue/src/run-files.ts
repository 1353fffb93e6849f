import { PermanentError } from '@wikifleet/domain/errors';
import { isName } from '@wikifleet/domain/names';
import { runName, type Run } from '@wikifleet/domain/run';
import { MOST_FILES } from './checksum-list.js';
import { compareDumpNames, dumpNameOf, stemOfKind, type DumpName } from './dump-name.js';
import { quote, someOf } from './refusal.js';
import { prefixOfRun } from './run-layout.js';

/** Names sorted out for a run. */
export interface RunFiles {
  /** The dump files of the run, one set that holds each page once, in the order of their numbers. */
  readonly names: readonly string[];
  /** What nobody takes, but somebody may want to know of: unfinished files, strangers. */
  readonly leftOut: readonly string[];
  /** Names that are almost the run's: without them the run may lack pages, so who vouches for a list refuses it. */
  readonly unknown: readonly string[];
}

/** What the mirrors add to the name of a file that is not finished. */
const UNFINISHED = /\.(?:inprog|truncated|empty)$/;

interface NamedDump {
  readonly name: string;
  readonly dump: DumpName;
}

/**
 * Picks a run's dump files out of `names`. Where there are parts, the recombined file is left out. Throws `FILES_OVERLAP`
 * where two files would hold the same pages, `RUN_TOO_LARGE` for more than 100,000 files.
 */
export function filesOfRun(run: Run, names: Iterable<string>): RunFiles {
  const dumps: NamedDump[] = [];
  const leftOut: string[] = [];
  const unknown: string[] = [];
  const stem = stemOfKind(run.kind);
  for (const name of names) {
    const dump = dumpOfRun(run, name);
    if (dump !== null) dumps.push({ name, dump });
    else {
      const standing = stem === null ? standingInContent(run, name) : standingInLegacy(run, stem, name);
      if (standing === 'left out') leftOut.push(name);
      if (standing === 'unknown') unknown.push(name);
    }
  }
  if (dumps.length > MOST_FILES) {
    throw new PermanentError('RUN_TOO_LARGE', `${runName(run)}: expected at most ${MOST_FILES} files, received more`);
  }
  return { names: oneSetOf(run, dumps).map(({ name }) => name), leftOut, unknown };
}

/** What the name of a dump file of the run says; null for all other names. */
export function dumpOfRun(run: Run, name: string): DumpName | null {
  const dump = isName(name) ? dumpNameOf(name) : null;
  return dump !== null && isOfRun(run, dump) ? dump : null;
}

/** The same of a dump file that is not finished: `.inprog`, `.truncated`, `.empty`. */
export function unfinishedOfRun(run: Run, name: string): DumpName | null {
  return UNFINISHED.test(name) ? dumpOfRun(run, name.replace(UNFINISHED, '')) : null;
}

function isOfRun(run: Run, dump: DumpName): boolean {
  const kind = stemOfKind(run.kind) === null ? null : run.kind;
  return dump.wiki === run.wiki && dump.date === run.date && dump.kind === kind;
}

type Standing = 'not ours' | 'left out' | 'unknown';

function standingInLegacy(run: Run, stem: string, name: string): Standing {
  const rest = name.startsWith(prefixOfRun(run) + stem) ? name.slice(prefixOfRun(run).length + stem.length) : '';
  // `-` goes on to another dump: pages-articles to -multistream, that to -index.
  if (!/^[\d.]/.test(rest) || rest.endsWith('.7z')) return 'not ours';
  return UNFINISHED.test(name) ? 'left out' : 'unknown';
}

function standingInContent(run: Run, name: string): Standing {
  if (name === 'SHA256SUMS' || name === '_SUCCESS') return 'not ours';
  if (UNFINISHED.test(name)) return 'left out';
  const prefix = prefixOfRun(run);
  // A name cut short is what a cut file ends with.
  const almost = name.startsWith(prefix) || prefix.startsWith(name) || name.endsWith('.xml.bz2');
  return almost ? 'unknown' : 'left out';
}

function oneSetOf(run: Run, dumps: readonly NamedDump[]): NamedDump[] {
  const parts = dumps.filter(({ dump }) => dump.part !== null || dump.pages !== null);
  const set = parts.length > 0 ? parts : [...dumps];
  set.sort((a, b) => compareDumpNames(a.dump, b.dump) || (a.name < b.name ? -1 : 1));
  checkParts(run, set);
  checkPages(run, set);
  return set;
}

/** A part is one file without a range of pages, or several with one: both would hold its pages twice. */
function checkParts(run: Run, set: readonly NamedDump[]): void {
  for (const [index, { name, dump }] of set.entries()) {
    const before = set[index - 1];
    if (before === undefined || before.dump.part !== dump.part) continue;
    if (before.dump.pages === null || dump.pages === null) throw overlap(run, before.name, name);
  }
}

/**
 * Files of a single page are left alone: an export takes its largest pages out of the ranges around them and cuts them by
 * time, where the numbers of revisions may run either way.
 */
function checkPages(run: Run, set: readonly NamedDump[]): void {
  const ranges = set.flatMap(({ name, dump: { pages, revisions } }) =>
    pages === null || revisions !== null ? [] : [{ name, pages }],
  );
  ranges.sort((a, b) => a.pages.first - b.pages.first);
  for (const [index, after] of ranges.entries()) {
    const before = ranges[index - 1];
    if (before !== undefined && before.pages.last >= after.pages.first) throw overlap(run, before.name, after.name);
  }
}

function overlap(run: Run, before: string, after: string): PermanentError {
  return new PermanentError(
    'FILES_OVERLAP',
    `${runName(run)}: expected files that hold each page once, received ${someOf([before, after])}, which overlap`,
    { received: quote(`${before} ${after}`) },
  );
}
