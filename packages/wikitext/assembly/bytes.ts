// Bytes and their classes, and loops over them.

import { step } from './steps';

export const TAB: u8 = 0x09;
export const NEWLINE: u8 = 0x0a;
export const SPACE: u8 = 0x20;
export const EXCLAMATION: u8 = 0x21;
export const HASH: u8 = 0x23;
export const AMPERSAND: u8 = 0x26;
export const APOSTROPHE: u8 = 0x27;
export const ASTERISK: u8 = 0x2a;
export const PLUS: u8 = 0x2b;
export const COMMA: u8 = 0x2c;
export const HYPHEN: u8 = 0x2d;
export const DOT: u8 = 0x2e;
export const SLASH: u8 = 0x2f;
export const COLON: u8 = 0x3a;
export const SEMICOLON: u8 = 0x3b;
export const LESS: u8 = 0x3c;
export const EQUALS: u8 = 0x3d;
export const GREATER: u8 = 0x3e;
export const OPEN_BRACKET: u8 = 0x5b;
export const CLOSE_BRACKET: u8 = 0x5d;
export const UNDERSCORE: u8 = 0x5f;
export const OPEN_BRACE: u8 = 0x7b;
export const PIPE: u8 = 0x7c;
export const CLOSE_BRACE: u8 = 0x7d;

export function isDigit(byte: u8): bool {
  return byte - 0x30 < 10;
}

export function isLetter(byte: u8): bool {
  return (byte | 0x20) - 0x61 < 26;
}

export function isBlank(byte: u8): bool {
  return byte == SPACE || byte == TAB || byte == NEWLINE || byte == 0x0d;
}

export function toLower(byte: u8): u8 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** Where blanks end. */
export function skipBlanks(from: usize, to: usize): usize {
  let at = from;
  while (at < to && isBlank(load<u8>(at))) at += 1;
  step(u32(at - from) >> 2);
  return at;
}

/** Where spaces and tabs end. */
export function skipSpaces(from: usize, to: usize): usize {
  let at = from;
  while (at < to && (load<u8>(at) == SPACE || load<u8>(at) == TAB)) at += 1;
  step(u32(at - from) >> 2);
  return at;
}

/** Where blanks begin that end at `to`. */
export function skipBlanksBack(from: usize, to: usize): usize {
  let at = to;
  while (at > from && isBlank(load<u8>(at - 1))) at -= 1;
  step(u32(to - at) >> 2);
  return at;
}

/** The first `byte` in a range, or its end. */
export function find(byte: u8, from: usize, to: usize): usize {
  const wanted = i8x16.splat(byte);
  for (let at = from; at < to; at += 16) {
    const marks = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (marks != 0) {
      step(1 + (u32(at - from) >> 5));
      return min(at + ctz(marks), to);
    }
  }
  step(1 + (u32(to - from) >> 5));
  return to;
}

export function copyBytes(from: usize, to: usize, target: usize): usize {
  const length = to - from;
  for (let i: usize = 0; i < length; i += 16) v128.store(target + i, v128.load(from + i));
  return target + length;
}
