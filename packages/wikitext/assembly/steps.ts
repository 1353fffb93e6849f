// Work is counted where loops run, in units of at most 64 bytes or one node, so that tests can hold the work a byte below a
// constant for any input. A text that passes MAX_STEPS_PER_BYTE is given up (`isExhausted`): its results are null.

export const MAX_STEPS_PER_BYTE: u32 = 64;
const SPARE_STEPS: u32 = 0x10000;

export let steps: u32 = 0;
let maxSteps: u32 = 0;
export let isExhausted: bool = false;

export function beginSteps(length: u32): void {
  steps = 0;
  maxSteps = length * MAX_STEPS_PER_BYTE + SPARE_STEPS;
  isExhausted = false;
}

export function step(count: u32): void {
  steps += count;
  if (steps > maxSteps) isExhausted = true;
}

/** The output or the records are full. */
export function exhaust(): void {
  isExhausted = true;
}
