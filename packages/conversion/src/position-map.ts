import type { Position } from '@wikifleet/domain/receipts';

interface Entry {
  /** Where the block begins in the unpacked bytes. */
  readonly start: number;
  readonly block: number;
}

/** From offsets in a file's unpacked bytes to places in its blocks; 16 bytes a block. */
export class PositionMap {
  readonly #entries: Entry[] = [];

  /** Says that the unpacked byte `offset` is byte `offsetInBlock` of `block`; in the order of the file. */
  add(offset: number, block: number, offsetInBlock: number): void {
    if (this.#entries.at(-1)?.block === block) return;
    this.#entries.push({ start: offset - offsetInBlock, block });
  }

  /** The place of an offset: that of the last block that begins at or before it. */
  at(offset: number): Position {
    let low = 0;
    let high = this.#entries.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.start <= offset) low = middle;
      else high = middle;
    }
    const entry = this.#entries[low];
    return entry === undefined ? { block: 0, offset } : { block: entry.block, offset: offset - entry.start };
  }
}
