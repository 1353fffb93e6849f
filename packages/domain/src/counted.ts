/** A number with its noun, for a message: `1 file`, `3 files`, `0 replies` (where `several` is not `one` with an s). */
export function counted(n: number, one: string, several = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`;
}
