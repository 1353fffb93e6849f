import type { Position } from '@wikifleet/domain/receipts';

/** From offsets in unpacked bytes to places in blocks; 16 bytes a block. */
export class PositionMap {
  /** Where each block begins in the unpacked bytes, and its bit position. */
  readonly #starts: number[] = [];
  readonly #blocks: number[] = [];

  /** Says that the byte at `offset` and those behind it are `block`'s; in the order of the file. */
  add(offset: number, block: number): void {
    if (this.#blocks.at(-1) === block) return;
    this.#starts.push(offset);
    this.#blocks.push(block);
  }

  /** The first block of all; null before any. */
  get firstBlock(): number | null {
    return this.#blocks[0] ?? null;
  }

  /** The place of an offset: in the last block that begins at or before it. */
  at(offset: number): Position {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { block: this.#blocks[low] ?? 0, offset: offset - (this.#starts[low] ?? 0) };
  }
}
