/** Surplus selectors that hold a block's magic, in whole selectors of two or more tables: FACTS of the format allow any. */
export const PLANTED_BLOCK = 0x314159265359n;
export const PLANTED_END = 0x177245385090n;

export interface BlockOptions {
  /** 48 bits to be planted in surplus selectors, once each, where the block's decoder passes over them. */
  readonly planted?: readonly bigint[];
  /** Instead of the right one. */
  readonly crc?: number;
}

class BitWriter {
  readonly #bytes: number[] = [];
  #word = 0;
  #bits = 0;

  write(value: number | bigint, width: number): void {
    const all = BigInt(value);
    for (let bit = width - 1; bit >= 0; bit -= 1) this.#bit(Number((all >> BigInt(bit)) & 1n));
  }

  #bit(bit: number): void {
    this.#word = (this.#word << 1) | bit;
    this.#bits += 1;
    if (this.#bits < 8) return;
    this.#bytes.push(this.#word);
    this.#word = this.#bits = 0;
  }

  end(): Buffer {
    while (this.#bits > 0) this.#bit(0);
    return Buffer.from(this.#bytes);
  }
}

/** A bzip2 stream with a block for each of `blocks`, none of them empty. */
export function bz2Stream(blocks: readonly Uint8Array[], options: readonly BlockOptions[] = [], level = 9): Buffer {
  const bits = new BitWriter();
  let sum = 0;
  for (const [i, block] of blocks.entries()) {
    sum = (((sum << 1) | (sum >>> 31)) ^ writeBlock(bits, block, options[i] ?? {})) >>> 0;
  }
  bits.write(0x177245385090n, 48);
  bits.write(sum, 32);
  return Buffer.concat([Buffer.from(`BZh${level}`), bits.end()]);
}

/** The stream without a block that ends Wikimedia's multistream files. */
export const EMPTY_STREAM = bz2Stream([]);

function writeBlock(bits: BitWriter, bytes: Uint8Array, { planted = [], crc: wrong }: BlockOptions): number {
  const crc = crc32(bytes);
  const coded = codeRuns(bytes);
  const { column, origin } = sortRotations(coded);
  const alphabet = [...new Set(coded)].sort((a, b) => a - b);
  const symbols = moveToFront(column, alphabet);
  const groups = Math.ceil(symbols.length / 50);
  const width = Math.ceil(Math.log2(alphabet.length + 2));
  bits.write(0x314159265359n, 48);
  bits.write(wrong ?? crc, 32);
  bits.write(0, 1);
  bits.write(origin, 24);
  for (let row = 0; row < 16; row += 1) bits.write(alphabet.some((byte) => byte >> 4 === row) ? 1 : 0, 1);
  for (let row = 0; row < 16; row += 1) {
    if (!alphabet.some((byte) => byte >> 4 === row)) continue;
    for (let byte = row * 16; byte < row * 16 + 16; byte += 1) bits.write(alphabet.includes(byte) ? 1 : 0, 1);
  }
  // six tables, so that up to five ones may stand before each zero: no magic has more
  bits.write(6, 3);
  // each planted magic and the zero behind it: as many selectors as it has zeros
  const surplus = planted.reduce(
    (n, magic) => n + `${magic.toString(2).padStart(48, '0')}0`.split('').filter((b) => b === '0').length,
    0,
  );
  bits.write(groups + surplus, 15);
  for (let group = 0; group < groups; group += 1) bits.write(0, 1);
  for (const magic of planted) {
    bits.write(magic, 48);
    bits.write(0, 1);
  }
  for (let table = 0; table < 6; table += 1) {
    bits.write(width, 5);
    for (let symbol = 0; symbol < alphabet.length + 2; symbol += 1) bits.write(0, 1);
  }
  // codes of one length: the symbol itself
  for (const symbol of symbols) bits.write(symbol, width);
  return wrong ?? crc;
}

/** The format's own CRC: the highest bit first. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  }
  return ~crc >>> 0;
}

function codeRuns(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    let run = 1;
    while (run < 259 && bytes[at + run] === byte) run += 1;
    for (let i = 0; i < Math.min(run, 4); i += 1) out.push(byte);
    if (run >= 4) out.push(run - 4);
    at += run;
  }
  return Uint8Array.from(out);
}

function sortRotations(bytes: Uint8Array): { column: Uint8Array; origin: number } {
  const twice = Buffer.concat([bytes, bytes]);
  const { length } = bytes;
  const rows = Array.from(bytes, (_, at) => at);
  rows.sort((a, b) => twice.compare(twice, b, b + length, a, a + length));
  return { column: Uint8Array.from(rows, (at) => twice[at + length - 1] ?? 0), origin: rows.indexOf(0) };
}

function moveToFront(column: Uint8Array, alphabet: readonly number[]): number[] {
  const recent = [...alphabet];
  const symbols: number[] = [];
  let run = 0;
  const endRun = (): void => {
    for (; run > 0; run = (run - 1) >> 1) symbols.push((run & 1) === 1 ? 0 : 1);
  };
  for (const byte of column) {
    const index = recent.indexOf(byte);
    if (index === 0) {
      run += 1;
      continue;
    }
    endRun();
    symbols.push(index + 1);
    recent.splice(index, 1);
    recent.unshift(byte);
  }
  endRun();
  return [...symbols, alphabet.length + 1];
}
