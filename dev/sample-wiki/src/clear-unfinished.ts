import type { Dirent } from 'node:fs';
import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, UsageError } from '@wikifleet/domain/errors';

/** Files that the sample's writer makes whatever the wiki and date are; those that end in `.part` are unfinished. */
const FIXED_NAMES = new Set(['dumpstatus.json', 'SHA256SUMS', '_SUCCESS', 'dump.part', 'index.part', 'export.part']);
const MAX_NAMED = 5;

/**
 * Deletes what an unfinished sample left in one of its folders: files whose names begin with `stem`, or that the writer
 * always makes. Throws a `UsageError`, and deletes nothing, where something else is there or a folder on the way is a link.
 */
export async function clearUnfinished(out: string, folder: string, stem: string): Promise<void> {
  let path = out;
  for (const name of folder.split('/')) {
    path = join(path, name);
    const info = await lstat(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (info === null) return;
    if (!info.isDirectory()) throw refused(path, 'a folder', info.isSymbolicLink() ? 'a symbolic link' : 'no folder');
  }
  const entries = await readdir(path, { withFileTypes: true });
  const foreign = entries.filter((entry) => !isOurs(entry, stem)).map(({ name }) => name);
  if (foreign.length > 0) {
    throw refused(path, 'the files of an unfinished sample', foreign.slice(0, MAX_NAMED).join(', '));
  }
  for (const { name } of entries) await unlink(join(path, name));
}

function isOurs(entry: Dirent, stem: string): boolean {
  return entry.isFile() && (FIXED_NAMES.has(entry.name) || entry.name.startsWith(`${stem}-`));
}

function refused(place: string, expected: string, received: string): UsageError {
  const message = `${place}: expected ${expected}, received ${received}; nothing was deleted: move it elsewhere, or choose another --out`;
  return new UsageError('SAMPLE_FOLDER_REFUSED', message, { place, expected, received });
}
