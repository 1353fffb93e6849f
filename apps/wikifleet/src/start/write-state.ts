import { writeFile } from 'node:fs/promises';
import { FleetError, messageOf } from '@wikifleet/domain/errors';
import { adviceFor } from './fault-watch.js';

/** Writes a file of the state folder, or runs what writes below a path. What the file system throws then names the path. */
export async function writeState<T = void>(path: string, what: string | (() => Promise<T>)): Promise<T> {
  try {
    if (typeof what === 'function') return await what();
    return (await writeFile(path, what)) as T;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new FleetError('STATE_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}. ${adviceFor(error)}`, {
      cause: error,
      place: path,
    });
  }
}
