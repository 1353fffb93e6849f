/**
 * A bzip2 stream's CRC is a fold of its blocks' CRCs, from 0: each block turns the value left by one bit and is added by
 * XOR. Turning is linear, so the fold of some blocks from any start follows from their number and their fold from 0.
 * Source: `combinedCRC` in compress.c of bzip2 1.0.8. All values are unsigned, of 32 bits.
 */

/** The fold of `blocks` more blocks behind `start`, where `fold` is the fold of these blocks from 0. */
export function continueFold(start: number, blocks: number, fold: number): number {
  const turn = blocks % 32;
  // a shift by 32 is a shift by 0: for `turn` 0 both halves are `start`
  return (((start << turn) | (start >>> (32 - turn))) ^ fold) >>> 0;
}
