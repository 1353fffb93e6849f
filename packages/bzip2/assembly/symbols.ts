import { bigEndian, limit, position, setPosition } from './bits';
import { selectorCount } from './header';
import { END_OF_BLOCK, LENGTH_BITS, LONG_CODE, MAX_CODE_LENGTH, QUICK_BITS, findLong } from './huffman';
import { BLOCK, FRONT, GROUP_BYTES, GROUP_SYMBOLS, INPUT, MOVES, REST, SELECTORS, TABLES } from './layout';
import { BAD_CODE, DONE, MORE, NO_END, OVERFLOW, TRUNCATED } from './status';

/** The bytes of the last column so far. */
export let length: i32 = 0;

let group: i32 = 0;
/** Which digit of a run's length comes next: 0, unless the last symbol was one. */
let digit: i32 = 0;

/** Symbols up to this one take the short way: the two digits of runs, and the 16 bytes used last. */
const SHORT: i32 = 16;

/** Makes `MOVES`; once. */
export function makeMoves(): void {
  for (let symbol = 0; symbol <= SHORT; symbol++) {
    const index = symbol - 1;
    for (let i = 0; i < 16; i++) store<u8>(MOVES + symbol * 16 + i, <u8>(i > index ? i : i === 0 ? index : i - 1));
  }
  // The digits of a run move nothing.
  v128.store(MOVES, v128.load(MOVES + 16));
}

/** Begins with the block whose header has been read. */
export function startSymbols(): void {
  length = 0;
  group = 0;
  digit = 0;
}

/**
 * Undoes Huffman, second run-length and move-to-front coding, group by group, to `BLOCK`, which may become `capacity` bytes long.
 * `MORE` when another group could go past the limit, unless `whole` says that no more input is to come.
 *
 * What is met nearly always takes the short way, which has no branches: the first 16 recent bytes are a vector, a symbol's move is a
 * shuffle of it, and the byte in front is written 16 times, of which as many count as the symbol stands for.
 */
export function readSymbols(capacity: i32, whole: bool): i32 {
  const full = BLOCK + capacity;
  const inputEnd = INPUT + (limit >> 3);
  let front = v128.load(FRONT);
  let out = BLOCK + length;
  let ones = digit;
  let next = INPUT + (position >> 3);
  // The next bits, highest first; `held` of them count, what is below them is loaded again.
  let bits = bigEndian(next) << (position & 7);
  let held: u64 = 56 - (position & 7);
  next += 7;
  let status = NO_END;
  while (group < selectorCount) {
    if (!whole && next + GROUP_BYTES > inputEnd) {
      status = MORE;
      break;
    }
    const table = TABLES + <usize>load<u16>(SELECTORS + (group << 1));
    // Near the end of the block's room every symbol goes the long way, which has the checks.
    const short = out + GROUP_SYMBOLS * 16 <= full ? SHORT : -1;
    for (let i = GROUP_SYMBOLS; i > 0; i--) {
      bits |= bigEndian(next) >>> held;
      next += <usize>((63 - held) >>> 3);
      held |= 56;
      let entry = <i32>load<u16>(table + ((<usize>(bits >>> (64 - QUICK_BITS))) << 1));
      let symbol = entry >> LENGTH_BITS;
      const inRun = <i32>(symbol > 1) - 1;
      const place = ones & inRun;
      const count = (1 + (symbol & inRun)) << place;
      if (symbol <= short && count <= 16) {
        bits <<= <u64>(entry & 31);
        held -= <u64>(entry & 31);
        ones = (place + 1) & inRun;
        front = v128.swizzle(front, v128.load(MOVES + (symbol << 4)));
        v128.store(out, v128.swizzle(front, i8x16.splat(0)));
        out += count;
        continue;
      }
      if (symbol === LONG_CODE) {
        entry = findLong(table, bits);
        symbol = entry >> LENGTH_BITS;
        if (entry === 0) {
          bits <<= MAX_CODE_LENGTH;
          held -= MAX_CODE_LENGTH;
          status = BAD_CODE;
          break;
        }
      }
      bits <<= <u64>(entry & 31);
      held -= <u64>(entry & 31);
      if (symbol === END_OF_BLOCK) {
        status = DONE;
        break;
      }
      if (symbol < 2) {
        const run = (1 + symbol) << ones++;
        if (out + run > full) {
          status = OVERFLOW;
          break;
        }
        memory.fill(out, i8x16.extract_lane_u(front, 0), run);
        out += run;
        continue;
      }
      if (out === full) {
        status = OVERFLOW;
        break;
      }
      ones = 0;
      if (symbol <= SHORT) front = v128.swizzle(front, v128.load(MOVES + (symbol << 4)));
      else front = moveFar(front, symbol - 17);
      store<u8>(out++, i8x16.extract_lane_u(front, 0));
    }
    if (status !== NO_END) break;
    group++;
    if (<i32>(next - INPUT) * 8 - <i32>held > limit) break;
  }
  setPosition(<i32>(next - INPUT) * 8 - <i32>held);
  length = <i32>(out - BLOCK);
  digit = ones;
  v128.store(FRONT, front);
  return position > limit ? TRUNCATED : status;
}

/** Moves the byte at `REST + index` to the front, and all before it one further. */
function moveFar(front: v128, index: i32): v128 {
  const byte = load<u8>(REST + index);
  v128.store(FRONT, front);
  for (let at = REST + index - 16; ; at -= 16) {
    v128.store(at + 1, v128.load(at));
    if (at < REST) break;
  }
  return i8x16.replace_lane(i8x16.shuffle(front, front, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), 0, byte);
}
