import type { FileSource } from './file-source.js';
import type { ByteSink } from './member-writer.js';

/**
 * What a conversion is given from outside. Whatever these throw is no fault of the file's, even where it is permanent:
 * it is remembered, so that it can be told from one.
 */
export class Outside {
  readonly #signal: AbortSignal;
  readonly #thrown = new Set<unknown>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  hasThrown(error: unknown): boolean {
    return this.#thrown.has(error);
  }

  /** The same source; with each chunk the signal is looked at. */
  source(source: FileSource): FileSource {
    return {
      size: source.size,
      ...(source.path === undefined ? {} : { path: source.path }),
      read: (start) => this.#chunks(source, start),
      first: async (count) => await this.#remembering(async () => await source.first(count)),
    };
  }

  sink(sink: ByteSink): ByteSink {
    return { write: async (bytes) => await this.#remembering(async () => await sink.write(bytes)) };
  }

  async *#chunks(source: FileSource, start: number): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source.read(start)) {
        this.#signal.throwIfAborted();
        yield chunk;
      }
    } catch (error) {
      this.#thrown.add(error);
      throw error;
    }
  }

  async #remembering<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#thrown.add(error);
      throw error;
    }
  }
}
