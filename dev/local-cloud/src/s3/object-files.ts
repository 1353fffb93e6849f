import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '@wikifleet/domain/errors';
import { realPathOf, renameInto, stateOf, unlessMissing } from './files.js';
import { SERVICE_FOLDER, keyHash } from './object-key.js';

/** Never through a link, and never waiting for the other end of a pipe. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const CONFLICTS = new Set(['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY', 'ENAMETOOLONG', 'EINVAL', 'EILSEQ', 'ELOOP']);
const MAX_ATTEMPTS = 20;

/**
 * Where the bytes of a bucket's objects lie: a file under its key, or a blob. A path counts only where it is its own
 * real path, so a link that somebody put into the folder is neither read nor written through.
 */
export class ObjectFiles {
  /** The bucket's folder: a real path. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf(key: string, blob: boolean): string {
    return blob ? join(this.folder, SERVICE_FOLDER, 'blobs', keyHash(key)) : join(this.folder, key);
  }

  /** The file's state; undefined where there is no regular file of that very name. `walked`: the way there was just walked, and has no link. */
  stat(path: string, walked = false): BigIntStats | undefined {
    if (!walked && realPathOf(path) !== path) return undefined;
    const stats = stateOf(path);
    return stats?.isFile() === true ? stats : undefined;
  }

  /** Opens the file for reading; undefined where `stat` would say so. */
  async open(path: string): Promise<{ handle: FileHandle; stats: BigIntStats } | undefined> {
    if (realPathOf(path) !== path) return undefined;
    const handle = await unlessMissing(open(path, READ));
    if (handle === undefined) return undefined;
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return { handle, stats };
    await handle.close();
    return undefined;
  }

  /** Whether this folder is there and is what it seems. */
  isFolder(path: string): boolean {
    return realPathOf(path) === path && stateOf(path)?.isDirectory() === true;
  }

  /**
   * Puts a finished file in the object's place, at once or not at all. False where the key cannot be a file now: a folder or a
   * link is in its way, or a file where it needs a folder.
   */
  async place(source: string, key: string, blob: boolean): Promise<boolean> {
    const target = this.pathOf(key, blob);
    if (blob) {
      await renameInto(source, target);
      return true;
    }
    for (let attempt = 1; ; attempt++) {
      try {
        if (!(await this.#ensureFolder(dirname(target)))) return false;
        const there = realPathOf(target);
        if (there !== undefined && there !== target) return false;
        await rename(source, target);
        return true;
      } catch (error) {
        // an empty folder left over is no object; one that a delete just pruned is made again
        const retry =
          (codeOf(error) === 'EISDIR' && (await removeEmpty(target))) || ['ENOENT', 'EEXIST'].includes(codeOf(error));
        if (retry && attempt < MAX_ATTEMPTS) continue;
        if (CONFLICTS.has(codeOf(error))) return false;
        throw error;
      }
    }
  }

  /** Makes the folder and those above it, one by one, following nothing. False where something else is in the way. */
  async #ensureFolder(path: string): Promise<boolean> {
    if (path === this.folder) return true;
    const real = realPathOf(path);
    if (real !== undefined) return real === path;
    if (!(await this.#ensureFolder(dirname(path)))) return false;
    await mkdir(path);
    return true;
  }
}

async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch {
    return false;
  }
}
