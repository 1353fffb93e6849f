import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError, codeOf } from '@wikifleet/domain/errors';

const ATTEMPTS = 20;

/** Identities of the locks that this process holds: a process may ask twice for the same directory. */
const held = new Set<string>();

interface Holder {
  /** Different for every lock taken. */
  readonly id: string;
  readonly pid: number;
  /** Names this very run of the process, where the system can: a pid alone may come again after a crash or in another container. */
  readonly run: string | undefined;
}

/** A file `lock` that says which process has a directory; that of a process that is gone is taken over. */
export class DirectoryLock {
  readonly #path: string;
  readonly #id: string;

  private constructor(path: string, id: string) {
    this.#path = path;
    this.#id = id;
  }

  /** @throws UsageError DIRECTORY_IN_USE with the directory and the process that has it. */
  static async take(directory: string): Promise<DirectoryLock> {
    const path = join(directory, 'lock');
    const id = randomUUID();
    const own = `${path}.${id}`;
    const holder: Holder = { id, pid: process.pid, run: await runOf(process.pid) };
    await writeFile(own, `${JSON.stringify(holder)}\n`);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if (await linked(own, path)) {
          held.add(id);
          return new DirectoryLock(path, id);
        }
        const other = await read(path);
        if (other !== undefined && (await isAlive(other)))
          throw new UsageError('DIRECTORY_IN_USE', `${directory} is in use by process ${other.pid}: stop it, or take another directory`);
        if (other !== undefined) await putAside(path, other);
      }
      throw new UsageError('DIRECTORY_IN_USE', `${path}: cannot be taken, as others keep taking it; it is no lock of ours`);
    } finally {
      await rm(own, { force: true });
    }
  }

  /** May be called twice. */
  async release(): Promise<void> {
    if (!held.delete(this.#id)) return;
    if ((await read(this.#path))?.id === this.#id) await rm(this.#path, { force: true });
  }
}

/** A hard link is made or not, whole: nobody sees a lock half written. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a stale lock, unless somebody else did and took it meanwhile: then that one goes back. */
async function putAside(path: string, stale: Holder): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await read(aside))?.id !== stale.id) await linked(aside, path);
  await rm(aside, { force: true });
}

async function read(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'id' in value && 'pid' in value) {
      const { id, pid } = value;
      const run = 'run' in value && typeof value.run === 'string' ? value.run : undefined;
      if (typeof id === 'string' && typeof pid === 'number') return { id, pid, run };
    }
  } catch {
    // not JSON: said below
  }
  throw new UsageError('DIRECTORY_IN_USE', `${path}: expected a lock file, received ${text.slice(0, 80)}`);
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.pid === process.pid) return held.has(holder.id);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's
    if (codeOf(error) === 'ESRCH') return false;
  }
  return holder.run === undefined || holder.run === (await runOf(holder.pid));
}

/** Boot and start time of a process, on Linux; undefined elsewhere. Field 22 of `stat`, counted behind the name in parentheses. */
async function runOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    return `${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
