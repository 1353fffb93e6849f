/** More bytes of values are no dictionary. */
const MAX_DICTIONARY_BYTES = 1024 * 1024;
const SMALLEST_TABLE = 256;

/** The distinct values of a column chunk, in the order in which they come: each by its bytes in the encoding PLAIN. */
export class Dictionary {
  #bytes = Buffer.alloc(4096);
  #length = 0;
  /** Where each entry ends. */
  #ends = new Uint32Array(SMALLEST_TABLE);
  #count = 0;
  #hashes = new Uint32Array(SMALLEST_TABLE);
  /** Entries by their hash: their number + 1, or 0; open addressing. */
  #table = new Uint32Array(2 * SMALLEST_TABLE);

  get count(): number {
    return this.#count;
  }

  /** A view of all values behind each other. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The number of a value, which is added where it is new; -1 where it would be too much. */
  indexOf(source: Uint8Array, from: number, to: number): number {
    let hash = 0x811c9dc5;
    for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ source[at]!, 0x01000193);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    for (; this.#table[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#table[slot]! - 1;
      if (this.#hashes[entry] === hash && this.#isEqual(entry, source, from, to)) return entry;
    }
    return this.#add(hash, slot, source, from, to);
  }

  /** Where in `bytes` a value stands. */
  range(entry: number): { from: number; to: number } {
    return { from: entry === 0 ? 0 : this.#ends[entry - 1]!, to: this.#ends[entry]! };
  }

  #isEqual(entry: number, source: Uint8Array, from: number, to: number): boolean {
    const start = entry === 0 ? 0 : this.#ends[entry - 1]!;
    if (this.#ends[entry]! - start !== to - from) return false;
    for (let i = 0; i < to - from; i += 1) if (this.#bytes[start + i] !== source[from + i]) return false;
    return true;
  }

  #add(hash: number, slot: number, source: Uint8Array, from: number, to: number): number {
    const end = this.#length + to - from;
    if (end > MAX_DICTIONARY_BYTES) return -1;
    if (end > this.#bytes.length) this.#growBytes(end);
    for (let i = from, at = this.#length; i < to; i += 1, at += 1) this.#bytes[at] = source[i]!;
    this.#length = end;
    if (this.#count === this.#ends.length) {
      this.#ends = grown(this.#ends);
      this.#hashes = grown(this.#hashes);
    }
    const entry = this.#count;
    this.#ends[entry] = end;
    this.#hashes[entry] = hash;
    this.#count += 1;
    this.#table[slot] = this.#count;
    if (2 * this.#count > this.#table.length) this.#growTable();
    return entry;
  }

  #growBytes(needed: number): void {
    const larger = Buffer.alloc(Math.min(MAX_DICTIONARY_BYTES, Math.max(needed, 2 * this.#bytes.length)));
    larger.set(this.bytes);
    this.#bytes = larger;
  }

  #growTable(): void {
    const table = new Uint32Array(2 * this.#table.length);
    const mask = table.length - 1;
    for (let entry = 0; entry < this.#count; entry += 1) {
      let slot = this.#hashes[entry]! & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = entry + 1;
    }
    this.#table = table;
  }

  /** Forgets the values, and keeps the memory. */
  clear(): void {
    this.#length = 0;
    this.#count = 0;
    this.#table.fill(0);
  }
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}
