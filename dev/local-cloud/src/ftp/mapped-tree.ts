import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path/posix';
import { Readable } from 'node:stream';
import { codeOf, UsageError } from '@wikifleet/domain/errors';
import { READ_BYTES, resolvePath } from './ftp-tree.js';
import type { FtpEntry, FtpTree } from './ftp-tree.js';

/** A real file's path, or the bytes themselves. */
export type MappedFile = string | Uint8Array;

/**
 * A tree made up from `files`: virtual path (`/aawiki/20261001/dumpstatus.json`) to real file or bytes. The folders
 * between are made up too. A real file that is missing is not listed. The map may grow while the tree is in use.
 */
export function mappedTree(files: ReadonlyMap<string, MappedFile>): FtpTree {
  const began = new Date();
  for (const path of files.keys()) {
    if (path === resolvePath('/', path) && path !== '/') continue;
    throw new UsageError('FTP_PATH', `expected a path as /folder/file, received ${JSON.stringify(path)}`);
  }

  async function fileAt(path: string): Promise<FtpEntry | null> {
    const file = files.get(path);
    if (file === undefined) return null;
    const name = basename(path);
    if (typeof file !== 'string') return { name, directory: false, size: file.byteLength, modified: began };
    try {
      const found = await stat(file);
      return found.isFile() ? { name, directory: false, size: found.size, modified: found.mtime } : null;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  const folder = (name: string): FtpEntry => ({ name, directory: true, size: 0, modified: began });
  const inside = (path: string): string => (path === '/' ? '/' : `${path}/`);
  const isFolder = (path: string): boolean =>
    path === '/' || [...files.keys()].some((file) => file.startsWith(inside(path)));

  return {
    async entries(path) {
      if (!isFolder(path)) return null;
      const found = new Map<string, FtpEntry>();
      for (const file of files.keys()) {
        if (!file.startsWith(inside(path))) continue;
        const name = file.slice(inside(path).length).split('/', 1)[0] ?? '';
        const entry = dirname(file) === path ? await fileAt(file) : folder(name);
        if (entry !== null) found.set(name, entry);
      }
      return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async stat(path) {
      return (await fileAt(path)) ?? (isFolder(path) ? folder(basename(path)) : null);
    },
    open(path, start) {
      const file = files.get(path);
      if (typeof file === 'string') return createReadStream(file, { start, highWaterMark: READ_BYTES });
      return Readable.from(file === undefined ? [] : slices(file.subarray(start)), { objectMode: false });
    },
  };
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += READ_BYTES) yield bytes.subarray(at, at + READ_BYTES);
}
