import { constants, createReadStream } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { codeOf } from '@wikifleet/domain/errors';
import { READ_BYTES } from './ftp-tree.js';
import type { FtpEntry, FtpTree } from './ftp-tree.js';

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES']);

/** The real folder `directory`; what a symbolic link finds outside of it is not there. */
export function directoryTree(directory: string): FtpTree {
  /** The real path, or null where there is none or it lies outside the folder. */
  async function locate(path: string): Promise<string | null> {
    if (path.includes('\0')) return null;
    try {
      const root = await realpath(directory);
      const real = await realpath(join(root, path));
      const inside = root.endsWith(sep) ? root : root + sep;
      return real === root || real.startsWith(inside) ? real : null;
    } catch (error) {
      if (ABSENT.has(codeOf(error))) return null;
      throw error;
    }
  }

  async function entryAt(path: string): Promise<FtpEntry | null> {
    const real = await locate(path);
    if (real === null) return null;
    const found = await stat(real);
    if (!found.isDirectory() && !found.isFile()) return null;
    const directoryFound = found.isDirectory();
    return {
      name: basename(path),
      directory: directoryFound,
      size: directoryFound ? 0 : found.size,
      modified: found.mtime,
    };
  }

  async function* read(path: string, start: number): AsyncGenerator<Buffer> {
    const real = await locate(path);
    if (real === null) throw new Error(`${path} is not there any more`);
    // The path is real already: a link that took its place since is not followed.
    const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW);
    yield* createReadStream('', { fd: handle, start, highWaterMark: READ_BYTES });
  }

  return {
    async entries(path) {
      const real = await locate(path);
      if (real === null || !(await stat(real)).isDirectory()) return null;
      const found: FtpEntry[] = [];
      for (const name of (await readdir(real)).toSorted()) {
        const entry = await entryAt(join(path, name));
        if (entry !== null) found.push(entry);
      }
      return found;
    },
    stat: entryAt,
    open: (path, start) => Readable.from(read(path, start), { objectMode: false }),
  };
}
