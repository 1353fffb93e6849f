// UTF-8 as in Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2021), with its names: each
// error of two bytes is a bit, and three look-ups by half a byte have a bit in common where it is made.

const TOO_SHORT: u8 = 1; // a leading byte, and no continuation
const TOO_LONG: u8 = 2; // a continuation behind ASCII
const OVERLONG_3: u8 = 4;
const TOO_LARGE: u8 = 8; // beyond U+10FFFF
const SURROGATE: u8 = 16;
const OVERLONG_2: u8 = 32;
const TOO_LARGE_1000: u8 = 64;
const OVERLONG_4: u8 = 64;
const TWO_CONTINUATIONS: u8 = 128;
const CARRY: u8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;

function errorsOfFirstHigh(half: v128): v128 {
  return i8x16.swizzle(
    i8x16(
      TOO_LONG,
      TOO_LONG,
      TOO_LONG,
      TOO_LONG,
      TOO_LONG,
      TOO_LONG,
      TOO_LONG,
      TOO_LONG,
      TWO_CONTINUATIONS,
      TWO_CONTINUATIONS,
      TWO_CONTINUATIONS,
      TWO_CONTINUATIONS,
      TOO_SHORT | OVERLONG_2,
      TOO_SHORT,
      TOO_SHORT | OVERLONG_3 | SURROGATE,
      TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
    ),
    half,
  );
}

function errorsOfFirstLow(half: v128): v128 {
  return i8x16.swizzle(
    i8x16(
      CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
      CARRY | OVERLONG_2,
      CARRY,
      CARRY,
      CARRY | TOO_LARGE,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
      CARRY | TOO_LARGE | TOO_LARGE_1000,
    ),
    half,
  );
}

function errorsOfSecondHigh(half: v128): v128 {
  return i8x16.swizzle(
    i8x16(
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
      TOO_SHORT,
    ),
    half,
  );
}

/**
 * Whether the bytes are UTF-8 without U+FFFE and U+FFFF, which are none of XML's characters; ASCII is not looked at. Behind
 * `to` 64 bytes must be ASCII, or half a character at the end would pass.
 */
export function areCharacters(from: usize, to: usize): bool {
  let refused = i8x16.splat(0);
  let previous = i8x16.splat(0);
  for (let at = from; at <= to; at += 64) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    if (i8x16.bitmask(v128.or(v128.or(v128.or(a, b), v128.or(c, d)), previous)) != 0) {
      const first = v128.or(errorsBeyondAscii(a, previous), errorsBeyondAscii(b, a));
      refused = v128.or(refused, v128.or(first, v128.or(errorsBeyondAscii(c, b), errorsBeyondAscii(d, c))));
    }
    previous = d;
  }
  return !v128.any_true(refused);
}

/** Of a block and the one before it. */
function errorsBeyondAscii(input: v128, previous: v128): v128 {
  const one = i8x16.shuffle(previous, input, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const two = i8x16.shuffle(previous, input, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const three = i8x16.shuffle(previous, input, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const ofTwoBytes = v128.and(
    v128.and(errorsOfFirstHigh(i8x16.shr_u(one, 4)), errorsOfFirstLow(v128.and(one, i8x16.splat(0x0f)))),
    errorsOfSecondHigh(i8x16.shr_u(input, 4)),
  );
  // The third and the fourth byte must be continuations, and only they may follow a continuation.
  const isThird = i8x16.sub_sat_u(two, i8x16.splat(0x60));
  const isFourth = i8x16.sub_sat_u(three, i8x16.splat(0x70));
  const mustContinue = v128.and(v128.or(isThird, isFourth), i8x16.splat(i8(0x80)));
  const isNoCharacter = v128.and(
    v128.and(i8x16.eq(two, i8x16.splat(i8(0xef))), i8x16.eq(one, i8x16.splat(i8(0xbf)))),
    i8x16.ge_u(input, i8x16.splat(i8(0xbe))),
  );
  return v128.or(v128.xor(mustContinue, ofTwoBytes), isNoCharacter);
}
