import { LITERALS } from './layout';

let next: usize = LITERALS;

/** Keeps an ASCII text, once, at the start. Returns the address of its bytes; its length stands before them. */
export function literal(text: string): usize {
  const at = next + 4;
  store<u32>(next, text.length);
  for (let i = 0; i < text.length; i += 1) store<u8>(at + i, u8(text.charCodeAt(i)));
  next = (at + text.length + 19) & ~15;
  return at;
}

export function literalsEnd(): usize {
  return next;
}

export function lengthOf(text: usize): usize {
  return load<u32>(text - 4);
}

/** Writes a literal; up to 15 bytes behind it are overwritten too. Returns where it ends. */
export function put(text: usize, to: usize): usize {
  const length = lengthOf(text);
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(text + i));
  return to + length;
}

/** Whether a literal stands at `at`. */
export function standsAt(text: usize, at: usize): bool {
  const length = lengthOf(text);
  for (let i: usize = 0; i < length; i += 1) if (load<u8>(text + i) != load<u8>(at + i)) return false;
  return true;
}

/** An element's name as `openTag` reads it: its first eight bytes, and the others. */
export function firstBytes(name: string): u64 {
  return packed(name, 0);
}

export function otherBytes(name: string): u64 {
  return packed(name, 8);
}

function packed(name: string, from: i32): u64 {
  let bytes: u64 = 0;
  for (let i = from; i < min(from + 8, name.length); i += 1) bytes |= u64(name.charCodeAt(i)) << (8 * (i - from));
  return bytes;
}
