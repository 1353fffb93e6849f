import { createHash } from 'node:crypto';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import type { StoredObject } from '@wikifleet/domain/receipts';
import type { ContentCheck, PartBytes } from '@wikifleet/parquet/file-check';
import type { Store } from '@wikifleet/store/store';

/** What an object lacks; `code` is the object's word (`PART`, `INDEX`, `QUARANTINE`) and what is wrong with it. */
export interface Flaw {
  readonly code: string;
  readonly message: string;
}

/**
 * Reads an object again: it is there, has its size and its SHA-256, and passes `check`. Returns null where all of it is
 * so. Memory: a chunk of the connection. What S3 refuses (a 403) is thrown, and says nothing of the object.
 */
export async function flawOfObject(
  store: Store,
  word: string,
  stored: StoredObject,
  check: ContentCheck,
  signal: AbortSignal,
): Promise<Flaw | null> {
  const { key, size, sha256 } = stored;
  const flaw = (what: string, message: string): Flaw => ({ code: `${word}_${what}`, message: `${key}: ${message}` });
  const head = await store.head(key, signal);
  if (head === null) return flaw('MISSING', 'it is not there');
  if (head.size !== size) return flaw('SIZE_DIFFERS', `expected ${size} bytes, received ${head.size}`);
  const bytes = new ByteReader(store.read(key, { start: 0, end: size, etag: head.etag }, signal));
  try {
    const wrong = await check(bytes);
    const digest = await bytes.digest();
    if (digest !== sha256) return flaw('BYTES_DIFFER', `expected SHA-256 ${sha256}, received ${digest}`);
    return wrong === null ? null : flaw('CONTENT_DIFFERS', wrong);
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) === 'OBJECT_CHANGED') return flaw('CHANGED', messageOf(error));
    throw error;
  } finally {
    await bytes.close();
  }
}

/** Bytes that are read once, in portions, and hashed on the way. */
export class ByteReader implements PartBytes {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #hash = createHash('sha256');
  #rest: Uint8Array = new Uint8Array(0);
  /** What the source threw: no fault of the bytes. */
  #failure: { readonly error: unknown } | null = null;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #pull(): Promise<boolean> {
    try {
      const { done, value } = await this.#source.next();
      if (done === true) return false;
      this.#hash.update(value);
      this.#rest = value;
      return true;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** The next `length` bytes, or those that are left. */
  async *take(length: number): AsyncGenerator<Uint8Array> {
    for (let missing = length; missing > 0;) {
      if (this.#rest.length === 0 && !(await this.#pull())) return;
      const portion = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(portion.length);
      missing -= portion.length;
      yield portion;
    }
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Of all bytes, those that nobody took included. */
  async digest(): Promise<string> {
    this.throwFailure();
    while (await this.#pull());
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/** No more is asked of the bytes than their hash. */
export const anyContent: ContentCheck = async () => await Promise.resolve(null);
