import { FleetError, messageOf, PermanentError } from '@wikifleet/domain/errors';
import type { Checksum, PlanFile, Voucher } from '@wikifleet/domain/plan';
import { runName, type Run } from '@wikifleet/domain/run';
import type { CatalogueSource, MirrorListing } from './catalogue-source.js';
import { parseChecksumList } from './checksum-list.js';
import { compareListings, gapsOfList } from './compare-listings.js';
import { readStatusFiles, readStatusJob, type StatusFile } from './dump-status.js';
import { quote, someOf } from './refusal.js';
import { filesOfRun } from './run-files.js';
import { folderOfRun, jobOfKind, prefixOfRun } from './run-layout.js';

/** The files of a run, and who says that they are all. */
export interface ReadRun {
  readonly state: 'read';
  readonly vouchedBy: Voucher;
  /** Sorted by number: part, pages, revisions. */
  readonly files: readonly PlanFile[];
  /** When the mirror finished the job, as it writes it (`YYYY-MM-DD hh:mm:ss`, UTC); null where it does not say. */
  readonly updated: string | null;
  /** Names that are no dump files of the run, but not usual beside them either; the first hundred. */
  readonly leftOut: readonly string[];
  /** What an operator should know: gaps in the list of files, mirrors that lag behind or could not be compared. */
  readonly remarks: readonly string[];
}

/** Why nobody vouches for a run. `absent`: not even the file that would; `growing`: files are still to come. */
export interface UnreadRun {
  readonly state: 'absent' | 'growing' | 'not complete';
  readonly reason: string;
}

const SIZES_AT_ONCE = 3;

/** A list of files that disagrees with the folder is read so often before it is an error: one of both may have been cut on its way. */
const MAX_COMPARISONS = 3;
/** Before the second comparison; twice as long before the third. */
const FIRST_WAIT_MS = 1_000;

/** A run as one reading of its list of files has it. */
interface ListedFiles {
  readonly state: 'listed';
  /** What lists the files, for messages. */
  readonly place: string;
  readonly read: ReadRun;
}

/**
 * Reads a run by the file that vouches for it, and compares the list of files with the listings of the run's folder. Throws
 * `LISTING_DIFFERS` where they disagree (`compareListings`), unless `ignoreListing`; `STATUS_REFUSED`, `SUMS_REFUSED`,
 * `FILES_OVERLAP`, `RUN_TOO_LARGE`.
 *
 * The comparison also finds a list that was cut at the end of a line, which nothing in the list itself shows.
 */
export async function readVouchedRun(
  source: CatalogueSource,
  run: Run,
  ignoreListing = false,
): Promise<ReadRun | UnreadRun> {
  const job = jobOfKind(run.kind);
  const folder = folderOfRun(run);
  for (let comparison = 1; ; comparison += 1) {
    let listings: readonly MirrorListing[] | null = null;
    const listed = async (): Promise<readonly MirrorListing[]> => (listings ??= await source.listings(folder));
    const found = job === null ? await readContentRun(source, run, listed) : await readLegacyRun(source, run, job);
    if (found.state !== 'listed') return found;
    const { place, read } = found;
    const names = read.files.map(({ file }) => file);
    const { contradictions, remarks } = compareListings(run, place, names, await listed());
    if (contradictions.length === 0 || ignoreListing) {
      return { ...read, remarks: [...read.remarks, ...contradictions, ...remarks] };
    }
    if (comparison === MAX_COMPARISONS) throw listingDiffers(run, [...contradictions, ...remarks]);
    await source.wait(FIRST_WAIT_MS * 2 ** (comparison - 1));
  }
}

async function readLegacyRun(source: CatalogueSource, run: Run, name: string): Promise<ListedFiles | UnreadRun> {
  const folder = folderOfRun(run);
  const path = `${folder}/dumpstatus.json`;
  let status: LegacyStatus | UnreadRun | null;
  try {
    status = await source.fetchText(path, (text) => readLegacyStatus(text, run, name));
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'STATUS_UNREADABLE') throw error;
    return { state: 'not complete', reason: `its dumpstatus.json cannot be read: ${messageOf(error)}` };
  }
  if (status === null) return { state: 'absent', reason: 'there is no dumpstatus.json' };
  if (status.state !== 'done') return status;
  const { found, leftOut, updated } = status;
  const sums = found.some((file) => file.checksum === null)
    ? await readLegacySums(source, run)
    : new Map<string, Checksum>();
  const files = found.map(({ name: file, size, checksum }) => ({
    file,
    path: `${folder}/${file}`,
    size,
    checksum: checksum ?? sums.get(file) ?? null,
  }));
  const remarks = remarksOfList(run, path, files);
  return {
    state: 'listed',
    place: path,
    read: { state: 'read', vouchedBy: 'dumpstatus', files, updated, leftOut, remarks },
  };
}

/** What a `dumpstatus.json` says of a job that is done. */
interface LegacyStatus {
  readonly state: 'done';
  readonly found: readonly StatusFile[];
  readonly leftOut: readonly string[];
  readonly updated: string | null;
}

function readLegacyStatus(text: string, run: Run, name: string): LegacyStatus | UnreadRun {
  const folder = folderOfRun(run);
  const path = `${folder}/dumpstatus.json`;
  const job = readStatusJob(text, name, path);
  if (job === null) return { state: 'not complete', reason: `its dumpstatus.json has no job ${name}` };
  if (job.status !== 'done') {
    const state = job.status === 'waiting' || job.status === 'in-progress' ? 'growing' : 'not complete';
    const status = /^[a-z-]+$/.test(job.status) ? job.status : quote(job.status);
    return { state, reason: `${name} is ${status}` };
  }
  const strangers = [...job.files.keys()].filter((file) => !file.startsWith(prefixOfRun(run)));
  const { names, leftOut, unknown } = filesOfRun(run, job.files.keys());
  refuseUnknown([...strangers, ...unknown], run, 'STATUS_REFUSED', `${path}, job ${name}`);
  if (names.length === 0) return { state: 'not complete', reason: `${name} is done and has no file of this kind` };
  return { state: 'done', found: readStatusFiles(job, names, folder, path), leftOut, updated: job.updated };
}

async function readContentRun(
  source: CatalogueSource,
  run: Run,
  listed: () => Promise<readonly MirrorListing[]>,
): Promise<ListedFiles | UnreadRun> {
  const folder = folderOfRun(run);
  const path = `${folder}/SHA256SUMS`;
  let list: ContentSums | null;
  try {
    list = await source.fetchText(path, (text) => readContentSums(text, run));
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'SUMS_EMPTY') throw error;
    return { state: 'not complete', reason: 'its SHA256SUMS is empty' };
  }
  if (list === null) return { state: 'absent', reason: 'there is no SHA256SUMS' };
  const { names, leftOut, sums } = list;
  if (names.length === 0) return { state: 'not complete', reason: 'its SHA256SUMS names no dump file' };
  const files = await filesWithSizes(source, folder, names, await listed(), sums);
  const remarks = remarksOfList(run, path, files);
  return {
    state: 'listed',
    place: path,
    read: { state: 'read', vouchedBy: 'sha256sums', files, updated: null, leftOut, remarks },
  };
}

interface ContentSums {
  readonly names: readonly string[];
  readonly leftOut: readonly string[];
  readonly sums: ReadonlyMap<string, Checksum>;
}

function readContentSums(text: string, run: Run): ContentSums {
  const path = `${folderOfRun(run)}/SHA256SUMS`;
  // thrown, because an answer without a body looks the same: it is worth another reading
  if (text.trim() === '') throw new PermanentError('SUMS_EMPTY', `${path}: expected lines, received none`);
  const sums = new Map(parseChecksumList(text, 'sha256', path).map(({ name, checksum }) => [name, checksum]));
  const { names, leftOut, unknown } = filesOfRun(run, sums.keys());
  refuseUnknown(unknown, run, 'SUMS_REFUSED', path);
  return { names, leftOut, sums };
}

function remarksOfList(run: Run, place: string, files: readonly PlanFile[]): string[] {
  const gaps = gapsOfList(
    run,
    place,
    files.map(({ file }) => file),
  );
  return gaps === null ? [] : [gaps];
}

/**
 * Reads a run by what is in its folder, where no voucher is needed. Checksums are from the sums files, where there are
 * any. Throws `LISTING_REFUSED` for a listing that contradicts itself, `LISTING_DIFFERS` where another mirror has more files, unless
 * `ignoreListing`.
 */
export async function readListedRun(
  source: CatalogueSource,
  run: Run,
  ignoreListing = false,
): Promise<ReadRun | UnreadRun> {
  const folder = folderOfRun(run);
  for (let comparison = 1; ; comparison += 1) {
    const listings = await source.listings(folder);
    const isListed = ({ entries }: MirrorListing): boolean => entries !== null && entries.length > 0;
    const first = listings.find(isListed) ?? listings.find(({ entries }) => entries !== null);
    const entries = first?.entries ?? null;
    if (first === undefined || entries === null) {
      const problems = listings.flatMap(({ mirror, problem }) => (problem === null ? [] : `${mirror}: ${problem}`));
      if (problems.length > 0 && problems.length === listings.length)
        throw new FleetError('LISTING_FAILED', problems.join('; '));
      return { state: 'absent', reason: [`there is no folder ${folder}`, ...problems].join('; ') };
    }
    const listed = entries.filter((entry) => !entry.directory).map((entry) => entry.name);
    const { names, leftOut, unknown } = filesOfRun(run, listed);
    if (names.length === 0) return { state: 'not complete', reason: `the folder ${folder} has no file of this kind` };
    const place = `the listing of ${first.mirror}`;
    const { contradictions, remarks } = compareListings(
      run,
      place,
      names,
      listings.filter((other) => other !== first),
    );
    if (contradictions.length > 0 && !ignoreListing) {
      if (comparison === MAX_COMPARISONS) throw listingDiffers(run, [...contradictions, ...remarks]);
      await source.wait(FIRST_WAIT_MS * 2 ** (comparison - 1));
      continue;
    }
    const sums = jobOfKind(run.kind) === null ? new Map<string, Checksum>() : await readLegacySums(source, run);
    const files = await filesWithSizes(source, folder, names, [first], sums);
    return {
      state: 'read',
      vouchedBy: 'listing',
      files,
      updated: null,
      leftOut: [...leftOut, ...unknown],
      remarks: [...remarksOfList(run, place, files), ...contradictions, ...remarks],
    };
  }
}

/** SHA-1 before MD5. Both files grow while the run goes on, so they never say which files there are. */
async function readLegacySums(source: CatalogueSource, run: Run): Promise<Map<string, Checksum>> {
  const sums = new Map<string, Checksum>();
  for (const algorithm of ['md5', 'sha1'] as const) {
    const path = `${folderOfRun(run)}/${prefixOfRun(run)}${algorithm}sums.txt`;
    const lines = await source.fetchText(path, (text) => parseChecksumList(text, algorithm, path));
    for (const { name, checksum } of lines ?? []) sums.set(name, checksum);
  }
  return sums;
}

/** The files with their sizes, from the first listing that has one, or else asked for. */
async function filesWithSizes(
  source: CatalogueSource,
  folder: string,
  names: readonly string[],
  listings: readonly MirrorListing[],
  sums: ReadonlyMap<string, Checksum>,
): Promise<PlanFile[]> {
  const wanted = new Set(names);
  const sizes = new Map<string, number | null>();
  for (const { entries } of listings) {
    const seen = new Set<string>();
    for (const { name, size, directory } of entries ?? []) {
      if (directory || !wanted.has(name)) continue;
      if (seen.has(name)) throw listingRefused(folder, 'each name once', name);
      seen.add(name);
      sizes.set(name, sizes.get(name) ?? checkSize(folder, name, size));
    }
  }
  const unsized = names.filter((name) => (sizes.get(name) ?? null) === null);
  for (let at = 0; at < unsized.length; at += SIZES_AT_ONCE) {
    const asked = unsized.slice(at, at + SIZES_AT_ONCE).map(async (name) => {
      sizes.set(name, checkSize(folder, name, await source.size(`${folder}/${name}`)));
    });
    await Promise.all(asked);
  }
  return names.map((file) => ({
    file,
    path: `${folder}/${file}`,
    size: sizes.get(file) ?? null,
    checksum: sums.get(file) ?? null,
  }));
}

function checkSize(folder: string, name: string, size: number | null): number | null {
  if (size === null || (Number.isSafeInteger(size) && size >= 0)) return size;
  throw listingRefused(folder, `a size in bytes for ${name}`, String(size));
}

function listingRefused(folder: string, expected: string, received: string): PermanentError {
  return new PermanentError('LISTING_REFUSED', `${folder}: expected ${expected}, received ${quote(received)}`);
}

function listingDiffers(run: Run, sentences: readonly string[]): PermanentError {
  return new PermanentError(
    'LISTING_DIFFERS',
    `${runName(run)}: the list of files and the folder ${folderOfRun(run)} disagree: ${sentences.join('; ')}. ` +
      'Seed again later, when the mirrors agree, or take the list as it is with --ignore-listing',
    { place: folderOfRun(run) },
  );
}

function refuseUnknown(unknown: readonly string[], run: Run, code: string, place: string): void {
  if (unknown.length === 0) return;
  throw new PermanentError(
    code,
    `${place}: expected names of ${runName(run)}, received ${someOf(unknown)}: without them the run may lack pages`,
    { place },
  );
}
