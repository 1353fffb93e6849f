import { messageOf, PermanentError } from '@wikifleet/domain/errors';
import type { Checksum, PlanFile, Voucher } from '@wikifleet/domain/plan';
import { runName, type Run } from '@wikifleet/domain/run';
import type { CatalogueEntry, CatalogueSource } from './catalogue-source.js';
import { parseChecksumList } from './checksum-list.js';
import { readStatusFiles, readStatusJob, type StatusJob } from './dump-status.js';
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
}

/** Why nobody vouches for a run. `absent`: not even the file that would; `growing`: files are still to come. */
export interface UnreadRun {
  readonly state: 'absent' | 'growing' | 'not complete';
  readonly reason: string;
}

const SIZES_AT_ONCE = 3;

/** Reads a run by the file that vouches for it. Throws `STATUS_REFUSED`, `SUMS_REFUSED`, `FILES_OVERLAP`, `RUN_TOO_LARGE`. */
export async function readVouchedRun(source: CatalogueSource, run: Run): Promise<ReadRun | UnreadRun> {
  const job = jobOfKind(run.kind);
  return job === null ? await readContentRun(source, run) : await readLegacyRun(source, run, job);
}

async function readLegacyRun(source: CatalogueSource, run: Run, name: string): Promise<ReadRun | UnreadRun> {
  const folder = folderOfRun(run);
  const path = `${folder}/dumpstatus.json`;
  const text = await source.fetchText(path);
  if (text === null) return { state: 'absent', reason: 'there is no dumpstatus.json' };
  let job: StatusJob | null;
  try {
    job = readStatusJob(text, name, path);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'STATUS_UNREADABLE') throw error;
    return { state: 'not complete', reason: `its dumpstatus.json cannot be read: ${messageOf(error)}` };
  }
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
  const found = readStatusFiles(job, names, folder, path);
  const sums = found.some((file) => file.checksum === null)
    ? await readLegacySums(source, run)
    : new Map<string, Checksum>();
  const files = found.map(({ name: file, size, checksum }) => ({
    file,
    path: `${folder}/${file}`,
    size,
    checksum: checksum ?? sums.get(file) ?? null,
  }));
  return { state: 'read', vouchedBy: 'dumpstatus', files, updated: job.updated, leftOut };
}

async function readContentRun(source: CatalogueSource, run: Run): Promise<ReadRun | UnreadRun> {
  const folder = folderOfRun(run);
  const path = `${folder}/SHA256SUMS`;
  const text = await source.fetchText(path);
  if (text === null) return { state: 'absent', reason: 'there is no SHA256SUMS' };
  if (text.trim() === '') return { state: 'not complete', reason: 'its SHA256SUMS is empty' };
  const sums = new Map(parseChecksumList(text, 'sha256', path).map(({ name, checksum }) => [name, checksum]));
  const { names, leftOut, unknown } = filesOfRun(run, sums.keys());
  refuseUnknown(unknown, run, 'SUMS_REFUSED', path);
  if (names.length === 0) return { state: 'not complete', reason: 'its SHA256SUMS names no dump file' };
  const entries = await source.list(folder);
  const files = await filesWithSizes(source, folder, names, entries ?? [], sums);
  return { state: 'read', vouchedBy: 'sha256sums', files, updated: null, leftOut };
}

/**
 * Reads a run by what is in its folder, where no voucher is needed. Checksums are from the sums files, where there are
 * any. Throws `LISTING_REFUSED` for a listing that contradicts itself.
 */
export async function readListedRun(source: CatalogueSource, run: Run): Promise<ReadRun | UnreadRun> {
  const folder = folderOfRun(run);
  const entries = await source.list(folder);
  if (entries === null) return { state: 'absent', reason: `there is no folder ${folder}` };
  const listed = entries.filter((entry) => !entry.directory).map((entry) => entry.name);
  const { names, leftOut, unknown } = filesOfRun(run, listed);
  if (names.length === 0) return { state: 'not complete', reason: `the folder ${folder} has no file of this kind` };
  const sums = jobOfKind(run.kind) === null ? new Map<string, Checksum>() : await readLegacySums(source, run);
  const files = await filesWithSizes(source, folder, names, entries, sums);
  return { state: 'read', vouchedBy: 'listing', files, updated: null, leftOut: [...leftOut, ...unknown] };
}

/** SHA-1 before MD5. Both files grow while the run goes on, so they never say which files there are. */
async function readLegacySums(source: CatalogueSource, run: Run): Promise<Map<string, Checksum>> {
  const sums = new Map<string, Checksum>();
  for (const algorithm of ['md5', 'sha1'] as const) {
    const path = `${folderOfRun(run)}/${prefixOfRun(run)}${algorithm}sums.txt`;
    const text = await source.fetchText(path);
    for (const { name, checksum } of text === null ? [] : parseChecksumList(text, algorithm, path))
      sums.set(name, checksum);
  }
  return sums;
}

async function filesWithSizes(
  source: CatalogueSource,
  folder: string,
  names: readonly string[],
  entries: readonly CatalogueEntry[],
  sums: ReadonlyMap<string, Checksum>,
): Promise<PlanFile[]> {
  const wanted = new Set(names);
  const sizes = new Map<string, number | null>();
  for (const { name, size, directory } of entries) {
    if (directory || !wanted.has(name)) continue;
    if (sizes.has(name)) throw listingRefused(folder, 'each name once', name);
    sizes.set(name, checkSize(folder, name, size));
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

function refuseUnknown(unknown: readonly string[], run: Run, code: string, place: string): void {
  if (unknown.length === 0) return;
  throw new PermanentError(
    code,
    `${place}: expected names of ${runName(run)}, received ${someOf(unknown)}: without them the run may lack pages`,
    { place },
  );
}
