import { ByteWindow } from '@wikifleet/domain/byte-window';
import { MAGIC_BITS, findMagics } from './find-magic.js';
import type { Magic } from './find-magic.js';

/**
 * The compressed bytes of a file that are held, from `base` on, and the magics in them; positions are those of the file.
 * However small the chunks are in which the file comes, the work is linear.
 */
export class CompressedWindow {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #held = new ByteWindow();
  /** Where in the file the window's offsets begin. */
  readonly #start: number;
  /** Magics from `base` on, ascending; some may be there by chance. */
  readonly magics: Magic[] = [];
  /** Whether the file ends where `bytes` end. */
  ended = false;
  #scannedTo: number;

  /** `source` begins at byte `start` of the file. */
  constructor(source: AsyncIterable<Uint8Array>, start: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#start = start;
    this.#scannedTo = start * 8;
  }

  /** A view, good until the window grows. */
  get bytes(): Buffer {
    return this.#held.view(this.#held.offset, this.#held.end);
  }

  /** The position of `bytes[0]`, in bytes. */
  get base(): number {
    return this.#start + this.#held.offset;
  }

  /** The byte after the last one held. */
  get end(): number {
    return this.#start + this.#held.end;
  }

  /** Takes the next chunk of the file, and looks for magics in it. */
  async grow(): Promise<void> {
    const step = await this.#source.next();
    if (step.done === true) this.ended = true;
    else this.#held.append(step.value);
    const base = this.base * 8;
    for (const { kind, bit } of findMagics(this.bytes, Math.max(0, this.#scannedTo - base))) {
      this.magics.push({ kind, bit: bit + base });
    }
    this.#scannedTo = Math.max(this.#scannedTo, this.end * 8 - MAGIC_BITS + 1);
  }

  /** Grows until byte `end` is held, or the file ends. */
  async growTo(end: number): Promise<void> {
    while (this.end < end && !this.ended) await this.grow();
  }

  /** Forgets what lies before a bit position. */
  dropTo(bit: number): void {
    const from = Math.min(Math.floor(bit / 8), this.end);
    if (from > this.base) this.#held.dropTo(from - this.#start);
    const kept = this.magics.findIndex((magic) => magic.bit >= bit);
    this.magics.splice(0, kept < 0 ? this.magics.length : kept);
  }

  /** The bytes `[from, to)`, as far as they are held: a view, good until the window grows. */
  view(from: number, to: number): Uint8Array {
    return this.#held.view(from - this.#start, Math.min(to, this.end) - this.#start);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
