/** The CRC of a stream after one more block: both unsigned 32-bit values. */
export function combineCrc(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
}
