import { createHash } from 'node:crypto';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import type { Member, StoredObject } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { checkDecodable } from './member-decoder.js';

/** What an object lacks; `code` is the object's word (`PART`, `INDEX`, `QUARANTINE`) and what is wrong with it. */
export interface Flaw {
  readonly code: string;
  readonly message: string;
}

/** Reads the bytes of an object as far as it likes; says what is wrong with them, or null. */
export type ContentCheck = (bytes: ByteReader) => Promise<string | null>;

const NEWLINE = 0x0a;

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
export class ByteReader {
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

/** As many lines as `expected`, the last one ended too. */
export function linesContent(expected: number): ContentCheck {
  return async (bytes) => {
    const lines = new LineCount();
    for await (const chunk of bytes.take(Number.POSITIVE_INFINITY)) lines.add(chunk);
    return lines.problem(expected, 'it');
  };
}

/** Each member decodes by itself, and has the rows that the receipt says. */
export function membersContent(members: readonly Member[], compression: Compression): ContentCheck {
  const decoder = decoderOf(compression);
  return async (bytes) => {
    for (const [at, { length, offset, rows }] of members.entries()) {
      const lines = new LineCount();
      const count = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
        for await (const chunk of chunks) lines.add(chunk);
      };
      const name = `member ${at} at byte ${offset}`;
      try {
        if (decoder === null) await count(bytes.take(length));
        else await pipeline(bytes.take(length), decoder(), count);
      } catch (error) {
        bytes.throwFailure();
        return `${name}: expected a whole ${compression} member: ${messageOf(error)}`;
      }
      const problem = lines.problem(rows, name);
      if (problem !== null) return problem;
    }
    return null;
  };
}

function decoderOf(compression: Compression): (() => Transform) | null {
  if (compression === 'none') return null;
  if (compression === 'gzip') return () => zlib.createGunzip();
  checkDecodable(compression);
  return () => zlib.createZstdDecompress();
}

class LineCount {
  #lines = 0;
  #last = NEWLINE;

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.#lines += 1;
    this.#last = chunk[chunk.length - 1]!;
  }

  problem(expected: number, name: string): string | null {
    if (this.#lines !== expected) return `${name}: expected ${expected} lines, received ${this.#lines}`;
    return this.#last === NEWLINE ? null : `${name}: its last line has no end`;
  }
}
