import type { WriteStream } from 'node:tty';
import { printable } from '@wikifleet/domain/printable';

const BAR = 24;
const PLAIN_EVERY_MS = 5000;

/** Progress on one line that is written over; where no terminal is, a plain line every five seconds. */
export class ProgressLine {
  readonly #stream: WriteStream;
  #shown = false;
  #plainAt = performance.now();

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** `fraction` of the whole, 0 to 1. */
  show(fraction: number, text: string): void {
    const part = Math.min(1, Math.max(0, fraction));
    const percent = `${Math.floor(part * 100)} %`.padStart(5);
    if (!this.#stream.isTTY) {
      if (performance.now() - this.#plainAt < PLAIN_EVERY_MS) return;
      this.#plainAt = performance.now();
      this.#stream.write(`${percent.trim()}  ${printable(text)}\n`);
      return;
    }
    const full = Math.round(part * BAR);
    const line = `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent}  ${printable(text)}`;
    this.#stream.write(`\r${line.slice(0, Math.max(20, this.#stream.columns - 1))}\u001B[K`);
    this.#shown = true;
  }

  /** Takes the line away, so that something else can be written; may be called twice. */
  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001B[K');
    this.#shown = false;
  }
}
