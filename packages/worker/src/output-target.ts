import { fstatSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';

/** A file that the user named. */
export interface NamedFile {
  /** As messages call it: `--out`, `the dump`. */
  readonly name: string;
  readonly path: string;
}

/** Where an output goes. */
export interface OutputTarget extends NamedFile {
  /** As the user wrote it. */
  readonly path: string;
  /** Absolute, and no symbolic link itself; what a link leads to is written, not the link. */
  readonly realPath: string;
  /** What is there; null where nothing is. */
  readonly found: BigIntStats | null;
  /** The descriptor of this process that the path names, as /dev/stdout does; null for any other path. */
  readonly descriptor: number | null;
}

/** Appended to a regular file's path until the file is complete. */
export const PARTIAL_SUFFIX = '.partial';

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** Finds out what the path of an output leads to, and changes nothing. Throws a `UsageError` where that cannot be. */
export async function resolveTarget({ name, path }: NamedFile): Promise<OutputTarget> {
  try {
    let realPath = resolve(path);
    for (let links = 0; links < MAX_LINKS; links += 1) {
      const descriptor = descriptorOf(realPath);
      if (descriptor !== null) return { name, path, realPath, found: statDescriptor(descriptor), descriptor };
      realPath = join(await realpath(dirname(realPath)), basename(realPath));
      if (descriptorOf(realPath) !== null) continue;
      const found = await lstat(realPath, { bigint: true }).catch(unlessMissing);
      if (found?.isSymbolicLink() !== true) return { name, path, realPath, found, descriptor: null };
      realPath = resolve(dirname(realPath), await readlink(realPath));
    }
    throw new Error('too many symbolic links');
  } catch (error) {
    throw cannotWrite(name, path, error);
  }
}

/** /dev/stdout, /dev/fd/3, /proc/self/fd/3: opened by their path, a file behind them would be emptied. */
function descriptorOf(path: string): number | null {
  if (path === '/dev/stdout') return 1;
  if (path === '/dev/stderr') return 2;
  const [, pid, fd] = /^\/(?:dev|proc\/(self|thread-self|\d+))\/fd\/(\d{1,9})$/.exec(path) ?? [];
  if (fd === undefined || (pid !== undefined && /^\d/.test(pid) && Number(pid) !== process.pid)) return null;
  return Number(fd);
}

function statDescriptor(descriptor: number): BigIntStats | null {
  try {
    return fstatSync(descriptor, { bigint: true });
  } catch {
    // closed: the first write says so
    return null;
  }
}

function unlessMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null;
  throw error;
}

/** Names one file, whatever path leads to it. */
export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * Throws a `UsageError` where an output would be written over an input or over another output, its own or the file that it
 * grows in. Files are compared by device and inode, those that are not there yet by their folder and name.
 */
export async function refuseSameFiles(targets: readonly OutputTarget[], inputs: readonly NamedFile[]): Promise<void> {
  const taken = new Map<string, string>();
  for (const { name, path } of inputs) {
    const info = await stat(path, { bigint: true }).catch(() => null);
    if (info !== null) taken.set(identityOf(info), described({ name, path }));
  }
  for (const target of targets) {
    const keys = await keysOf(target);
    const other = keys.map((key) => taken.get(key)).find((known) => known !== undefined);
    if (other !== undefined) {
      throw new UsageError('OUTPUT_REFUSED', `${described(target)} would overwrite ${other}: choose another file`);
    }
    for (const key of keys) taken.set(key, described(target));
  }
}

async function keysOf({ realPath, found, descriptor }: OutputTarget): Promise<string[]> {
  // a terminal or /dev/null takes several
  if (found?.isCharacterDevice() === true) return [];
  const own = found === null ? [] : [identityOf(found)];
  if (descriptor !== null || (found !== null && !found.isFile())) return own;
  const folder = identityOf(await stat(dirname(realPath), { bigint: true }));
  const partial = await stat(realPath + PARTIAL_SUFFIX, { bigint: true }).catch(() => null);
  const name = basename(realPath);
  return [
    ...own,
    ...(partial === null ? [] : [identityOf(partial)]),
    `${folder}/${name}`,
    `${folder}/${name}${PARTIAL_SUFFIX}`,
  ];
}

/** The error for an output that cannot be opened. */
export function cannotWrite(name: string, path: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error;
  const reason = codeOf(error) === 'ENOENT' ? `there is no folder ${dirname(path)}` : reasonOf(error);
  return new UsageError('OUTPUT_UNWRITABLE', `${described({ name, path })} cannot be written: ${reason}`, {
    cause: error,
  });
}

/** `--out rows.jsonl`, `standard output` */
function described({ name, path }: NamedFile): string {
  return path === '/dev/stdout' ? name : `${name} ${path}`;
}

/** What the system says, without the call and its path: `ENOSPC: no space left on device`. */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(/^([A-Z][A-Z0-9]+: [^,']*), [a-z]+(?: '.*')?$/s, '$1');
}
