// Decodes one bzip2 block at a time. ../src/block-kernel.ts owns the memory and calls the steps in their order.
import { makeCrcTables } from './crc';
import { BLOCK, END, INPUT, OUTPUT } from './layout';
import { makeMoves } from './symbols';

export { limit, position, setLimit } from './bits';
export { crc32 } from './crc';
export { alphabetSize, crc, origin, randomised, readHeader, received, selectorCount } from './header';
export { expandRuns, size, startRuns } from './runs';
export { length, readSymbols, startSymbols } from './symbols';
export { invert } from './transform';

/** Where TypeScript puts the input, finds the block and the decoded bytes; how much memory there is to be. */
export const inputAt: usize = INPUT;
export const blockAt: usize = BLOCK;
export const outputAt: usize = OUTPUT;
export const memoryBytes: usize = END;

/** Makes the tables that never change. Once, before all else. */
export function prepare(): void {
  makeCrcTables();
  makeMoves();
}
