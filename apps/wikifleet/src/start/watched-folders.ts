import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@wikifleet/domain/errors';
import type { Folders } from './local-fleet.js';

/** Of the folders of objects, those that the fleet does not empty, and so deletes, itself. */
const KEPT_FOLDERS = ['rows', 'runs'] as const;

/** Notices that a folder which the fleet works in was deleted, moved or replaced. */
export class WatchedFolders {
  /** Which folder a path led to; undefined while it may still be made. */
  readonly #known = new Map<string, string | undefined>();
  readonly #from: string | undefined;

  private constructor(from: string | undefined) {
    this.#from = from;
  }

  /** `from`: the folder of the dump files, where there is one. */
  static async open({ out, state }: Folders, from: string | undefined): Promise<WatchedFolders> {
    const watched = new WatchedFolders(from);
    for (const path of [state, ...(from === undefined ? [] : [from])]) {
      watched.#known.set(path, await watched.#stateOf(path));
    }
    for (const name of KEPT_FOLDERS) watched.#known.set(join(out, name), undefined);
    return watched;
  }

  /** The first folder that is not the one it was; null where all are. */
  async vanished(): Promise<string | null> {
    for (const [path, known] of this.#known) {
      const now = await this.#stateOf(path);
      if (known === now) continue;
      if (known !== undefined) return path;
      if (now !== 'ENOENT') this.#known.set(path, now);
    }
    return null;
  }

  /** Which folder it is; where it cannot be seen, why. The folder of the dump files may be given as a link. */
  async #stateOf(path: string): Promise<string> {
    try {
      const { dev, ino } = await (path === this.#from ? stat : lstat)(path, { bigint: true });
      return `${dev} ${ino}`;
    } catch (error) {
      return codeOf(error);
    }
  }
}
