import { findMagics } from '@wikifleet/bzip2/find-magic';
import type { Magic } from '@wikifleet/bzip2/find-magic';

const MAGIC_BITS = 48;

/** The compressed bytes of a file that are held, from `base` on, and the magics in them; positions are those of the file. */
export class CompressedWindow {
  readonly #source: AsyncIterator<Uint8Array>;
  /** Magics from `base` on, ascending; some may be there by chance. */
  readonly magics: Magic[] = [];
  bytes: Buffer = Buffer.alloc(0);
  /** The position of `bytes[0]`, in bytes. */
  base: number;
  /** Whether the file ends where `bytes` end. */
  ended = false;
  #scannedTo: number;

  /** `source` begins at byte `start` of the file. */
  constructor(source: AsyncIterable<Uint8Array>, start: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.base = start;
    this.#scannedTo = start * 8;
  }

  /** The byte after the last one held. */
  get end(): number {
    return this.base + this.bytes.length;
  }

  /** Takes the next chunk of the file, and looks for magics in it. */
  async grow(): Promise<void> {
    const step = await this.#source.next();
    if (step.done === true) this.ended = true;
    else this.bytes = this.bytes.length === 0 ? Buffer.from(step.value) : Buffer.concat([this.bytes, step.value]);
    for (const { kind, bit } of findMagics(this.bytes, this.#scannedTo - this.base * 8)) {
      this.magics.push({ kind, bit: bit + this.base * 8 });
    }
    this.#scannedTo = Math.max(this.#scannedTo, this.end * 8 - MAGIC_BITS + 1);
  }

  /** Grows until byte `end` is held, or the file ends. */
  async growTo(end: number): Promise<void> {
    while (this.end < end && !this.ended) await this.grow();
  }

  /** Forgets what lies before a bit position. */
  dropTo(bit: number): void {
    const from = Math.floor(bit / 8);
    if (from > this.base) {
      this.bytes = this.bytes.subarray(Math.min(from - this.base, this.bytes.length));
      this.base = from;
    }
    const kept = this.magics.findIndex((magic) => magic.bit >= bit);
    this.magics.splice(0, kept < 0 ? this.magics.length : kept);
  }

  /** A copy of the bytes `[from, to)`, as far as they are held. */
  copy(from: number, to: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.bytes.subarray(from - this.base, Math.min(to, this.end) - this.base));
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
