const POLYNOMIAL = 0x04c11db7;

/** Four tables of 256: `TABLE[k * 256 + b]` is what the byte `b` does to the CRC with `k` bytes after it. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const previous = table[i - 256]!;
    table[i] = (previous << 8) ^ table[previous >>> 24]!;
  }
  return table;
}

/**
 * Carries bzip2's CRC-32 (highest bit first, polynomial 0x04c11db7) over `bytes[0, length)`. Begin with -1; the CRC that
 * a block states is the complement of the last value.
 */
export function crc32(crc: number, bytes: Uint8Array, length: number): number {
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const word = crc ^ ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
    crc =
      TABLE[768 + (word >>> 24)]! ^
      TABLE[512 + ((word >>> 16) & 255)]! ^
      TABLE[256 + ((word >>> 8) & 255)]! ^
      TABLE[word & 255]!;
  }
  for (; at < length; at++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ bytes[at]!]!;
  return crc;
}

/** The CRC of a stream after one more block: both unsigned 32-bit values. */
export function combineCrc(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
}
