import type { Writable } from 'node:stream';
import { FleetError, codeOf } from '@wikifleet/domain/errors';
import { reasonOf } from './output-target.js';
import { isRegularFile, writeCompletely } from './write-completely.js';

/** Bytes to standard output or standard error, at the reader's pace. */
export class StreamOutput {
  readonly #stream: Writable;
  readonly #descriptor: number;
  readonly #name: string;
  readonly #isFile: boolean;
  #failure: unknown;

  private constructor(stream: Writable, descriptor: number, name: string) {
    this.#stream = stream;
    this.#descriptor = descriptor;
    this.#name = name;
    this.#isFile = isRegularFile(descriptor);
    stream.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  static standardOutput(): StreamOutput {
    return new StreamOutput(process.stdout, 1, 'standard output');
  }

  static standardError(): StreamOutput {
    return new StreamOutput(process.stderr, 2, 'standard error');
  }

  /** Resolves when the bytes are written. Throws EPIPE as it is: the reader has gone, which is no failure of ours. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isFile) {
      try {
        return writeCompletely(this.#descriptor, bytes);
      } catch (error) {
        throw this.#explained(error);
      }
    }
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(this.#explained(error));
      });
    });
  }

  /** What was written is there; the stream stays open. */
  async complete(): Promise<void> {
    await Promise.resolve();
  }

  async stop(): Promise<null> {
    return await Promise.resolve(null);
  }

  /** After the first failure the stream only says that it is destroyed. */
  #explained(error: unknown): unknown {
    this.#failure ??= error;
    if (codeOf(this.#failure) === 'EPIPE') return this.#failure;
    const message = `${this.#name} cannot be written: ${reasonOf(this.#failure)}`;
    return new FleetError('OUTPUT_UNWRITABLE', message, { cause: this.#failure });
  }
}
