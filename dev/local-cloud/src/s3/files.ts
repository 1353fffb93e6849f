import { lstatSync, realpathSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '@wikifleet/domain/errors';

const MISSING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/** The result of some file system work, or undefined where nothing is at the path. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (MISSING.includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** The real path of a path, or undefined where nothing is there. At once: to ask a thread takes ten times as long. */
export function realPathOf(path: string): string | undefined {
  return unlessMissingNow(() => realpathSync.native(path));
}

/** The state of what is at a path, or undefined where nothing is there; at once, and of a link its own. */
export function stateOf(path: string): BigIntStats | undefined {
  return unlessMissingNow(() => lstatSync(path, { bigint: true }));
}

function unlessMissingNow<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (MISSING.includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** A JSON file's value; undefined where it is missing or torn (a write that was cut off was never acknowledged). */
export async function readJson(path: string): Promise<unknown> {
  const text = await unlessMissing(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Renames, making the target's folder where it is missing. */
export async function renameInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
}

/** Removes a file or a folder with all it holds; fine where it is missing. */
export async function removeAll(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** Removes the folder and those above it, below `root`, as long as they are empty. */
export async function pruneFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; at.length > root.length; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}
