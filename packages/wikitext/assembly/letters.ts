// Upper and lower case of the letters of ASCII, Latin-1, Greek and Cyrillic; others stay as they are.

import { step } from './steps';

export function lowerText(from: usize, to: usize, onlyFirst: bool): void {
  let at = from;
  while (at < to) {
    at = lowerAt(at);
    if (onlyFirst) return;
  }
  step(u32(to - from) >> 3);
}

export function upperText(from: usize, to: usize, onlyFirst: bool): void {
  let at = from;
  while (at < to) {
    at = upperAt(at);
    if (onlyFirst) return;
  }
  step(u32(to - from) >> 3);
}

function lowerAt(at: usize): usize {
  const first = load<u8>(at);
  if (first < 0x80) {
    if (first - 0x41 < 26) store<u8>(at, first | 0x20);
    return at + 1;
  }
  if (first < 0xe0) {
    const code = codeAt(at);
    if (
      (code >= 0xc0 && code <= 0xde && code != 0xd7) ||
      (code >= 0x391 && code <= 0x3a9) ||
      (code >= 0x410 && code <= 0x42f)
    )
      putAt(at, code + 32);
    else if (code >= 0x400 && code <= 0x40f) putAt(at, code + 80);
  }
  return at + sizeAt(first);
}

function upperAt(at: usize): usize {
  const first = load<u8>(at);
  if (first < 0x80) {
    if (first - 0x61 < 26) store<u8>(at, first & 0xdf);
    return at + 1;
  }
  if (first < 0xe0) {
    const code = codeAt(at);
    if (
      (code >= 0xe0 && code <= 0xfe && code != 0xf7) ||
      (code >= 0x3b1 && code <= 0x3c9 && code != 0x3c2) ||
      (code >= 0x430 && code <= 0x44f)
    )
      putAt(at, code - 32);
    else if (code >= 0x450 && code <= 0x45f) putAt(at, code - 80);
  }
  return at + sizeAt(first);
}

function codeAt(at: usize): u32 {
  return ((u32(load<u8>(at)) & 31) << 6) | (u32(load<u8>(at, 1)) & 63);
}

function putAt(at: usize, code: u32): void {
  store<u8>(at, u8(0xc0 | (code >> 6)));
  store<u8>(at, u8(0x80 | (code & 63)), 1);
}

function sizeAt(first: u8): usize {
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
