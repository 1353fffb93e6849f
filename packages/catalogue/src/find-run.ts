import { UsageError } from '@wikifleet/domain/errors';
import { checkName } from '@wikifleet/domain/names';
import { parseDate, runName, type Kind, type Run } from '@wikifleet/domain/run';
import type { CatalogueSource } from './catalogue-source.js';
import { readListedRun, readVouchedRun, type ReadRun, type UnreadRun } from './read-run.js';
import { dateOfFolder, folderOfWiki } from './run-layout.js';

export interface RunQuery {
  readonly kind: Kind;
  readonly wiki: string;
  /** `YYYY-MM-DD`, `YYYYMMDD`, or `latest`: the newest run that is complete. */
  readonly date: string;
  /** Whether a listing may stand in where nobody vouches for the files. Needs a named date. */
  readonly acceptListing?: boolean;
  /** Whether a list of files that disagrees with the folder's listings is taken as it is, with remarks. */
  readonly ignoreListing?: boolean;
}

/** A run that `latest` went past, with why. */
export interface SkippedRun {
  readonly date: string;
  readonly reason: string;
}

export interface CatalogueRun extends Omit<ReadRun, 'state'> {
  readonly run: Run;
  /** Newer runs that were not complete, newest first; empty for a named date. */
  readonly skipped: readonly SkippedRun[];
}

/** How many runs `latest` looks at: a mirror keeps fewer. */
export const MOST_LOOKED_AT = 24;
const MOST_DATES_NAMED = 5;
const MOST_LEFT_OUT = 100;
const LONGEST_REASON = 300;

/**
 * Finds the files of a run. Throws a `UsageError` with `WIKI_UNKNOWN`, `RUN_UNKNOWN` (it names the dates there are),
 * `RUN_NOT_READY`, `NO_COMPLETE_RUN`, `LISTING_NEEDS_DATE` or `DATE_REFUSED`; a `PermanentError` where a catalogue cannot
 * be believed: `STATUS_REFUSED`, `SUMS_REFUSED`, `LISTING_REFUSED`, `LISTING_DIFFERS`, `FILES_OVERLAP`, `RUN_TOO_LARGE`,
 * `NAME_REFUSED`; and whatever `source` throws.
 */
export async function findRun(source: CatalogueSource, query: RunQuery): Promise<CatalogueRun> {
  const { kind, date, acceptListing = false, ignoreListing = false } = query;
  const wiki = checkName('wiki', query.wiki);
  if (date !== 'latest') {
    return await findDated(source, { kind, wiki, date: parseDate(date) }, { acceptListing, ignoreListing });
  }
  if (acceptListing) {
    throw new UsageError(
      'LISTING_NEEDS_DATE',
      'a listing says nothing of completeness: expected a date, received latest',
    );
  }
  return await findLatest(source, kind, wiki, ignoreListing);
}

async function findDated(
  source: CatalogueSource,
  run: Run,
  { acceptListing, ignoreListing }: { readonly acceptListing: boolean; readonly ignoreListing: boolean },
): Promise<CatalogueRun> {
  let read = await readVouchedRun(source, run, ignoreListing);
  // Where files are still to come, somebody does vouch: that the listing is not complete.
  if (acceptListing && read.state !== 'read' && read.state !== 'growing') {
    read = await readListedRun(source, run, ignoreListing);
  }
  if (read.state !== 'read') throw await whyNot(source, run, read, acceptListing);
  return foundRun(run, read, []);
}

async function findLatest(
  source: CatalogueSource,
  kind: Kind,
  wiki: string,
  ignoreListing: boolean,
): Promise<CatalogueRun> {
  const dates = await datesOf(source, kind, wiki);
  const skipped: SkippedRun[] = [];
  for (const date of dates.slice(0, MOST_LOOKED_AT)) {
    const run = { kind, wiki, date };
    const read = await readVouchedRun(source, run, ignoreListing);
    if (read.state === 'read') return foundRun(run, read, skipped);
    skipped.push({ date, reason: read.reason.slice(0, LONGEST_REASON) });
  }
  const reasons = skipped.map(({ date, reason }) => `${date}: ${reason}`).join('; ');
  const seen = skipped.length === 0 ? `${folderOfWiki({ kind, wiki })} has no dated folder` : reasons;
  const older =
    dates.length > MOST_LOOKED_AT ? ` (${dates.length - MOST_LOOKED_AT} older ones were not looked at)` : '';
  throw new UsageError('NO_COMPLETE_RUN', `${kind}/${wiki} has no complete run: ${seen}${older}${hintFor(kind)}`);
}

function foundRun(run: Run, read: ReadRun, skipped: readonly SkippedRun[]): CatalogueRun {
  const { vouchedBy, files, updated, remarks } = read;
  const leftOut = read.leftOut.slice(0, MOST_LEFT_OUT).map((name) => name.slice(0, 200));
  return { run, vouchedBy, files, updated, leftOut, remarks, skipped };
}

/** The dates of a wiki's folders, newest first. Throws `WIKI_UNKNOWN`. */
async function datesOf(source: CatalogueSource, kind: Kind, wiki: string): Promise<string[]> {
  const folder = folderOfWiki({ kind, wiki });
  const entries = await source.list(folder);
  // FTP servers answer a folder that is not there with an empty listing.
  if (entries === null || entries.length === 0) {
    throw new UsageError(
      'WIKI_UNKNOWN',
      `no folder ${folder} on the mirror; expected a wiki by its database name, as simplewiki or dewikivoyage, received ${wiki}`,
    );
  }
  const dates = new Set<string>();
  for (const { name, directory } of entries) {
    const date = directory ? dateOfFolder(kind, name) : null;
    if (date !== null) dates.add(date);
  }
  return [...dates].toSorted().toReversed();
}

async function whyNot(
  source: CatalogueSource,
  run: Run,
  unread: UnreadRun,
  acceptListing: boolean,
): Promise<UsageError> {
  if (unread.state === 'absent') {
    const dates = await datesOf(source, run.kind, run.wiki);
    if (!dates.includes(run.date)) {
      const named = dates.slice(0, MOST_DATES_NAMED).join(', ');
      const more = dates.length > MOST_DATES_NAMED ? ` and ${dates.length - MOST_DATES_NAMED} older` : '';
      const there = dates.length === 0 ? 'no dated folder is there' : `there are ${named}${more}`;
      return new UsageError('RUN_UNKNOWN', `the mirror has no run ${runName(run)}; ${there}`);
    }
  }
  const listing = acceptListing || unread.state === 'growing' ? '' : '; a listing may serve with --accept-listing';
  return new UsageError(
    'RUN_NOT_READY',
    `the run is not ready: ${unread.reason} (${runName(run)})${listing}${hintFor(run.kind)}`,
    { received: unread.reason },
  );
}

/** Since 2025 a wiki's history comes as a content export, and legacy runs may not have the job any more. */
function hintFor(kind: Kind): string {
  return kind === 'meta-history' || kind === 'stubs-meta-history'
    ? '; newer histories are of the kind content-history'
    : '';
}
