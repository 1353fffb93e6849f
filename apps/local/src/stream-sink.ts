import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';

/** Bytes to a file or to standard output, at the reader's pace. */
export class StreamSink {
  readonly #stream: Writable;
  readonly #failed: Promise<never>;

  private constructor(stream: Writable) {
    this.#stream = stream;
    this.#failed = new Promise((_, reject) => stream.on('error', reject));
    // it is looked at with each write
    this.#failed.catch(() => {});
  }

  static standardOutput(): StreamSink {
    return new StreamSink(process.stdout);
  }

  /** Opens a file anew; throws a `UsageError` where that cannot be. */
  static async file(path: string): Promise<StreamSink> {
    const stream = createWriteStream(path);
    try {
      await once(stream, 'open');
    } catch (error) {
      throw new UsageError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
    }
    return new StreamSink(stream);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve) => {
      this.#stream.write(bytes, () => resolve());
    });
    await Promise.race([written, this.#failed]);
  }

  async end(): Promise<void> {
    if (this.#stream === process.stdout) return;
    this.#stream.end();
    await finished(this.#stream);
  }
}

/** Whether the reader of a pipe went away, as `head` does: no failure of ours. */
export function isBrokenPipe(error: unknown): boolean {
  return codeOf(error) === 'EPIPE';
}
