// XML text to the inside of a JSON string, byte for byte as JSON.stringify writes it.

import { RESULT_BYTES } from './layout';

/** What `writeText` returns where it does not know the text exactly. */
export const REFUSED: usize = 0;

// As they stand in memory, the first byte lowest.
const LT: u32 = 0x3b746c26; // &lt;
const GT: u32 = 0x3b746726; // &gt;
const AMP: u32 = 0x706d6126; // &amp
const QUOT: u32 = 0x6f757126; // &quo
const APOS: u32 = 0x6f706126; // &apo
const QUOT_END: u16 = 0x3b74; // t;
const APOS_END: u16 = 0x3b73; // s;

const ESCAPED_TAB: u16 = 0x745c; // \t
const ESCAPED_NEWLINE: u16 = 0x6e5c; // \n
const ESCAPED_RETURN: u16 = 0x725c; // \r
const ESCAPED_QUOTE: u16 = 0x225c; // \"
const ESCAPED_BACKSLASH: u16 = 0x5c5c; // \\

/** Where a reference ends, and by how much it is longer than the UTF-8 of its character. */
let next: usize = 0;
let surplus: usize = 0;

/**
 * Copies what `areCharacters` let through, with references resolved and JSON's escapes. Returns where it ends; up to 15
 * bytes behind that are overwritten too. RESULT_BYTES gets the UTF-8 length of the text. Refuses `<`, the text `]]>`, and
 * every `&` that begins no reference to one of XML's characters.
 */
export function writeText(from: usize, to: usize, target: usize): usize {
  let at = from;
  let out = target;
  let shorter: usize = 0;
  while (true) {
    const block = v128.load(at);
    v128.store(out, block);
    const left = to - at;
    const plain: usize = ctz(i8x16.bitmask(needsALook(block)) | 0x10000);
    if (plain >= left) {
      store<u32>(RESULT_BYTES, u32(to - from - shorter));
      return out + left;
    }
    at += plain;
    out += plain;
    if (plain == 16) continue;
    const byte = load<u8>(at);
    if (byte == 0x26) {
      out = writeReference(at, out);
      if (out == REFUSED) return REFUSED;
      at = next;
      shorter += surplus;
      continue;
    }
    if (byte == 0x3e) {
      // As it is copied already; but XML has no `]]>` in a text.
      if (load<u16>(at - 2) == 0x5d5d) return REFUSED;
      at += 1;
      out += 1;
      continue;
    }
    if (byte == 0x0a) store<u16>(out, ESCAPED_NEWLINE);
    else if (byte == 0x22) store<u16>(out, ESCAPED_QUOTE);
    else if (byte == 0x5c) store<u16>(out, ESCAPED_BACKSLASH);
    else if (byte == 0x09) store<u16>(out, ESCAPED_TAB);
    else return REFUSED;
    at += 1;
    out += 2;
  }
}

/** `&` and `"`, `<` and `>` differ in one bit each. */
// @ts-ignore: decorator
@inline function needsALook(block: v128): v128 {
  const ampersandOrQuote = i8x16.eq(v128.or(block, i8x16.splat(0x04)), i8x16.splat(0x26));
  const lessOrGreater = i8x16.eq(v128.or(block, i8x16.splat(0x02)), i8x16.splat(0x3e));
  const backslash = i8x16.eq(block, i8x16.splat(0x5c));
  const space = i8x16.lt_u(block, i8x16.splat(0x20));
  return v128.or(v128.or(ampersandOrQuote, lessOrGreater), v128.or(backslash, space));
}

// @ts-ignore: decorator
@inline function writeReference(at: usize, out: usize): usize {
  const four = load<u32>(at);
  if (four == QUOT && load<u16>(at, 4) == QUOT_END) {
    store<u16>(out, ESCAPED_QUOTE);
    next = at + 6;
    surplus = 5;
    return out + 2;
  }
  let byte: u8 = 0;
  let length: usize = 4;
  if (four == LT) byte = 0x3c;
  else if (four == GT) byte = 0x3e;
  else if (four == AMP && load<u8>(at, 4) == 0x3b) {
    byte = 0x26;
    length = 5;
  } else if (four == APOS && load<u16>(at, 4) == APOS_END) {
    byte = 0x27;
    length = 6;
  } else return writeNumericReference(at, out);
  store<u8>(out, byte);
  next = at + length;
  surplus = length - 1;
  return out + 1;
}

/** `&#10;` or `&#xA;`, of at most seven digits, of a character by XML 1.0, production 2. */
function writeNumericReference(at: usize, out: usize): usize {
  if (load<u8>(at, 1) != 0x23) return REFUSED;
  const isHexadecimal = load<u8>(at, 2) == 0x78;
  const digits = at + (isHexadecimal ? 3 : 2);
  let code: u32 = 0;
  let end = digits;
  for (; load<u8>(end) != 0x3b; end += 1) {
    const digit = digitOf(load<u8>(end));
    if (digit >= (isHexadecimal ? 16 : 10) || end - digits == 7) return REFUSED;
    code = code * (isHexadecimal ? 16 : 10) + digit;
  }
  if (end == digits) return REFUSED;
  next = end + 1;
  return writeCharacter(code, next - at, out);
}

function digitOf(byte: u8): u32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 255;
}

function writeCharacter(code: u32, length: usize, out: usize): usize {
  surplus = length - 1;
  if (code < 0x80) {
    if (code == 0x22) store<u16>(out, ESCAPED_QUOTE);
    else if (code == 0x5c) store<u16>(out, ESCAPED_BACKSLASH);
    else if (code == 0x0a) store<u16>(out, ESCAPED_NEWLINE);
    else if (code == 0x09) store<u16>(out, ESCAPED_TAB);
    else if (code == 0x0d) store<u16>(out, ESCAPED_RETURN);
    else {
      store<u8>(out, u8(code));
      return code < 0x20 ? REFUSED : out + 1;
    }
    return out + 2;
  }
  let more: u32 = 1;
  if (code >= 0x10000) {
    if (code > 0x10ffff) return REFUSED;
    store<u8>(out, u8(0xf0 | (code >> 18)));
    more = 3;
  } else if (code >= 0x800) {
    if ((code >= 0xd800 && code <= 0xdfff) || code >= 0xfffe) return REFUSED;
    store<u8>(out, u8(0xe0 | (code >> 12)));
    more = 2;
  } else {
    store<u8>(out, u8(0xc0 | (code >> 6)));
  }
  for (let i = more; i > 0; i -= 1) store<u8>(out + more - i + 1, u8(0x80 | ((code >> (6 * (i - 1))) & 0x3f)));
  surplus = length - 1 - more;
  return out + 1 + more;
}
