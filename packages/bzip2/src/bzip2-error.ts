import { PermanentError } from '@wikifleet/domain/errors';

/** What can be wrong with bzip2 data. All are permanent: the same bytes fail in the same way. */
export type Bzip2Code =
  | 'BZIP2_BAD_HEADER'
  | 'BZIP2_BAD_MAGIC'
  | 'BZIP2_BAD_ALPHABET'
  | 'BZIP2_BAD_SELECTOR'
  | 'BZIP2_BAD_HUFFMAN'
  | 'BZIP2_BAD_ORIGIN'
  | 'BZIP2_BAD_RUN'
  | 'BZIP2_BLOCK_OVERFLOW'
  | 'BZIP2_BLOCK_TOO_LONG'
  | 'BZIP2_BLOCK_CRC'
  | 'BZIP2_STREAM_CRC'
  | 'BZIP2_TRAILING_GARBAGE'
  | 'BZIP2_TRUNCATED';

/** `bit` is the bit position in the whole input, counted from 0 at the highest bit of its first byte. */
export function bzip2Error(code: Bzip2Code, bit: number, expected: string, received: string): PermanentError {
  const place = `bit ${bit} (byte ${Math.floor(bit / 8)})`;
  return new PermanentError(code, `bzip2 data at ${place}: expected ${expected}, received ${received}`, {
    place,
    expected,
    received,
  });
}

/** A 32-bit value as `0x0000abcd`. */
export function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
