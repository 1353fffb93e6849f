/** After so many equal bytes comes a count of further ones. */
const RUN = 4;

/** Undoes bzip2's first run-length coding, as much at a time as its caller has room for. */
export class RunLengths {
  #block: Uint8Array = new Uint8Array(0);
  #length = 0;
  #at = 0;
  #last = -1;
  #equal = 0;
  #repeat = 0;

  /** Begins with `block[0, length)`. */
  start(block: Uint8Array, length: number): void {
    this.#block = block;
    this.#length = length;
    this.#at = 0;
    this.#last = -1;
    this.#equal = 0;
    this.#repeat = 0;
  }

  /**
   * Fills `into` from its beginning and returns how many bytes that are: less than its length only at the end of the
   * block. -1 where the block ends after four equal bytes without their count, which bzip2 refuses too.
   */
  fill(into: Uint8Array): number {
    const block = this.#block;
    const length = this.#length;
    const room = into.length;
    let at = this.#at;
    let last = this.#last;
    let equal = this.#equal;
    let repeat = this.#repeat;
    let out = 0;
    for (;;) {
      if (repeat > 0) {
        const end = Math.min(out + repeat, room);
        repeat -= end - out;
        while (out < end) into[out++] = last;
        if (repeat > 0) break;
        last = -1;
      }
      while (at < length && out < room) {
        const byte = block[at++]!;
        into[out++] = byte;
        if (byte !== last) {
          last = byte;
          equal = 1;
        } else if (++equal === RUN) {
          if (at === length) return -1;
          repeat = block[at++]!;
          if (repeat > 0) break;
          last = -1;
        }
      }
      if (repeat === 0) break;
    }
    this.#at = at;
    this.#last = last;
    this.#equal = equal;
    this.#repeat = repeat;
    return out;
  }
}
