import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

/** The size in bytes of a file that was written, and its checksums in hex. */
export interface Checksums {
  readonly size: number;
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** A new file that is hashed while it is written. */
export class HashedFile {
  readonly #handle: FileHandle;
  readonly #md5 = createHash('md5');
  readonly #sha1 = createHash('sha1');
  readonly #sha256 = createHash('sha256');
  #size = 0;
  #closed: Promise<void> | undefined;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Creates the file; one that is there already is an error (`EEXIST`). */
  static async create(path: string): Promise<HashedFile> {
    return new HashedFile(await open(path, 'wx'));
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  async write(data: Uint8Array): Promise<void> {
    if (data.length === 0) return;
    for (const hash of [this.#md5, this.#sha1, this.#sha256]) hash.update(data);
    this.#size += data.length;
    await this.#handle.writeFile(data);
  }

  /** Closes the file and says what is in it; once only. */
  async finish(): Promise<Checksums> {
    await this.close();
    const [md5, sha1, sha256] = [this.#md5, this.#sha1, this.#sha256].map((hash) => hash.digest('hex'));
    return { size: this.#size, md5: md5 ?? '', sha1: sha1 ?? '', sha256: sha256 ?? '' };
  }

  /** Closes the file, finished or not; may be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#handle.close();
    return this.#closed;
  }
}
