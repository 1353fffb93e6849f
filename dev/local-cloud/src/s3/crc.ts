/**
 * CRC-32C (Castagnoli) and CRC-64/NVME by slicing eight bytes a step, and the joining of CRCs of neighbours. Both are
 * reflected, with all ones as initial value and final xor.
 */
const CRC32_POLYNOMIAL = 0xedb88320n;
const CRC32C_POLYNOMIAL = 0x82f63b78n;
const CRC64_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

const SLICES = 8;
const table32c = new Int32Array(SLICES * 256);
const table64High = new Int32Array(SLICES * 256);
const table64Low = new Int32Array(SLICES * 256);
fillTables();

/** The CRC-32C of bytes that follow others whose CRC is `crc`; signed. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  const t = table32c;
  let c = ~crc;
  let i = 0;
  for (const end = bytes.length & ~7; i < end; i += 8) {
    const x = c ^ word(bytes, i);
    const y = word(bytes, i + 4);
    c =
      at(t, 1792 + (x & 255)) ^
      at(t, 1536 + ((x >>> 8) & 255)) ^
      at(t, 1280 + ((x >>> 16) & 255)) ^
      at(t, 1024 + (x >>> 24)) ^
      at(t, 768 + (y & 255)) ^
      at(t, 512 + ((y >>> 8) & 255)) ^
      at(t, 256 + ((y >>> 16) & 255)) ^
      at(t, y >>> 24);
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ at(t, (c ^ at(bytes, i)) & 255);
  return ~c;
}

/** A CRC-64 as its high and low 32 bits, both signed. */
export interface Crc64 {
  high: number;
  low: number;
}

/** Takes bytes into a running CRC-64/NVME, which starts as zeros. */
export function updateCrc64(crc: Crc64, bytes: Uint8Array): void {
  const h = table64High;
  const l = table64Low;
  let high = ~crc.high;
  let low = ~crc.low;
  let i = 0;
  for (const end = bytes.length & ~7; i < end; i += 8) {
    low ^= word(bytes, i);
    high ^= word(bytes, i + 4);
    const a = 1792 + (low & 255);
    const b = 1536 + ((low >>> 8) & 255);
    const c = 1280 + ((low >>> 16) & 255);
    const d = 1024 + (low >>> 24);
    const e = 768 + (high & 255);
    const f = 512 + ((high >>> 8) & 255);
    const g = 256 + ((high >>> 16) & 255);
    const k = high >>> 24;
    low = at(l, a) ^ at(l, b) ^ at(l, c) ^ at(l, d) ^ at(l, e) ^ at(l, f) ^ at(l, g) ^ at(l, k);
    high = at(h, a) ^ at(h, b) ^ at(h, c) ^ at(h, d) ^ at(h, e) ^ at(h, f) ^ at(h, g) ^ at(h, k);
  }
  for (; i < bytes.length; i++) {
    const index = (low ^ at(bytes, i)) & 255;
    low = ((low >>> 8) | (high << 24)) ^ at(l, index);
    high = (high >>> 8) ^ at(h, index);
  }
  crc.high = ~high;
  crc.low = ~low;
}

export type CrcAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME';

const POLYNOMIALS: Readonly<Record<CrcAlgorithm, { readonly polynomial: bigint; readonly bits: bigint }>> = {
  CRC32: { polynomial: CRC32_POLYNOMIAL, bits: 32n },
  CRC32C: { polynomial: CRC32C_POLYNOMIAL, bits: 32n },
  CRC64NVME: { polynomial: CRC64_POLYNOMIAL, bits: 64n },
};

/**
 * The CRC of pieces laid end to end, from each piece's CRC (unsigned) and size in bytes: multiplication by x^(8·size)
 * modulo the polynomial, as zlib's `crc32_combine` does it.
 */
export function joinCrcs(algorithm: CrcAlgorithm, pieces: readonly { crc: bigint; size: number }[]): bigint {
  const { polynomial, bits } = POLYNOMIALS[algorithm];
  const top = 1n << (bits - 1n);
  const multiply = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    for (let bit = top, shifted = b; bit > 0n; bit >>= 1n) {
      if ((a & bit) !== 0n) product ^= shifted;
      shifted = (shifted & 1n) === 0n ? shifted >> 1n : (shifted >> 1n) ^ polynomial;
    }
    return product;
  };
  // the parts of an upload have few different sizes
  const shifts = new Map<number, bigint>();
  const shiftFor = (size: number): bigint => {
    let shift = shifts.get(size);
    if (shift === undefined) {
      shift = top;
      let square = top >> 1n;
      for (let exponent = 8n * BigInt(size); exponent > 0n; exponent >>= 1n) {
        if ((exponent & 1n) === 1n) shift = multiply(square, shift);
        square = multiply(square, square);
      }
      shifts.set(size, shift);
    }
    return shift;
  };
  let crc = 0n;
  for (const piece of pieces) crc = multiply(shiftFor(piece.size), crc) ^ piece.crc;
  return crc;
}

function word(bytes: Uint8Array, i: number): number {
  return at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
}

/** An element that is there; the cast costs nothing in the hot loops, where a check would. */
function at(array: Uint8Array | Int32Array, i: number): number {
  return array[i] as number;
}

function fillTables(): void {
  for (let n = 0; n < 256; n++) {
    let narrow = BigInt(n);
    let wide = BigInt(n);
    for (let k = 0; k < 8; k++) {
      narrow = (narrow & 1n) === 1n ? (narrow >> 1n) ^ CRC32C_POLYNOMIAL : narrow >> 1n;
      wide = (wide & 1n) === 1n ? (wide >> 1n) ^ CRC64_POLYNOMIAL : wide >> 1n;
    }
    table32c[n] = Number(narrow) | 0;
    table64High[n] = Number(wide >> 32n) | 0;
    table64Low[n] = Number(wide & 0xffffffffn) | 0;
  }
  for (let i = 256; i < SLICES * 256; i++) {
    const c = at(table32c, i - 256);
    table32c[i] = (c >>> 8) ^ at(table32c, c & 255);
    const high = at(table64High, i - 256);
    const low = at(table64Low, i - 256);
    table64High[i] = (high >>> 8) ^ at(table64High, low & 255);
    table64Low[i] = ((low >>> 8) | (high << 24)) ^ at(table64Low, low & 255);
  }
}
