// Decimal numbers: reading them from wikitext, and writing them as English text does, with commas and a minus sign.

import { COMMA, DOT, HYPHEN, isDigit } from './bytes';
import * as o from './output';
import { step } from './steps';

/** What `readNumber` found beside the value. */
export let isNumber: bool = false;
/** Digits behind the point; negative: zeros at the end of a number without a point. */
export let precision: i32 = 0;
/** Of a fraction: `1+1/2`; 0 where there is none. */
export let denominator: f64 = 0;

/** Reads a number: digits with commas, a sign, a point, an exponent, or a fraction. */
export function readNumber(from: usize, to: usize): f64 {
  isNumber = false;
  precision = 0;
  denominator = 0;
  let at = from;
  let isNegative = false;
  if (at < to && (load<u8>(at) == HYPHEN || load<u8>(at) == 0x2b)) {
    isNegative = load<u8>(at) == HYPHEN;
    at += 1;
  } else if (at + 3 <= to && load<u8>(at) == 0xe2 && load<u16>(at, 1) == 0x9288) {
    // U+2212
    isNegative = true;
    at += 3;
  }
  let value: f64 = 0;
  let digits = 0;
  let zeros = 0;
  while (at < to && digits < 24) {
    const byte = load<u8>(at);
    if (isDigit(byte)) {
      value = value * 10 + f64(byte - 0x30);
      digits += 1;
      zeros = byte == 0x30 ? zeros + 1 : 0;
    } else if (byte != COMMA || digits == 0) break;
    at += 1;
  }
  step(1);
  precision = -zeros;
  if (at < to && load<u8>(at) == DOT) {
    at += 1;
    precision = 0;
    let scale: f64 = 1;
    while (at < to && isDigit(load<u8>(at)) && precision < 18) {
      scale *= 10;
      value += f64(load<u8>(at) - 0x30) / scale;
      precision += 1;
      digits += 1;
      at += 1;
    }
    value = Math.round(value * scale) / scale;
  }
  if (digits == 0) return 0;
  if (at < to && (load<u8>(at) | 0x20) == 0x65) {
    let exponent = 0;
    let end = at + 1;
    const minus = end < to && load<u8>(end) == HYPHEN;
    if (minus || (end < to && load<u8>(end) == 0x2b)) end += 1;
    while (end < to && isDigit(load<u8>(end)) && exponent < 100) {
      exponent = exponent * 10 + (load<u8>(end) - 0x30);
      end += 1;
    }
    if (end != to) return 0;
    if (minus) exponent = -exponent;
    value *= powerOfTen(exponent);
    precision -= exponent;
    at = end;
  } else if (at < to) {
    const whole = load<u8>(at) == 0x2b || load<u8>(at) == 0x20;
    const first = whole ? 0 : value;
    let end = whole ? at + 1 : from;
    let numerator: f64 = 0;
    let hasNumerator = false;
    if (whole) {
      while (end < to && isDigit(load<u8>(end))) {
        numerator = numerator * 10 + f64(load<u8>(end) - 0x30);
        hasNumerator = true;
        end += 1;
      }
      if (!hasNumerator) return 0;
    } else {
      numerator = first;
      end = at;
    }
    if (end >= to || load<u8>(end) != 0x2f) return 0;
    end += 1;
    if (end < to && load<u8>(end) == 0x2f) end += 1;
    let below: f64 = 0;
    while (end < to && isDigit(load<u8>(end))) {
      below = below * 10 + f64(load<u8>(end) - 0x30);
      end += 1;
    }
    if (below == 0 || end != to) return 0;
    value = (whole ? value : 0) + numerator / below;
    denominator = below;
    precision = 0;
    at = end;
  }
  isNumber = true;
  return isNegative ? -value : value;
}

export function powerOfTen(exponent: i32): f64 {
  let power: f64 = 1;
  const steps = abs(exponent);
  for (let i = 0; i < min(steps, 300); i += 1) power *= 10;
  return exponent < 0 ? 1 / power : power;
}

/** Writes a number with so many digits behind the point; fewer than none round to tens, hundreds … */
export function putRounded(value: f64, digits: i32, hasCommas: bool): void {
  let rest = Math.abs(value);
  let places = min(digits, 12);
  if (places < 0) {
    const unit = powerOfTen(-max(places, -15));
    rest = Math.floor(rest / unit + 0.5 + 1e-12) * unit;
    places = 0;
  }
  const scale = powerOfTen(places);
  const scaled = rest * scale;
  if (!(scaled < 1e18)) return;
  let units = u64(Math.floor(scaled + 0.5 + 1e-9));
  if (value < 0 && units != 0) putMinus();
  const divisor = u64(scale);
  putGrouped(units / divisor, hasCommas);
  if (places == 0) return;
  o.putByte(DOT);
  units %= divisor;
  for (let unit = divisor / 10; unit > 0; unit /= 10) o.putByte(u8(0x30 + ((units / unit) % 10)));
}

export function putMinus(): void {
  o.putByte(0xe2);
  o.putByte(0x88);
  o.putByte(0x92);
}

export function putGrouped(value: u64, hasCommas: bool): void {
  let divisor: u64 = 1;
  let count = 1;
  while (value / divisor >= 10) {
    divisor *= 10;
    count += 1;
  }
  for (; divisor > 0; divisor /= 10) {
    o.putByte(u8(0x30 + ((value / divisor) % 10)));
    count -= 1;
    if (hasCommas && count > 0 && count % 3 == 0) o.putByte(COMMA);
  }
}

/** Writes a number as it stands, with commas and a minus sign; what is no number as it is. */
export function putAsWritten(from: usize, to: usize, hasCommas: bool): void {
  let at = from;
  if (at < to && load<u8>(at) == HYPHEN) {
    putMinus();
    at += 1;
  }
  let end = at;
  while (end < to && isDigit(load<u8>(end))) end += 1;
  const digits = end - at;
  if (digits > 3 && hasCommas && (end == to || load<u8>(end) == DOT)) {
    for (let i: usize = 0; i < digits; i += 1) {
      o.putByte(load<u8>(at + i));
      const left = digits - 1 - i;
      if (left > 0 && left % 3 == 0) o.putByte(COMMA);
    }
    at = end;
  }
  for (; at < to; at += 1) {
    const byte = load<u8>(at);
    if (byte == 0x2f) {
      // U+2044
      o.putByte(0xe2);
      o.putByte(0x81);
      o.putByte(0x84);
    } else o.putByte(byte);
  }
  step(u32(to - from) >> 2);
}
