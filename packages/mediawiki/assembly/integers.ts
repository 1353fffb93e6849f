import { begins, ends, has } from './layout';
import { literal, put } from './literals';

const NULL = literal('null');
const MOST_DIGITS: usize = 15;

/** Whether a field is absent, or an integer as rows have it, without a space around: `-?(0|[1-9][0-9]{0,14})`, but not `-0`. */
export function isInteger(field: usize): bool {
  if (!has(field)) return true;
  let at = begins(field);
  const to = ends(field);
  const isNegative = load<u8>(at) == 0x2d;
  if (isNegative) at += 1;
  const digits = to - at;
  if (to <= at || digits > MOST_DIGITS) return false;
  if (load<u8>(at) == 0x30) return digits == 1 && !isNegative;
  for (; at < to; at += 1) if (load<u8>(at) - 0x30 > 9) return false;
  return true;
}

/** Of an integer that is there. */
export function isNegative(field: usize): bool {
  return load<u8>(begins(field)) == 0x2d;
}

/** The value of an integer that is there and not negative. */
export function valueOf(field: usize): u64 {
  let value: u64 = 0;
  for (let at = begins(field); at < ends(field); at += 1) value = value * 10 + (load<u8>(at) - 0x30);
  return value;
}

/** Copies an integer's digits, or writes `null`. */
export function putInteger(field: usize, to: usize): usize {
  if (!has(field)) return put(NULL, to);
  v128.store(to, v128.load(begins(field)));
  return to + ends(field) - begins(field);
}

/** Writes digits that end before `to`. Returns where they begin. */
export function putDigitsBefore(value: u64, to: usize): usize {
  let at = to;
  do {
    at -= 1;
    store<u8>(at, u8(0x30 + (value % 10)));
    value /= 10;
  } while (value != 0);
  return at;
}
