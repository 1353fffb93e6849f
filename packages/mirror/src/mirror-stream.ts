import { Readable, Writable } from 'node:stream';
import { checkSize, mirrorError } from './mirror-error.js';

/** Bytes that wait on either side of a stream: one read of a socket. What waits long the garbage collector takes late. */
const BUFFER_BYTES = 16 * 1024;
const CHECKS_PER_STALL = 8;

export interface StreamSettings {
  /** The URL of the file. */
  readonly place: string;
  readonly offset: number;
  /** Bytes of the whole file, null where the mirror does not say. */
  readonly size: number | null;
  readonly stallMs: number;
  readonly minBytesPerSecond: number;
  /** Called once, when the stream is destroyed before `finish`: ends the connection. */
  readonly cut: () => void;
}

/**
 * The bytes of a file from `offset` on. It ends only when the mirror has confirmed the end and all bytes of the size
 * that it named are there; else it is destroyed with an error, and bytes that nobody has read yet are lost: who goes on
 * after an error goes on at `offset` and the bytes that it has got.
 */
export class MirrorStream extends Readable {
  readonly offset: number;
  /** Bytes of the whole file, null where the mirror does not say. */
  readonly size: number | null;
  readonly #settings: StreamSettings;
  readonly #watch: NodeJS.Timeout;
  #resume: (() => void) | null = null;
  #finished = false;
  #network = 0;
  /** Bytes of the file that came, those included that wait for the reader. */
  #received = 0;

  constructor(settings: StreamSettings) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#settings = settings;
    this.offset = settings.offset;
    this.size = settings.size;
    // The first reader may come later than the first error; it still gets it.
    this.on('error', () => undefined);
    this.#watch = this.#startWatch();
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.#watch);
    if (!this.#finished) this.#settings.cut();
    this.#finished = true;
    callback(error);
  }

  /**
   * A sink for one transfer: it passes the bytes on, with backpressure, but not the end, since a library may end its
   * destination after a failure as well. The first `skip` bytes are left out.
   */
  sink(skip = 0): Writable {
    let left = skip;
    return new Writable({
      highWaterMark: BUFFER_BYTES,
      write: (chunk: Buffer, _encoding, callback) => {
        this.#network += chunk.byteLength;
        const from = Math.min(left, chunk.byteLength);
        left -= from;
        this.#pass(chunk.subarray(from), callback);
      },
    });
  }

  #pass(chunk: Buffer, callback: (error?: Error | null) => void): void {
    const { place, offset, size } = this.#settings;
    this.#received += chunk.byteLength;
    if (this.destroyed) callback(new Error('nobody reads any more'));
    else if (size !== null && offset + this.#received > size) {
      callback(mirrorError('MIRROR_DROPPED', place, `expected ${size} bytes, more came`));
    } else if (chunk.byteLength === 0 || this.push(chunk)) callback();
    else this.#resume = callback;
  }

  /** The mirror has confirmed the end: ends the stream if all is there, else destroys it with `MIRROR_DROPPED`. */
  finish(): void {
    const { place, offset, size } = this.#settings;
    if (this.destroyed) return;
    clearInterval(this.#watch);
    const end = offset + this.#received;
    if (size !== null && end !== size) {
      const sizes = { expected: `${size} bytes`, received: `${end} bytes` };
      const what = `the mirror confirmed the end at byte ${end} of ${size}`;
      this.destroy(mirrorError('MIRROR_DROPPED', place, what, sizes));
      return;
    }
    this.#finished = true;
    this.push(null);
  }

  /** Counts only the time in which the reader waits for the mirror. */
  #startWatch(): NodeJS.Timeout {
    const { place, stallMs, minBytesPerSecond } = this.#settings;
    const stepMs = Math.max(10, Math.min(500, stallMs / CHECKS_PER_STALL));
    let seen = 0;
    let idleMs = 0;
    let window = { ms: 0, from: 0 };
    return setInterval(() => {
      const moved = this.#network !== seen;
      seen = this.#network;
      idleMs = moved || this.#resume !== null ? 0 : idleMs + stepMs;
      if (this.#resume !== null) window = { ms: 0, from: seen };
      else window.ms += stepMs;
      if (idleMs >= stallMs) {
        this.destroy(mirrorError('MIRROR_STALLED', place, `no byte for ${stallMs} ms, after ${this.#received} bytes`));
      } else if (window.ms >= 4 * stallMs) {
        const bytesPerSecond = (1000 * (seen - window.from)) / window.ms;
        window = { ms: 0, from: seen };
        if (bytesPerSecond >= minBytesPerSecond) return;
        const speeds = { expected: `${minBytesPerSecond} bytes/s`, received: `${Math.round(bytesPerSecond)} bytes/s` };
        this.destroy(mirrorError('MIRROR_STALLED', place, `too slow: ${speeds.received}`, speeds));
      }
    }, stepMs);
  }
}

/** A stream of a file whose end is where it is to begin. */
export function emptyStream(place: string, size: number, offset: number): MirrorStream {
  checkSize(place, size, size, offset);
  const stream = new MirrorStream({ place, offset, size, stallMs: 1000, minBytesPerSecond: 0, cut: () => undefined });
  stream.finish();
  return stream;
}
