import { CRC_TABLES, OUTPUT } from './layout';

const POLYNOMIAL: u32 = 0x04c11db7;

/** Makes the tables: the word `b` of table `k` is what a byte `b` does to the CRC with `k` bytes after it, first byte lowest. Once. */
export function makeCrcTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let crc: u32 = byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc >>> 31) * POLYNOMIAL);
    store<u32>(CRC_TABLES + (byte << 2), bswap(crc));
  }
  for (let at = CRC_TABLES + 1024; at < CRC_TABLES + 16 * 1024; at += 4) {
    const previous = load<u32>(at - 1024);
    store<u32>(at, (previous >>> 8) ^ lookUp(0, previous));
  }
}

function lookUp(after: usize, byte: u32): u32 {
  return load<u32>(CRC_TABLES + after * 1024 + ((byte & 255) << 2));
}

/** What four bytes, the first one lowest, do with `after` bytes after them. */
function lookUp4(after: usize, word: u32): u32 {
  return (
    lookUp(after + 3, word) ^
    lookUp(after + 2, word >>> 8) ^
    lookUp(after + 1, word >>> 16) ^
    lookUp(after, word >>> 24)
  );
}

/**
 * Carries bzip2's CRC-32 (highest bit first) over `OUTPUT[0, length)`. Begin with -1; the CRC that a block states is the
 * complement of the last value. Inside, the CRC's bytes are reversed, as memory has the data's.
 */
export function crc32(crc: u32, length: i32): u32 {
  let sum = bswap(crc);
  let at = OUTPUT;
  const end = OUTPUT + length;
  for (; at + 16 <= end; at += 16) {
    sum =
      lookUp4(12, sum ^ load<u32>(at)) ^
      lookUp4(8, load<u32>(at, 4)) ^
      lookUp4(4, load<u32>(at, 8)) ^
      lookUp4(0, load<u32>(at, 12));
  }
  for (; at < end; at++) sum = (sum >>> 8) ^ lookUp(0, sum ^ load<u8>(at));
  return bswap(sum);
}
