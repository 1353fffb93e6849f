import { createGunzip } from 'node:zlib';
import { PermanentError, codeOf, messageOf } from '@wikifleet/domain/errors';

/** Packed bytes given to the engine at once; what they unpack to (16 MiB at most) is taken out before the next. */
const SLICE = 16 * 1024;

const NEXT_MEMBER = 'another member or the end';
/** What zlib says of a member without the two bytes that all begin with. */
const NO_MAGIC = 'incorrect header check';

/**
 * The unpacked bytes of a gzip file of any number of members. All that is whole in the slices before an error is handed
 * out first. Throws `GZIP_TRUNCATED`, `GZIP_CORRUPT`, or `GZIP_TRAILING_GARBAGE` where bytes follow that are no member,
 * zeros too: zlib would pass over those in silence. A member that is missing at the end cannot be seen here.
 */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const engine = new GunzipEngine();
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += SLICE) yield* engine.unpack(chunk.subarray(at, at + SLICE));
    }
    yield* engine.finish();
  } finally {
    engine.destroy();
  }
}

class GunzipEngine {
  readonly #gunzip = createGunzip({ chunkSize: 64 * 1024 });
  #packed = 0;
  #error: Error | undefined;
  #wake: () => void = () => {};

  constructor() {
    this.#gunzip.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
    this.#gunzip.on('readable', () => this.#wake());
    this.#gunzip.on('end', () => this.#wake());
  }

  async *unpack(slice: Uint8Array): AsyncGenerator<Uint8Array> {
    let taken = false;
    this.#packed += slice.length;
    this.#gunzip.write(slice, () => {
      taken = true;
      this.#wake();
    });
    yield* this.#takeUntil(() => taken);
  }

  async *finish(): AsyncGenerator<Uint8Array> {
    this.#gunzip.end();
    yield* this.#takeUntil(() => this.#gunzip.readableEnded);
    const used = this.#gunzip.bytesWritten;
    if (used < this.#packed)
      throw failure('GZIP_TRAILING_GARBAGE', `byte ${used}`, NEXT_MEMBER, `${this.#packed - used} other bytes`);
  }

  async *#takeUntil(done: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = this.#gunzip.read() as Buffer | null;
      if (bytes !== null) yield bytes;
      else if (this.#error !== undefined) throw this.#translated(this.#error);
      else if (done()) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #translated(error: Error): PermanentError {
    if (codeOf(error) === 'Z_BUF_ERROR')
      return failure('GZIP_TRUNCATED', `byte ${this.#packed}`, "a member's end", 'the end of the data', error);
    const place = `bytes ${this.#gunzip.bytesWritten} to ${this.#packed}`;
    const received = messageOf(error);
    // whoever calls has seen that the first member has its magic
    return received === NO_MAGIC
      ? failure('GZIP_TRAILING_GARBAGE', place, NEXT_MEMBER, 'other bytes', error)
      : failure('GZIP_CORRUPT', place, 'gzip data', received, error);
  }

  destroy(): void {
    this.#gunzip.destroy();
  }
}

function failure(code: string, place: string, expected: string, received: string, cause?: unknown): PermanentError {
  return new PermanentError(code, `gzip, ${place}: expected ${expected}, received ${received}`, {
    place,
    expected,
    received,
    cause,
  });
}
