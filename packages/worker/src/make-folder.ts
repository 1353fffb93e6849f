import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '@wikifleet/domain/errors';

/** Makes a folder and those above it. Node's own recursive mkdir never returns where mkdir is always ENOENT, as in /proc. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}
