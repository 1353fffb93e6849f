import { randomUUID } from 'node:crypto';
import { link, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError, codeOf } from '@wikifleet/domain/errors';

const ATTEMPTS = 20;
const NAME = /^lock\.(\d{1,15})$/;

/** Ids of the locks that this process holds or is about to: a process may ask twice for the same directory. */
const held = new Set<string>();

interface Holder {
  /** Different for every lock taken. */
  readonly id: string;
  /** 0 once it is released. */
  readonly pid: number;
  /** Names this very run of the process, where the system can: a pid alone may come again after a crash or in another container. */
  readonly run: string | undefined;
}

/**
 * A file `lock.<n>` that says which process has a directory. The highest number counts. To take over from a process that is gone, or
 * has released, is to make the next number, which of many takers one can; so the last file stays, released or not.
 */
export class DirectoryLock {
  readonly #path: string;
  readonly #holder: Holder;

  private constructor(path: string, holder: Holder) {
    this.#path = path;
    this.#holder = holder;
  }

  /** @throws UsageError DIRECTORY_IN_USE with the directory and the process that has it. */
  static async take(directory: string): Promise<DirectoryLock> {
    const holder: Holder = { id: randomUUID(), pid: process.pid, run: await runOf(process.pid) };
    held.add(holder.id);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const path = await takeNext(directory, holder);
        if (path !== undefined) return new DirectoryLock(path, holder);
      }
      throw new UsageError('DIRECTORY_IN_USE', `${directory} is in use: others keep taking it`);
    } catch (error) {
      held.delete(holder.id);
      throw error;
    }
  }

  /** May be called twice. */
  async release(): Promise<void> {
    if (!held.delete(this.#holder.id)) return;
    try {
      const aside = await write(this.#path, { ...this.#holder, pid: 0 });
      await rename(aside, this.#path);
    } catch {
      // on a full disk: the end of this process releases it too
    }
  }
}

/** The path of the lock, or undefined where somebody else was quicker. */
async function takeNext(directory: string, holder: Holder): Promise<string | undefined> {
  const highest = (await numbers(directory)).at(-1) ?? 0;
  const last = join(directory, `lock.${highest}`);
  const other = highest === 0 ? undefined : await read(last);
  if (other !== undefined && (await isAlive(other)))
    throw new UsageError(
      'DIRECTORY_IN_USE',
      `${directory} is in use by process ${other.pid}: stop it, or take another directory`,
    );
  const path = join(directory, `lock.${highest + 1}`);
  const aside = await write(path, holder);
  const made = await linked(aside, path);
  await rm(aside, { force: true });
  if (!made) return undefined;
  const all = await numbers(directory);
  // slow takers find their number free again, as lower ones are removed below: then a higher one is there
  const overtaken = all.at(-1) !== highest + 1;
  for (const number of overtaken ? [highest + 1] : all.slice(0, -1))
    await rm(join(directory, `lock.${number}`), { force: true });
  return overtaken ? undefined : path;
}

/** The numbers of a directory's locks, ascending. */
async function numbers(directory: string): Promise<number[]> {
  const found = (await readdir(directory)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  return found.filter((number) => number > 0).sort((one, other) => one - other);
}

/** Writes a holder beside the path, to be put there whole; returns where. */
async function write(path: string, holder: Holder): Promise<string> {
  const aside = `${path}-${randomUUID()}`;
  await writeFile(aside, `${JSON.stringify(holder)}\n`);
  return aside;
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
      if (typeof id === 'string' && typeof pid === 'number' && Number.isInteger(pid) && pid >= 0)
        return { id, pid, run };
    }
  } catch {
    // not JSON: said below
  }
  throw new UsageError('DIRECTORY_IN_USE', `${path}: expected a lock file, received ${text.slice(0, 80)}`);
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.pid === 0) return false;
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
