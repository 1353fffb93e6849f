import { PermanentError } from '@wikifleet/domain/errors';
import type { Range } from './split-bytes.js';

/**
 * Unpacked bytes for each packed one. Dumps have 4 to 10, histories of one page up to some hundred; a bzip2 block of
 * nothing but one byte has a million, and gzip never more than 1,032.
 */
export const MAX_EXPANSION = 2000;
/** What any split may have: a small file that is one long run is no bomb. */
export const FREE_BYTES = 64 * 1024 * 1024;

/** How many bytes a split may expand to, so that a small object cannot keep a task busy for days. */
export class ExpansionBudget {
  readonly #split: Range;

  constructor(split: Range) {
    this.#split = split;
  }

  /**
   * `position` is up to which byte of the file `xmlBytes` were unpacked; behind the split's end the bytes read on count
   * too. Throws `EXPANDS_TOO_MUCH`.
   */
  check(xmlBytes: number, position: number): void {
    const { start, end } = this.#split;
    const packed = Math.max(position, end) - start;
    const most = MAX_EXPANSION * packed + FREE_BYTES;
    if (xmlBytes <= most) return;
    const place = `byte ${position} of the file`;
    const expected = `at most ${most} bytes unpacked from ${packed}`;
    const received = `${xmlBytes}`;
    const message = `the split from byte ${start} expands too much at ${place}: expected ${expected}, received ${received}`;
    throw new PermanentError('EXPANDS_TOO_MUCH', message, { place, expected, received });
  }
}
