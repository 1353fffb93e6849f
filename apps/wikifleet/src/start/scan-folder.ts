import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { WIKI_NAME_RULE, isName, isWikiName } from '@wikifleet/domain/names';
import { runName } from '@wikifleet/domain/run';
import type { Kind, Run } from '@wikifleet/domain/run';
import { readDumpFileName } from './dump-file-name.js';
import type { DumpFileName } from './dump-file-name.js';
import type { FileDigests } from './file-digests.js';
import { inspectFile } from './inspect-file.js';
import type { Inspection } from './inspect-file.js';

/** A file of a folder that is planned: a dump, or what has a dump's name and fails when it is converted. */
export interface FoundDump {
  /** The real path. */
  readonly path: string;
  readonly file: string;
  readonly name: DumpFileName;
  readonly run: Run;
  /** In bytes. */
  readonly size: number;
  /** Of all its bytes, lower-case hex. */
  readonly sha256: string;
  /** Why it will fail, as far as its beginning shows; null where nothing is wrong there. */
  readonly problem: string | null;
}

export interface NamedReason {
  readonly name: string;
  readonly why: string;
}

/** A dump that cannot be planned: a failure. Its run, where it is known, must not be taken for complete. */
export interface RefusedFile extends NamedReason {
  readonly run: Run | null;
}

export interface ScannedFolder {
  readonly dumps: readonly FoundDump[];
  /** What is no dump, and why. */
  readonly left: readonly NamedReason[];
  readonly refused: readonly RefusedFile[];
  readonly warnings: readonly string[];
}

export interface ScanOptions {
  /** Of files whose names do not say. */
  readonly kind: Kind | undefined;
  /** Of all files, whatever they say. */
  readonly wiki: string | undefined;
  /** Of files whose names have none. */
  readonly date: string | undefined;
  readonly digests: FileDigests;
  /** Told how many bytes of how many were read; 0 of 0 while the files are looked at. What it throws ends the scan. */
  readonly onProgress: (read: number, total: number) => void;
}

interface Candidate {
  readonly path: string;
  readonly file: string;
  readonly name: DumpFileName;
  readonly size: number;
  readonly inspection: Inspection;
}

/**
 * Finds the dump files of a folder, by their content and by their names: what has a dump's name, or begins as a dump does,
 * is planned, also where it is damaged, so that it fails by its name and its run is not complete. Throws a `UsageError`
 * where the folder cannot be read.
 */
export async function scanFolder(folder: string, options: ScanOptions): Promise<ScannedFolder> {
  const candidates: Candidate[] = [];
  const left: NamedReason[] = [];
  const refused: RefusedFile[] = [];
  const unreadable: (NamedReason & { readonly read: DumpFileName })[] = [];
  for (const name of await namesIn(folder)) {
    options.onProgress(0, 0);
    const found = await look(join(folder, name), name);
    if ('why' in found) {
      if (found.isFailure) unreadable.push({ name, why: found.why, read: readDumpFileName(name) });
      else left.push({ name, why: found.why });
    } else candidates.push(found);
  }
  const { renamed, clashing } = nameApart(candidates);
  for (const name of clashing) refused.push({ name, run: null, why: REFUSED_NAME });
  const runOf = runChooser(folder, candidates, options);
  for (const { name, why, read } of unreadable) refused.push({ name, why, run: runOf(read, null) });
  const dumps: FoundDump[] = [];
  const total = candidates.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  for (const { path, file, name, inspection } of renamed) {
    const run = runOf(name, inspection.dbname);
    try {
      const onBytes = (more: number): void => options.onProgress((bytes += more), total);
      const digested = await options.digests.of(path, onBytes);
      const problem = options.wiki === undefined || inspection.is !== 'dump' ? inspection.problem : null;
      dumps.push({ path, file, name, run, ...digested, problem });
    } catch (error) {
      if (!isOfFile(error)) throw error;
      refused.push({ name: file, run, why: messageOf(error) });
    }
  }
  const warnings = [
    ...renamings(candidates),
    ...renamed.flatMap(({ file, name, inspection }) => {
      // who gives --wiki has said that names do not count
      const named = options.wiki === undefined ? name.wiki : null;
      return wikiWarnings(file, named, inspection, runOf(name, inspection.dbname));
    }),
    ...exportWarnings(candidates, options, folder),
  ];
  return { dumps, left, refused, warnings };
}

const REFUSED_NAME =
  'a dump whose name, written with A-Z a-z 0-9 . _ - alone, is that of another file of the folder: rename one of them';

/** Gives files whose names cannot be part of a key another name; where that is taken, they are clashing. */
function nameApart(candidates: readonly Candidate[]): { renamed: Candidate[]; clashing: string[] } {
  const taken = new Set(candidates.filter(({ file }) => isName(file)).map(({ file }) => file));
  const renamed: Candidate[] = [];
  const clashing: string[] = [];
  for (const candidate of candidates) {
    const file = safeName(candidate.file);
    if (file !== candidate.file && taken.has(file)) clashing.push(candidate.file);
    else {
      taken.add(file);
      renamed.push({ ...candidate, file });
    }
  }
  return { renamed, clashing };
}

/** The name itself, or one that may be part of a key. */
function safeName(name: string): string {
  if (isName(name)) return name;
  const safe = name.replaceAll(/[^A-Za-z0-9._-]/gu, '_');
  // the end says how a file is packed
  return `${/^[A-Za-z0-9_]/.test(safe) ? '' : '_'}${safe}`.slice(-200).replace(/^[^A-Za-z0-9_]/, '_');
}

/** Whether an error is about one file; the others are still looked at. */
function isOfFile(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || codeOf(error) === 'FILE_CHANGED');
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    throw new UsageError('FOLDER_UNREADABLE', `${folder} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** A candidate, or why it is none; `isFailure` where it should be one. */
async function look(path: string, file: string): Promise<Candidate | { why: string; isFailure: boolean }> {
  const name = readDumpFileName(file);
  try {
    const info = await stat(path);
    if (info.isDirectory()) return { why: 'a folder: dumps in it are not looked for', isFailure: false };
    if (!info.isFile()) {
      const why = 'a pipe, a socket or a device: expected a regular file; copy its bytes to one';
      return { why, isFailure: isNamedDump(name) };
    }
    const real = await realpath(path);
    const handle = await open(real);
    try {
      const { size } = await handle.stat();
      const inspection = await inspectFile(handle, path, size);
      if (isCandidate(name, inspection)) return { path: real, file, name, size, inspection };
      return { why: inspection.problem ?? 'no dump', isFailure: false };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isOfFile(error)) throw error;
    return { why: `cannot be read: ${messageOf(error)}`, isFailure: isNamedDump(name) };
  }
}

function isNamedDump({ nameClass }: DumpFileName): boolean {
  return nameClass === 'dump' || nameClass === 'xml';
}

/** Whether a file is a dump, or has a dump's name and would be missing without a word. */
function isCandidate({ nameClass }: DumpFileName, { is, holdsXml, isOtherXml }: Inspection): boolean {
  if (is === 'dump') return true;
  if (nameClass === 'companion') return false;
  if (nameClass === 'dump') return true;
  if (nameClass === 'xml') return is !== 'log' && !isOtherXml;
  return holdsXml;
}

/** Chooses the run of a file by its name, its head and the flags. */
function runChooser(
  folder: string,
  candidates: readonly Candidate[],
  options: ScanOptions,
): (name: DumpFileName, dbname: string | null) => Run {
  const exportKind = /mediawiki_content_history/.test(folder) ? 'content-history' : 'content-current';
  const isExportFolder = /mediawiki_content_(?:current|history)/.test(folder);
  // a file that cannot be read belongs to the wiki of its neighbours of the same name
  const wikis = new Map<string, string>();
  for (const { name, inspection } of candidates) {
    if (name.wiki !== null && inspection.dbname !== null) wikis.set(name.wiki, inspection.dbname);
  }
  return (name, dbname) => {
    const named = name.wiki === null || !isWikiName(name.wiki) ? undefined : (wikis.get(name.wiki) ?? name.wiki);
    return {
      kind: name.kind ?? options.kind ?? (name.isContentExport && isExportFolder ? exportKind : 'articles'),
      wiki: options.wiki ?? dbname ?? named ?? 'unknown',
      date: name.date ?? options.date ?? '1970-01-01',
    };
  };
}

/** Where a file's name, its own `dbname` and --wiki do not agree, or its `dbname` is no valid wiki name: what its rows follow. */
function wikiWarnings(
  file: string,
  named: string | null,
  { dbname, invalidDbname }: Inspection,
  { wiki }: Run,
): string[] {
  if (invalidDbname !== null) {
    const rows = `it is converted as ${wiki} (--wiki chooses another)`;
    return [`${file}: its head's dbname "${invalidDbname}" is not a valid wiki name (${WIKI_NAME_RULE}); ${rows}`];
  }
  if (dbname === null) return [];
  if (dbname !== wiki) return [`${file}: its head names the wiki ${dbname}; it is converted as ${wiki} (--wiki)`];
  if (named === null || named === dbname) return [];
  return [
    `${file}: its name is that of a dump of ${named}, and its head names the wiki ${dbname}: it is converted as ${dbname}, ` +
      `in one run with other dumps of ${dbname} (--wiki chooses another)`,
  ];
}

function exportWarnings(candidates: readonly Candidate[], { kind }: ScanOptions, folder: string): string[] {
  const isUndecided = candidates.some(({ name }) => name.isContentExport);
  if (!isUndecided || kind !== undefined || /mediawiki_content_(?:current|history)/.test(folder)) return [];
  return ['the names of a content export do not say which: --kind content-current or content-history does'];
}

function renamings(candidates: readonly Candidate[]): string[] {
  const others = candidates.filter(({ file }) => !isName(file));
  return others.map(
    ({ file }) => `${file}: its rows are under the name ${safeName(file)}, as a key cannot hold its own`,
  );
}

/** The files of each run, in the order in which they were found; keys as `runName` gives them. */
export function runsOf(dumps: readonly FoundDump[]): Map<string, FoundDump[]> {
  const runs = new Map<string, FoundDump[]>();
  for (const dump of dumps) {
    const name = runName(dump.run);
    const members = runs.get(name);
    if (members === undefined) runs.set(name, [dump]);
    else members.push(dump);
  }
  return runs;
}
