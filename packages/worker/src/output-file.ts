import { constants } from 'node:fs';
import { access, lstat, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { FleetError, UsageError, codeOf } from '@wikifleet/domain/errors';
import { PARTIAL_SUFFIX, cannotWrite, identityOf, reasonOf, refuseSameFiles, resolveTarget } from './output-target.js';
import type { NamedFile, OutputTarget } from './output-target.js';
import { StreamOutput } from './stream-output.js';

/**
 * Bytes to where the user says. A regular file is written beside its place, as `<path>.partial`, and renamed when it is
 * complete: until then an older file stays, and no half of a file looks complete. A pipe, a terminal or another device is
 * written directly.
 *
 * An output ends by `complete` or by `stop`. Its errors are `FleetError`s with path and reason (a full disk, say); only EPIPE,
 * of a pipe whose reader has gone, is thrown as it is.
 */
export interface Output {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts the file in its place, with all its bytes on the disk. */
  complete(): Promise<void>;
  /**
   * Closes an output that is not complete, and leaves its `.partial`. Returns the path of that; null where it holds
   * nothing (it is removed then) or the output has none. May be called twice, and after `complete`.
   */
  stop(): Promise<string | null>;
}

/**
 * Opens outputs, after all of them were compared with the inputs and with each other: where one would be written over
 * another file that the user named, that is a `UsageError`, and nothing was opened or changed. So is what cannot be
 * written, and a file that another process is writing at the moment. An older `.partial` is replaced.
 */
export async function openOutputs(outputs: readonly NamedFile[], inputs: readonly NamedFile[]): Promise<Output[]> {
  const targets = await Promise.all(outputs.map(resolveTarget));
  await refuseSameFiles(targets, inputs);
  const opened: Output[] = [];
  try {
    for (const target of targets) opened.push(await openTarget(target));
  } catch (error) {
    for (const output of opened) await output.stop();
    throw error;
  }
  return opened;
}

/** Writes a small file at once, by the same rules. */
export async function writeOutput(
  output: NamedFile,
  content: string | Uint8Array,
  inputs: readonly NamedFile[] = [],
): Promise<void> {
  const [file] = await openOutputs([output], inputs);
  try {
    await file?.write(typeof content === 'string' ? Buffer.from(content) : content);
    await file?.complete();
  } finally {
    await file?.stop();
  }
}

async function openTarget(target: OutputTarget): Promise<Output> {
  const { name, path, realPath, found, descriptor } = target;
  if (descriptor === 1) return StreamOutput.standardOutput();
  if (descriptor === 2) return StreamOutput.standardError();
  try {
    if (found?.isDirectory() === true) throw new Error('it is a folder');
    if (found?.isBlockDevice() === true) throw new Error('it is a disk');
    if (descriptor !== null) return new OutputFile(target, await open(`/dev/fd/${descriptor}`, 'a'), null);
    if (found !== null && !found.isFile())
      return new OutputFile(target, await open(realPath, constants.O_WRONLY), null);
    if (found !== null) await access(realPath, constants.W_OK);
    const partial = realPath + PARTIAL_SUFFIX;
    const handle = await createPartial(partial, target);
    return new OutputFile(target, handle, { path: partial, identity: identityOf(await handle.stat({ bigint: true })) });
  } catch (error) {
    throw cannotWrite(name, path, error);
  }
}

/** Creates the file anew. One that an earlier run left is removed, one that is being written is not. */
async function createPartial(partial: string, { name, path }: OutputTarget): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(partial, 'wx');
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const info = await lstat(partial, { bigint: true }).catch(() => null);
    if (info === null) continue;
    if (!info.isFile()) throw new Error(`${partial} is there and is no file`);
    const writer = await findWriter(identityOf(info));
    if (writer !== null) {
      throw new UsageError(
        'OUTPUT_IN_USE',
        `${name} ${path} is being written by process ${writer}: wait for it, or choose another file`,
      );
    }
    await rm(partial, { force: true });
  }
}

/** The process that has a file open for writing, where the system lists that (Linux) and lets us see it; else null. */
async function findWriter(identity: string): Promise<string | null> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const folder = `/proc/${pid}/fd`;
    for (const fd of await readdir(folder).catch(() => [])) {
      const info = await stat(`${folder}/${fd}`, { bigint: true }).catch(() => null);
      if (info !== null && identityOf(info) === identity && (await isForWriting(pid, fd))) return pid;
    }
  }
  return null;
}

/** By its flags, in octal, of which the last two bits are the access mode (proc_pid_fdinfo(5)). */
async function isForWriting(pid: string, fd: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
  return (Number.parseInt(/^flags:\s*([0-7]+)/m.exec(text)?.[1] ?? '0', 8) & 3) !== constants.O_RDONLY;
}

function unlessUnsupported(error: unknown): void {
  if (!['EINVAL', 'ENOSYS', 'ENOTSUP'].includes(codeOf(error))) throw error;
}

class OutputFile implements Output {
  readonly #target: OutputTarget;
  readonly #handle: FileHandle;
  /** Null where the target is written directly. */
  readonly #partial: { readonly path: string; readonly identity: string } | null;
  #bytes = 0;
  #isOpen = true;

  constructor(target: OutputTarget, handle: FileHandle, partial: { path: string; identity: string } | null) {
    this.#target = target;
    this.#handle = handle;
    this.#partial = partial;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at);
        at += bytesWritten;
        this.#bytes += bytesWritten;
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async complete(): Promise<void> {
    if (!this.#isOpen) return;
    try {
      if (this.#partial === null) return await this.#close();
      const { realPath, found } = this.#target;
      // not every file system has modes
      if (found !== null) await this.#handle.chmod(Number(found.mode & 0o7777n)).catch(() => {});
      await this.#handle.datasync().catch(unlessUnsupported);
      if (!(await this.#isThere())) throw new Error(`another process has replaced ${this.#partial.path}`);
      // still open: a process that begins now sees that the file has a writer, and does not take it for a leftover
      await rename(this.#partial.path, realPath);
      await this.#close();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async stop(): Promise<string | null> {
    await this.#close().catch(() => {});
    if (this.#partial === null || !(await this.#isThere())) return null;
    if (this.#bytes === 0) {
      await rm(this.#partial.path, { force: true });
      return null;
    }
    return this.#partial.path;
  }

  /** Whether the `.partial` is still the file that was opened. */
  async #isThere(): Promise<boolean> {
    if (this.#partial === null) return false;
    const info = await lstat(this.#partial.path, { bigint: true }).catch(() => null);
    return info !== null && identityOf(info) === this.#partial.identity;
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#handle.close();
  }

  #failure(error: unknown): unknown {
    if (codeOf(error) === 'EPIPE') return error;
    const message = `${this.#target.path} cannot be written: ${reasonOf(error)}`;
    return new FleetError('OUTPUT_UNWRITABLE', message, { cause: error });
  }
}
