/**
 * A gzip encoder whose bytes are the same everywhere: Node's own zlib differs between versions and processors. Matches are
 * the last place with the same four bytes, codes are the fixed ones (RFC 1951, 3.2.6; RFC 1952 for the frame).
 */

/** So much data makes a member; files of many members are usual, and memory stays bounded. */
const MEMBER_SIZE = 1 << 20;
const MIN_MATCH = 4;
const MAX_MATCH = 258;
const WINDOW = 32768;
const HASH_BITS = 15;
const END_OF_BLOCK = 256;

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** Text piece by piece to gzip members of 1 MiB of text each; the bytes do not depend on how the text was cut. */
export class GzipEncoder {
  readonly #buffer = Buffer.alloc(MEMBER_SIZE);
  #length = 0;

  push(data: Buffer): Buffer {
    const members: Buffer[] = [];
    for (let at = 0; at < data.length;) {
      const taken = data.copy(this.#buffer, this.#length, at);
      at += taken;
      this.#length += taken;
      if (this.#length === MEMBER_SIZE) members.push(this.finish());
    }
    return Buffer.concat(members);
  }

  /** The member of what is left; nothing where nothing is left. */
  finish(): Buffer {
    if (this.#length === 0) return Buffer.alloc(0);
    const member = gzip(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return member;
  }
}

/** One gzip member of all `data` (below 4 GiB), without a name and with the time 0. */
export function gzip(data: Uint8Array): Buffer {
  let crc = -1;
  for (let i = 0; i < data.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ data[i]!) & 0xff]!;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(~crc >>> 0, 0);
  trailer.writeUInt32LE(data.length, 4);
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]), deflate(data), trailer]);
}

/** One final block with fixed codes. */
function deflate(data: Uint8Array): Buffer {
  // A literal is at most nine bits.
  const out = new BitSink(Math.ceil((data.length * 9) / 8) + 16);
  const last = new Int32Array(1 << HASH_BITS).fill(-1);
  out.write(3, 0b011);
  for (let at = 0; at < data.length;) {
    const candidate = at + MIN_MATCH <= data.length ? remember(last, data, at) : -1;
    const length = candidate >= 0 && at - candidate <= WINDOW ? matchLength(data, candidate, at) : 0;
    if (length < MIN_MATCH) {
      writeSymbol(out, data[at]!);
      at++;
      continue;
    }
    writeLength(out, length);
    writeDistance(out, at - candidate);
    for (let i = at + 1; i < at + length && i + MIN_MATCH <= data.length; i++) remember(last, data, i);
    at += length;
  }
  writeSymbol(out, END_OF_BLOCK);
  return out.end();
}

/** The last place where the four bytes at `at` (or others of the same hash) stood, or -1; `at` takes its place. */
function remember(last: Int32Array, data: Uint8Array, at: number): number {
  const four = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
  const hash = Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS);
  const before = last[hash]!;
  last[hash] = at;
  return before;
}

function matchLength(data: Uint8Array, from: number, at: number): number {
  const limit = Math.min(MAX_MATCH, data.length - at);
  let length = 0;
  while (length < limit && data[from + length] === data[at + length]) length++;
  return length;
}

function writeSymbol(out: BitSink, symbol: number): void {
  if (symbol < 144) out.writeCode(8, 0x30 + symbol);
  else if (symbol < 256) out.writeCode(9, 0x190 + symbol - 144);
  else if (symbol < 280) out.writeCode(7, symbol - 256);
  else out.writeCode(8, 0xc0 + symbol - 280);
}

/** Lengths from 3 in steps that double every four symbols; 258 has a symbol of its own. */
function writeLength(out: BitSink, length: number): void {
  if (length === MAX_MATCH) {
    writeSymbol(out, 285);
    return;
  }
  const value = length - 3;
  const extra = Math.max(0, 29 - Math.clz32(value));
  writeSymbol(out, 257 + extra * 4 + (value >> extra));
  out.write(extra, value & ((1 << extra) - 1));
}

/** Distances from 1 in steps that double every two symbols. */
function writeDistance(out: BitSink, distance: number): void {
  const value = distance - 1;
  const extra = Math.max(0, 30 - Math.clz32(value));
  out.writeCode(5, extra * 2 + (value >> extra));
  out.write(extra, value & ((1 << extra) - 1));
}

/** Bits to bytes, least significant bit first. */
class BitSink {
  readonly #bytes: Buffer;
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(size: number) {
    this.#bytes = Buffer.alloc(size);
  }

  /** Writes the low `count` bits (0 to 16) of `value`, which has no others. */
  write(count: number, value: number): void {
    this.#pending |= value << this.#pendingBits;
    this.#pendingBits += count;
    while (this.#pendingBits >= 8) {
      this.#bytes[this.#length++] = this.#pending & 0xff;
      this.#pending >>>= 8;
      this.#pendingBits -= 8;
    }
  }

  /** Writes a Huffman code, whose first bit is its highest. */
  writeCode(count: number, code: number): void {
    let reversed = 0;
    for (let bit = 0; bit < count; bit++) reversed |= ((code >> bit) & 1) << (count - 1 - bit);
    this.write(count, reversed);
  }

  end(): Buffer {
    if (this.#pendingBits > 0) this.write(8 - this.#pendingBits, 0);
    return this.#bytes.subarray(0, this.#length);
  }
}
