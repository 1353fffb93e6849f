import { crc32, createInflateRaw } from 'node:zlib';
import { PermanentError, messageOf } from '@wikifleet/domain/errors';
import { gzipHeaderBytes } from './gzip-header.js';

/** Packed bytes given to the engine at once; what they unpack to (16 MiB at most) is taken out before the next. */
const SLICE = 16 * 1024;
const TRAILER_BYTES = 8;
const NOTHING = Buffer.alloc(0);

/**
 * The unpacked bytes of a gzip file (RFC 1952) of any number of members. Everything before an error is handed out first,
 * but for what the last 16 KiB before damaged data unpack to. Throws `GZIP_TRUNCATED`, `GZIP_CORRUPT`, or
 * `GZIP_TRAILING_GARBAGE` where bytes follow that are no member, zeros too. A member that is missing at the end cannot be
 * seen here.
 *
 * It reads the members' headers and trailers itself and leaves only their deflated data to zlib: zlib's own reader of
 * several members drops what it unpacked last when other bytes follow a member.
 */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new GzipReader();
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += SLICE) yield* reader.unpack(chunk.subarray(at, at + SLICE));
    }
    reader.finish();
  } finally {
    reader.destroy();
  }
}

/** A header, deflated data, a trailer; then perhaps another header. */
type State = 'header' | 'data' | 'trailer';

class GzipReader {
  #state: State = 'header';
  #isFirst = true;
  /** Packed bytes that were worked through. */
  #position = 0;
  /** What came of a header or a trailer. */
  #held: Buffer = NOTHING;
  #member: Member | null = null;

  async *unpack(slice: Uint8Array): AsyncGenerator<Uint8Array> {
    let rest = Buffer.from(slice.buffer, slice.byteOffset, slice.byteLength);
    while (rest.length > 0) {
      if (this.#state === 'header') rest = this.#readHeader(rest);
      else if (this.#state === 'trailer') rest = this.#readTrailer(rest);
      else {
        const used = yield* this.#inflate(rest);
        this.#position += used;
        if (used < rest.length) this.#state = 'trailer';
        rest = rest.subarray(used);
      }
    }
  }

  finish(): void {
    if (this.#state === 'header' && this.#held.length === 0 && !this.#isFirst) return;
    const expected = this.#state === 'header' ? "a member's header" : "a member's end";
    throw failure('GZIP_TRUNCATED', `byte ${this.#position + this.#held.length}`, expected, 'the end of the data');
  }

  destroy(): void {
    this.#member?.destroy();
  }

  #readHeader(rest: Buffer): Buffer {
    const bytes = Buffer.concat([this.#held, rest]);
    const length = gzipHeaderBytes(bytes);
    if (length === null) {
      this.#held = bytes;
      return NOTHING;
    }
    const place = `byte ${this.#position}`;
    const received = `the bytes ${bytes.toString('hex', 0, 4)}`;
    if (length === 'no-member' && !this.#isFirst)
      throw failure('GZIP_TRAILING_GARBAGE', place, 'another member or the end', received);
    if (typeof length === 'string') throw failure('GZIP_CORRUPT', place, "a member's header", received);
    this.#held = NOTHING;
    this.#position += length;
    this.#isFirst = false;
    this.#member = new Member();
    this.#state = 'data';
    return bytes.subarray(length);
  }

  async *#inflate(bytes: Buffer): AsyncGenerator<Uint8Array, number> {
    const member = this.#member!;
    try {
      return yield* member.inflate(bytes);
    } catch (error) {
      const place = `bytes ${this.#position} to ${this.#position + bytes.length}`;
      throw failure('GZIP_CORRUPT', place, 'deflated data', messageOf(error), error);
    }
  }

  #readTrailer(rest: Buffer): Buffer {
    const bytes = Buffer.concat([this.#held, rest.subarray(0, TRAILER_BYTES - this.#held.length)]);
    const behind = rest.subarray(bytes.length - this.#held.length);
    this.#held = bytes;
    if (bytes.length < TRAILER_BYTES) return behind;
    const { crc, size } = this.#member!;
    const place = `byte ${this.#position}`;
    const [expectedCrc, expectedSize] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
    if (crc !== expectedCrc) throw failure('GZIP_CORRUPT', place, `the CRC ${hex(expectedCrc)}`, hex(crc));
    if (size !== expectedSize)
      throw failure('GZIP_CORRUPT', place, `${expectedSize} bytes (mod 2^32)`, `${size} bytes (mod 2^32)`);
    this.destroy();
    this.#member = null;
    this.#held = NOTHING;
    this.#position += TRAILER_BYTES;
    this.#state = 'header';
    return behind;
  }
}

/** The deflated data of one member. */
class Member {
  readonly #inflate = createInflateRaw({ chunkSize: 64 * 1024 });
  #error: Error | undefined;
  #wake: () => void = () => {};
  /** The CRC-32 and the length mod 2^32 of what was unpacked. */
  crc = 0;
  size = 0;

  constructor() {
    this.#inflate.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
    this.#inflate.on('readable', () => this.#wake());
  }

  /** Unpacks `bytes`. Returns how many of them are the member's: all, but where its data ended before. */
  async *inflate(bytes: Buffer): AsyncGenerator<Uint8Array, number> {
    const before = this.#inflate.bytesWritten;
    let taken = false;
    this.#inflate.write(bytes, () => {
      taken = true;
      this.#wake();
    });
    for (;;) {
      const unpacked = this.#inflate.read() as Buffer | null;
      if (unpacked !== null) {
        this.crc = crc32(unpacked, this.crc);
        this.size = (this.size + unpacked.length) >>> 0;
        yield unpacked;
      } else if (this.#error !== undefined) throw this.#error;
      else if (taken) return this.#inflate.bytesWritten - before;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  destroy(): void {
    this.#inflate.destroy();
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function failure(code: string, place: string, expected: string, received: string, cause?: unknown): PermanentError {
  return new PermanentError(code, `gzip, ${place}: expected ${expected}, received ${received}`, {
    place,
    expected,
    received,
    cause,
  });
}
