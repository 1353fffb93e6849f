// From the inside of a JSON string to a text: the body of a row that is a line of JSON.

import { NEWLINE, TAB } from './bytes';
import { INPUT } from './layout';

const BACKSLASH: u8 = 0x5c;

/** Where the body of a text of so many bytes of JSON stands before it is read. */
export function rawOf(length: usize): usize {
  return (INPUT + length + 256) & ~15;
}

/** Reads the inside of a JSON string into INPUT. Returns the length of the text. */
export function readString(from: usize, to: usize): usize {
  let at = from;
  let target = INPUT;
  const mark = i8x16.splat(BACKSLASH);
  while (at < to) {
    const bytes = v128.load(at);
    v128.store(target, bytes);
    const marks = i8x16.bitmask(i8x16.eq(bytes, mark));
    const run = min(marks == 0 ? 16 : usize(ctz(marks)), to - at);
    at += run;
    target += run;
    if (at < to && load<u8>(at) == BACKSLASH) {
      const escaped = load<u8>(at, 1);
      if (escaped == 0x75) {
        target = putCode(hexAt(at + 2), target);
        at += 6;
        continue;
      }
      store<u8>(target, unescaped(escaped));
      target += 1;
      at += 2;
    }
  }
  return target - INPUT;
}

function unescaped(byte: u8): u8 {
  if (byte == 0x6e) return NEWLINE;
  if (byte == 0x74) return TAB;
  if (byte == 0x72) return 0x0d;
  if (byte == 0x62) return 0x08;
  if (byte == 0x66) return 0x0c;
  return byte;
}

function hexAt(at: usize): u32 {
  let code: u32 = 0;
  for (let i: usize = 0; i < 4; i += 1) {
    const byte = load<u8>(at + i);
    code = code * 16 + (byte < 0x3a ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return code;
}

/** Control characters, which are all that rows escape so. */
function putCode(code: u32, target: usize): usize {
  if (code < 0x80) {
    store<u8>(target, u8(code));
    return target + 1;
  }
  if (code < 0x800) {
    store<u8>(target, u8(0xc0 | (code >> 6)));
    store<u8>(target, u8(0x80 | (code & 63)), 1);
    return target + 2;
  }
  store<u8>(target, u8(0xe0 | (code >> 12)));
  store<u8>(target, u8(0x80 | ((code >> 6) & 63)), 1);
  store<u8>(target, u8(0x80 | (code & 63)), 2);
  return target + 3;
}
