import { continueFold } from '@wikifleet/domain/crc-fold';

/** The CRC of a stream after one more block: both unsigned 32-bit values. */
export function combineCrc(stream: number, block: number): number {
  return continueFold(stream, 1, block);
}
