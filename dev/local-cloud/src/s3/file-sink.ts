import type { FileHandle } from 'node:fs/promises';

/** Small chunks are gathered to writes of this size; at most two such batches are held. */
const BATCH_BYTES = 512 * 1024;

/** Writes chunks to a file from a position on; the disk works on one batch while the next one is gathered. */
export class FileSink {
  readonly #handle: FileHandle;
  #position: number;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, position = 0) {
    this.#handle = handle;
    this.#position = position;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#batch.push(chunk);
    this.#batchBytes += chunk.length;
    if (this.#batchBytes >= BATCH_BYTES) await this.#flush();
  }

  /** Writes what is left, and waits for the disk. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  /** Waits for the write under way, whatever became of it: the file may be closed then. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#batchBytes === 0) return;
    const { bytesWritten, buffers } = { bytesWritten: this.#batchBytes, buffers: this.#batch };
    this.#writing = writeAll(this.#handle, buffers, this.#position);
    // the error is thrown at the next flush; until then nobody waits for it
    this.#writing.catch(() => undefined);
    this.#position += bytesWritten;
    this.#batch = [];
    this.#batchBytes = 0;
  }
}

/** `writev` may write less than asked. */
async function writeAll(handle: FileHandle, buffers: Buffer[], position: number): Promise<void> {
  let rest = buffers;
  let at = position;
  for (;;) {
    const total = rest.reduce((sum, buffer) => sum + buffer.length, 0);
    if (total === 0) return;
    // one call may take at most IOV_MAX buffers
    const { bytesWritten } = await handle.writev(rest.slice(0, 1000), at);
    if (bytesWritten === total) return;
    at += bytesWritten;
    rest = [Buffer.concat(rest).subarray(bytesWritten)];
  }
}
