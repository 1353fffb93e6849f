import { ENTRY_BYTES, SEGMENT_ENTRIES, titleDigest } from '@wikifleet/domain/page-index';
import type { IndexedPage } from '@wikifleet/domain/page-index';
import type { ByteSink } from './member-writer.js';

/** Writes a part's index, segment by segment. Memory: two segments of 5 MiB, whatever the file has of titles. */
export class IndexWriter {
  readonly #sink: ByteSink;
  #entries = Buffer.allocUnsafe(1024 * ENTRY_BYTES);
  #count = 0;
  #members = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** The pages of the next member. */
  async add(pages: readonly IndexedPage[]): Promise<void> {
    for (const [id, title] of pages) {
      if (this.#count === SEGMENT_ENTRIES) await this.#write();
      const at = this.#count * ENTRY_BYTES;
      if (at === this.#entries.length) this.#grow();
      titleDigest(title).copy(this.#entries, at);
      this.#entries.writeBigInt64BE(BigInt(id), at + 8);
      this.#entries.writeUInt32BE(this.#members, at + 16);
      this.#count += 1;
    }
    this.#members += 1;
  }

  /** Nothing is written for a part without pages. */
  async finish(): Promise<void> {
    if (this.#count > 0) await this.#write();
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(Math.min(2 * this.#entries.length, SEGMENT_ENTRIES * ENTRY_BYTES));
    this.#entries.copy(larger);
    this.#entries = larger;
  }

  async #write(): Promise<void> {
    const entries = this.#entries;
    const high = new Uint32Array(this.#count);
    const low = new Uint32Array(this.#count);
    for (let i = 0; i < this.#count; i += 1) {
      high[i] = entries.readUInt32BE(i * ENTRY_BYTES);
      low[i] = entries.readUInt32BE(i * ENTRY_BYTES + 4);
    }
    // stable: equal hashes stay as the rows stand
    const order = Uint32Array.from(high.keys()).sort((a, b) => high[a]! - high[b]! || low[a]! - low[b]! || a - b);
    const sorted = Buffer.allocUnsafe(this.#count * ENTRY_BYTES);
    for (const [to, from] of order.entries()) {
      entries.copy(sorted, to * ENTRY_BYTES, from * ENTRY_BYTES, (from + 1) * ENTRY_BYTES);
    }
    this.#count = 0;
    await this.#sink.write(sorted);
  }
}
