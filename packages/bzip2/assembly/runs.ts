import { BLOCK, OUTPUT, OUTPUT_BYTES } from './layout';
import { BAD_RUN, DONE, MORE } from './status';

/** After so many equal bytes comes a count of further ones, in a byte. */
const RUN: i32 = 4;

/** No step of 16 bytes adds more: those, a run in the last place, and what its last vector writes too much. */
const STEP_BYTES: i32 = 16 + RUN + 255 + 16;

/** How many bytes stand at `OUTPUT`. */
export let size: i32 = 0;

/** The next byte of the block, outside any run. */
let at: usize = BLOCK;

/** Begins to expand the block. */
export function startRuns(): void {
  at = BLOCK;
}

/** Undoes the first run-length coding of `BLOCK[0, length)`, from where it stopped: `MORE` when `OUTPUT` is full. */
export function expandRuns(length: i32): i32 {
  const end = BLOCK + length;
  const full = OUTPUT + OUTPUT_BYTES - STEP_BYTES;
  let out = OUTPUT;
  let status = DONE;
  while (at < end) {
    if (out > full) {
      status = MORE;
      break;
    }
    const bytes = v128.load(at);
    const equal = v128.and(
      v128.and(i8x16.eq(bytes, v128.load(at, 1)), i8x16.eq(bytes, v128.load(at, 2))),
      i8x16.eq(bytes, v128.load(at, 3)),
    );
    v128.store(out, bytes);
    const left = <i32>(end - at);
    let runs = i8x16.bitmask(equal);
    // What lies behind the block belongs to no run.
    if (left < 16 + RUN - 1) runs &= (1 << max(left - RUN + 1, 0)) - 1;
    if (runs === 0) {
      const step = min(left, 16);
      at += step;
      out += step;
      continue;
    }
    const before = ctz(runs);
    at += before + RUN;
    out += before;
    if (at === end) {
      status = BAD_RUN;
      break;
    }
    const count = RUN + <i32>load<u8>(at);
    const byte = i8x16.splat(load<u8>(at - 1));
    for (let i = 0; i < count; i += 16) v128.store(out + i, byte);
    at++;
    out += count;
  }
  size = <i32>(out - OUTPUT);
  return status;
}
