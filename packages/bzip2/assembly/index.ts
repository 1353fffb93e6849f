// Decodes one bzip2 block at a time. ../src/block-kernel.ts owns the memory, and calls the steps in this order: readHeader,
// readSymbols until it says something else than MORE, invert, then startRuns and expandRuns, as often as the bytes are wanted.
import { makeCrcTables } from './crc';
import { BLOCK, END, INPUT, INPUT_BYTES, OUTPUT } from './layout';
import { makeMoves } from './symbols';

export { position, setLimit } from './bits';
export { crc32 } from './crc';
export { crc, origin, randomised, readHeader, received, selectorCount } from './header';
export { expandRuns, size, startRuns } from './runs';
export { length, readSymbols } from './symbols';
export { invert } from './transform';

/** Where TypeScript puts the input and at most how much, finds the block and the decoded bytes, and how much memory there is to be. */
export const inputAt: usize = INPUT;
export const inputBytes: i32 = INPUT_BYTES;
export const blockAt: usize = BLOCK;
export const outputAt: usize = OUTPUT;
export const memoryBytes: usize = END;

/** Makes the tables that never change. Once, before all else. */
export function prepare(): void {
  makeCrcTables();
  makeMoves();
}
