// What a rule can call that a pattern cannot say.

/** False where nothing could be made of the arguments. */
export function callFunction(which: u8, from: usize, to: usize): bool {
  return false;
}
