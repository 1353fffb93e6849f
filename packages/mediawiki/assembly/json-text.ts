// XML text to the inside of a JSON string, byte for byte as JSON.stringify writes it.

import { RESULT_BYTES, SIGNS } from './layout';
import { firstBytes } from './literals';

/** What `writeText` returns where it does not know the text exactly. */
export const REFUSED: usize = 0;

// SIGNS: what is written for a byte that JSON escapes, and for the five references. An entry for each byte of ASCII, and
// sixteen for what begins with `&`. Entries that are not set match nothing.
const SIGN_BYTES: usize = 32;
export const SIGN_MASK: usize = 0; // u64: the bytes that must be there …
export const SIGN_TEXT: usize = 8; // u64: … and what they must be
const SIGN_JSON: usize = 16; // u16
const SIGN_JSON_LENGTH: usize = 18; // u8
export const SIGN_LENGTH: usize = 19; // u8: of what it is written for
export const SIGN_CHARACTER: usize = 20; // u8: the character that it stands for
const REFERENCES: usize = SIGNS + 128 * SIGN_BYTES;

const AMPERSAND: u8 = 0x26;
const GREATER: u8 = 0x3e;
const SEMICOLON: u8 = 0x3b;
const BRACKETS: u16 = 0x5d5d; // ]]
const MOST_DIGITS: usize = 7;

for (let i: usize = 0; i < 128 + 16; i += 1) store<u64>(SIGNS + i * SIGN_BYTES, 1, SIGN_TEXT);
setSign('\t', '\\t', '\t');
setSign('\n', '\\n', '\n');
setSign('"', '\\"', '"');
setSign('\\', '\\\\', '\\');
setSign('&lt;', '<', '<');
setSign('&gt;', '>', '>');
setSign('&amp;', '&', '&');
setSign('&quot;', '\\"', '"');
setSign('&apos;', "'", "'");

function setSign(sign: string, json: string, character: string): void {
  const entry = signAt(firstBytes(sign));
  store<u64>(entry, (u64(1) << (8 * sign.length)) - 1, SIGN_MASK);
  store<u64>(entry, firstBytes(sign), SIGN_TEXT);
  store<u16>(entry, u16(firstBytes(json)), SIGN_JSON);
  store<u8>(entry, u8(json.length), SIGN_JSON_LENGTH);
  store<u8>(entry, u8(sign.length), SIGN_LENGTH);
  store<u8>(entry, u8(character.charCodeAt(0)), SIGN_CHARACTER);
}

/** The entry by the first bytes of a sign; the five references differ in the exclusive or of their first two letters. */
export function signAt(bytes: u64): usize {
  const byte = u8(bytes);
  const reference = REFERENCES + (usize((bytes >> 8) ^ (bytes >> 16)) & 15) * SIGN_BYTES;
  return select(reference, SIGNS + usize(byte & 127) * SIGN_BYTES, byte == AMPERSAND);
}

/** Where what `writeOther` read ends, and by how much it is longer than the UTF-8 of its character. */
export let next: usize = 0;
export let surplus: usize = 0;

/**
 * Copies UTF-8 with references resolved and JSON's escapes. Returns where it ends; up to 31 bytes behind that are
 * overwritten too. RESULT_BYTES gets the UTF-8 length of the text. Refuses `<`, the text `]]>`, every control character but
 * tab and newline, and every `&` that begins no reference to one of XML's characters.
 */
export function writeText(from: usize, to: usize, target: usize): usize {
  let at = from;
  let out = target;
  let shorter: usize = 0;
  for (let block = from; block < to; block += 64) {
    for (let marks = marksIn(block, to - block); marks != 0; marks &= marks - 1) {
      const mark = block + usize(ctz(marks));
      out = copy(at, mark, out);
      const bytes = load<u64>(mark);
      const sign = signAt(bytes);
      if ((bytes & load<u64>(sign, SIGN_MASK)) == load<u64>(sign, SIGN_TEXT)) {
        store<u16>(out, load<u16>(sign, SIGN_JSON));
        out += load<u8>(sign, SIGN_JSON_LENGTH);
        const length: usize = load<u8>(sign, SIGN_LENGTH);
        at = mark + length;
        shorter += length - 1;
      } else {
        out = writeOther(mark, out);
        if (out == REFUSED) return REFUSED;
        at = next;
        shorter += surplus;
      }
    }
  }
  store<u32>(RESULT_BYTES, u32(to - from - shorter));
  return copy(at, to, out);
}

export function copy(from: usize, to: usize, target: usize): usize {
  v128.store(target, v128.load(from));
  v128.store(target, v128.load(from, 16), 16);
  const length = to - from;
  for (let i: usize = 32; i < length; i += 16) v128.store(target + i, v128.load(from + i));
  return target + length;
}

/** A bit for each of the next 64 bytes, of which `left` count, that is not copied as it is. */
function marksIn(block: usize, left: usize): u64 {
  const first = marksAt(block);
  if (left <= 16) return first & ((u64(1) << left) - 1);
  const marks = first | (marksAt(block + 16) << 16) | (marksAt(block + 32) << 32) | (marksAt(block + 48) << 48);
  return left < 64 ? marks & ((u64(1) << left) - 1) : marks;
}

/** `&` and `"`, `<` and `>` differ in one bit each. */
function marksAt(at: usize): u64 {
  const bytes = v128.load(at);
  const ampersandOrQuote = i8x16.eq(v128.or(bytes, i8x16.splat(0x04)), i8x16.splat(0x26));
  const lessOrGreater = i8x16.eq(v128.or(bytes, i8x16.splat(0x02)), i8x16.splat(0x3e));
  const backslash = i8x16.eq(bytes, i8x16.splat(0x5c));
  const control = i8x16.lt_u(bytes, i8x16.splat(0x20));
  const all = v128.or(v128.or(ampersandOrQuote, lessOrGreater), v128.or(backslash, control));
  return u64(i8x16.bitmask(all));
}

/** A `>`, or a numeric reference. */
function writeOther(at: usize, out: usize): usize {
  const code = readOther(at);
  if (code == NO_CHARACTER) return REFUSED;
  return code < 0x80 ? writeAscii(u8(code), out) : writeBeyondAscii(code, out);
}

/** What `readOther` returns where it does not know what stands there. */
export const NO_CHARACTER: u32 = 0xffffffff;

/** The character that a `>` or a numeric reference stands for; sets `next` and `surplus`. */
export function readOther(at: usize): u32 {
  const byte = load<u8>(at);
  if (byte == AMPERSAND) return readNumericReference(at);
  if (byte != GREATER || load<u16>(at - 2) == BRACKETS) return NO_CHARACTER;
  next = at + 1;
  surplus = 0;
  return GREATER;
}

/** `&#10;` or `&#xA;`. */
function readNumericReference(at: usize): u32 {
  if (load<u8>(at, 1) != 0x23) return NO_CHARACTER;
  const base: u32 = load<u8>(at, 2) == 0x78 ? 16 : 10;
  const digits = at + (base == 16 ? 3 : 2);
  let code: u32 = 0;
  let end = digits;
  for (; load<u8>(end) != SEMICOLON; end += 1) {
    const digit = digitOf(load<u8>(end));
    if (digit >= base || end - digits == MOST_DIGITS) return NO_CHARACTER;
    code = code * base + digit;
  }
  if (end == digits) return NO_CHARACTER;
  next = end + 1;
  surplus = next - at - lengthOf(code);
  return code;
}

/** Of a character's UTF-8. */
function lengthOf(code: u32): usize {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

function digitOf(byte: u8): u32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 255;
}

function writeAscii(byte: u8, out: usize): usize {
  if (byte == 0x0d) {
    store<u16>(out, 0x725c); // \r
    return out + 2;
  }
  const sign = signAt(byte);
  if (byte != AMPERSAND && load<u64>(sign, SIGN_MASK) != 0) {
    store<u16>(out, load<u16>(sign, SIGN_JSON));
    return out + 2;
  }
  store<u8>(out, byte);
  return byte < 0x20 ? REFUSED : out + 1;
}

/** Refuses what is no character by XML 1.0, production 2. */
export function writeBeyondAscii(code: u32, out: usize): usize {
  const length = lengthOf(code);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (isSurrogate || code == 0xfffe || code == 0xffff || code > 0x10ffff) return REFUSED;
  let rest = code;
  for (let i = length - 1; i > 0; i -= 1) {
    store<u8>(out + i, u8(0x80 | (rest & 0x3f)));
    rest >>= 6;
  }
  // As many ones as bytes, a zero, and the highest bits.
  store<u8>(out, u8((0xf00 >> length) | rest));
  return out + length;
}
