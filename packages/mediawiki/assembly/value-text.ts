// XML text to the text that it stands for, in UTF-8.

import {
  copy,
  next,
  NO_CHARACTER,
  readOther,
  REFUSED,
  signAt,
  SIGN_CHARACTER,
  SIGN_LENGTH,
  SIGN_MASK,
  SIGN_TEXT,
  writeBeyondAscii,
} from './json-text';

const TAB: u32 = 0x09;
const NEWLINE: u32 = 0x0a;
const RETURN: u32 = 0x0d;

/** Copies UTF-8 with references resolved. Returns where it ends, or `REFUSED` for what `writeText` refuses. */
export function writeValue(from: usize, to: usize, target: usize): usize {
  let at = from;
  let out = target;
  for (let block = from; block < to; block += 64) {
    for (let marks = marksIn(block, to - block); marks != 0; marks &= marks - 1) {
      const mark = block + usize(ctz(marks));
      out = copy(at, mark, out);
      const bytes = load<u64>(mark);
      const sign = signAt(bytes);
      if ((bytes & load<u64>(sign, SIGN_MASK)) == load<u64>(sign, SIGN_TEXT)) {
        store<u8>(out, load<u8>(sign, SIGN_CHARACTER));
        out += 1;
        at = mark + load<u8>(sign, SIGN_LENGTH);
      } else {
        out = writeCharacter(readOther(mark), out);
        if (out == REFUSED) return REFUSED;
        at = next;
      }
    }
  }
  return copy(at, to, out);
}

function writeCharacter(code: u32, out: usize): usize {
  if (code == NO_CHARACTER) return REFUSED;
  if (code >= 0x80) return writeBeyondAscii(code, out);
  if (code < 0x20 && code != TAB && code != NEWLINE && code != RETURN) return REFUSED;
  store<u8>(out, u8(code));
  return out + 1;
}

/** A bit for each of the next 64 bytes, of which `left` count, that is not copied as it is. */
function marksIn(block: usize, left: usize): u64 {
  const first = marksAt(block);
  if (left <= 16) return first & ((u64(1) << left) - 1);
  const marks = first | (marksAt(block + 16) << 16) | (marksAt(block + 32) << 32) | (marksAt(block + 48) << 48);
  return left < 64 ? marks & ((u64(1) << left) - 1) : marks;
}

/** `&`, `<`, `>`, and control characters but tab and newline; `<` and `>` differ in one bit. */
function marksAt(at: usize): u64 {
  const bytes = v128.load(at);
  const ampersand = i8x16.eq(bytes, i8x16.splat(0x26));
  const lessOrGreater = i8x16.eq(v128.or(bytes, i8x16.splat(0x02)), i8x16.splat(0x3e));
  const isSpace = i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x09)), i8x16.splat(1));
  const control = v128.andnot(i8x16.lt_u(bytes, i8x16.splat(0x20)), isSpace);
  return u64(i8x16.bitmask(v128.or(v128.or(ampersand, lessOrGreater), control)));
}
