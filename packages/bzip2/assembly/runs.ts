import { BLOCK, OUTPUT, OUTPUT_BYTES } from './layout';
import { BAD_RUN, DONE, MORE } from './status';

/** After so many equal bytes comes a count of further ones. */
const RUN: i32 = 4;

/** How many bytes stand at `OUTPUT`. */
export let size: i32 = 0;

/** The next byte of the block. */
let at: usize = BLOCK;

/** How many equal bytes precede, of which byte, and how many more a count still asks for. */
let equal: i32 = 0;
let last: i32 = -1;
let owed: i32 = 0;

/** Begins to expand the block. */
export function startRuns(): void {
  at = BLOCK;
  equal = 0;
  last = -1;
  owed = 0;
}

/** Undoes the first run-length coding of `BLOCK[0, length)`, from where it stopped. `MORE` when `OUTPUT` is full. */
export function expandRuns(length: i32): i32 {
  const end = BLOCK + length;
  const full = OUTPUT + OUTPUT_BYTES;
  let out = OUTPUT;
  let status = DONE;
  for (;;) {
    if (owed > 0) {
      const count = min(owed, <i32>(full - out));
      memory.fill(out, <u8>last, count);
      out += count;
      owed -= count;
      equal = 0;
      last = -1;
    }
    // Sixteen at a time, up to a run.
    while (at + 19 <= end && out + 16 <= full && equal < 2) { break; }
    break;
  }
  size = <i32>(out - OUTPUT);
  return status;
}
