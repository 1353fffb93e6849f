import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { FleetError } from '@wikifleet/domain/errors';
import { z } from 'zod';

/** Entries of the cache that are kept, those of the files that were asked for last. */
const MAX_ENTRIES = 100_000;
const READ_BYTES = 1024 * 1024;
/** A file that was changed so shortly before it was read may change again within one tick of its clock: not remembered. */
const SETTLED_MS = 2000;

const cacheSchema = z.strictObject({
  version: z.literal(1),
  /** Path to the file's state and its SHA-256 in that state. */
  files: z.record(z.string(), z.strictObject({ state: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});
type Entries = z.infer<typeof cacheSchema>['files'];

/** A file as it was when its bytes were hashed. */
export interface Digested {
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * The SHA-256 of local files, remembered by path, size, inode, device and the times of the last change to the nanosecond
 * (mtime, and ctime, which no program can set): a file that did not change is not read again.
 */
export class FileDigests {
  readonly #path: string;
  readonly #known: Entries;
  readonly #asked: Entries = {};

  private constructor(path: string, known: Entries) {
    this.#path = path;
    this.#known = known;
  }

  /** A cache that is missing, or that cannot be read, is an empty one. */
  static async open(path: string): Promise<FileDigests> {
    let value: unknown = null;
    try {
      value = JSON.parse(await readFile(path, 'utf8'));
    } catch {
      // it only saves time
    }
    const result = cacheSchema.safeParse(value);
    return new FileDigests(path, result.success ? result.data.files : {});
  }

  /**
   * The digest of the file at an absolute path. Throws `FILE_CHANGED` where it changes while it is read, and what the file
   * system throws. `onBytes` gets the number of each bytes read.
   */
  async of(path: string, onBytes: (bytes: number) => void = () => {}): Promise<Digested> {
    const handle = await open(path);
    try {
      const now = Date.now();
      const before = await stateOf(handle);
      const known = this.#known[path];
      if (known?.state === before.state) {
        onBytes(before.size);
        this.#asked[path] = known;
        return { size: before.size, sha256: known.sha256 };
      }
      const { sha256, read } = await hash(handle, before.size, onBytes);
      const after = await stateOf(handle);
      if (after.state !== before.state || read !== before.size) throw changed(path, before.size, read);
      if (before.changedMs < now - SETTLED_MS) this.#asked[path] = { state: before.state, sha256 };
      return { size: before.size, sha256 };
    } finally {
      await handle.close();
    }
  }

  /** Writes the cache. */
  async save(): Promise<void> {
    const others = Object.entries(this.#known).filter(([path]) => !(path in this.#asked));
    const files = Object.fromEntries([...Object.entries(this.#asked), ...others].slice(0, MAX_ENTRIES));
    const temporary = `${this.#path}.new`;
    try {
      await writeFile(temporary, `${JSON.stringify({ version: 1, files })}\n`);
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

function changed(path: string, expected: number, received: number): FleetError {
  return new FleetError(
    'FILE_CHANGED',
    `${path} changed while it was read: expected ${expected} bytes and no change, received ${received} bytes; ` +
      'wait until nothing writes it any more, and start again',
    { place: path, expected: `${expected} bytes`, received: `${received} bytes` },
  );
}

async function stateOf(handle: FileHandle): Promise<{ state: string; size: number; changedMs: number }> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await handle.stat({ bigint: true });
  return {
    state: [size, mtimeNs, ctimeNs, ino, dev].join(' '),
    size: Number(size),
    changedMs: Number(ctimeNs / 1_000_000n),
  };
}

async function hash(
  handle: FileHandle,
  size: number,
  onBytes: (bytes: number) => void,
): Promise<{ sha256: string; read: number }> {
  const digest = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size + 1));
  let position = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return { sha256: digest.digest('hex'), read: position };
    digest.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
    onBytes(bytesRead);
  }
}
