// Character references: `&amp;`, `&#38;`, `&#x26;`.

import { AMPERSAND, HASH, isDigit, isLetter, SEMICOLON, SPACE } from './bytes';
import { ENTITY, lookUp, valueEnd, valueOf } from './dictionary';
import { output } from './layout';
import * as o from './output';
import { step } from './steps';

// The most frequent ones, as the first bytes of a word.
const NBSP: u64 = 0x3b7073626e26; // &nbsp;
const NDASH: u64 = 0x3b687361646e26; // &ndash;
const MDASH: u64 = 0x3b687361646d26; // &mdash;
const DASHES = memory.data<u8>([0xe2, 0x80, 0x93, 0xe2, 0x80, 0x94]);

/** Writes what the reference at `at` stands for, or an ampersand. Returns where it ends. */
export function putEntity(at: usize, stop: usize): usize {
  step(1);
  const bytes = load<u64>(at);
  if ((bytes & 0xffffffffffff) == NBSP && at + 6 <= stop) {
    putSpace();
    return at + 6;
  }
  if ((bytes & 0xffffffffffffff) == NDASH && at + 7 <= stop) {
    o.putText(DASHES, DASHES + 3);
    return at + 7;
  }
  if ((bytes & 0xffffffffffffff) == MDASH && at + 7 <= stop) {
    o.putText(DASHES + 3, DASHES + 6);
    return at + 7;
  }
  if (load<u8>(at, 1) == HASH) return putNumeric(at, stop);
  let end = at + 1;
  const most = min(stop, at + 34);
  while (end < most && (isLetter(load<u8>(end)) || isDigit(load<u8>(end)) || load<u8>(end) >= 0x80)) end += 1;
  if (end < stop && load<u8>(end) == SEMICOLON) {
    const entry = lookUp(ENTITY, at + 1, end);
    if (entry != 0) {
      const from = valueOf(entry);
      if (load<u8>(from) == SPACE) putSpace();
      else o.putText(from, valueEnd(entry));
      return end + 1;
    }
  }
  o.putByte(AMPERSAND);
  return at + 1;
}

/** Where the reference ends that `decodeReference` read. */
export let referenceEnd: usize = 0;

/** Writes what the reference at `at` stands for to memory; an ampersand where there is none. Returns where it ends there. */
export function decodeReference(at: usize, stop: usize, target: usize): usize {
  const begin = o.out;
  const pending = o.markOf();
  // behind the text: it is not kept
  o.setOut(max(begin, output) + 64);
  o.clearPending();
  o.setLineStart(false);
  const from = o.out;
  referenceEnd = putEntity(at, stop);
  let end = target;
  for (let i = from; i < o.out; i += 1, end += 1) store<u8>(end, load<u8>(i));
  if (o.out == from) {
    store<u8>(end, SPACE);
    end += 1;
  }
  o.returnTo(pending);
  return end;
}

function putNumeric(at: usize, stop: usize): usize {
  const isHex = (load<u8>(at, 2) | 0x20) == 0x78;
  let end = at + (isHex ? 3 : 2);
  const digits = end;
  let code: u32 = 0;
  const most = min(stop, end + 32);
  for (; end < most; end += 1) {
    const byte = load<u8>(end);
    const digit: u32 = isDigit(byte) ? byte - 0x30 : isHex && (byte | 0x20) - 0x61 < 6 ? (byte | 0x20) - 0x57 : 99;
    if (digit == 99) break;
    code = code * (isHex ? 16 : 10) + digit;
    if (code > 0x10ffff) break;
  }
  if (end == digits || end >= stop || load<u8>(end) != SEMICOLON || !isCharacter(code)) {
    o.putByte(AMPERSAND);
    return at + 1;
  }
  if (isSpace(code)) putSpace();
  else o.putCodePoint(code);
  return end + 1;
}

/** A space that was written as a reference, such as `&nbsp;`: an ordinary one, but never two. */
export function putSpace(): void {
  if (o.muted > 0 || o.pending != o.NOTHING || o.out == output || o.isLineStart) return;
  if (load<u8>(o.out - 1) != SPACE) o.put(SPACE);
}

function isSpace(code: u32): bool {
  return (
    code == 0x20 ||
    code == 0xa0 ||
    code == 9 ||
    code == 10 ||
    code == 13 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code == 0x202f ||
    code == 0x205f
  );
}

function isCharacter(code: u32): bool {
  return (
    code == 9 ||
    code == 10 ||
    (code >= 0x20 && code < 0x7f) ||
    (code >= 0xa0 && code < 0xd800) ||
    (code >= 0xe000 && code < 0xfffe) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}
