/** How a dump file is packed, by its first bytes; its name says nothing. */
export type Container = 'bzip2' | 'gzip' | 'plain';

export function containerOf(firstBytes: Uint8Array): Container {
  if (firstBytes[0] === 0x42 && firstBytes[1] === 0x5a && firstBytes[2] === 0x68) return 'bzip2';
  if (firstBytes[0] === 0x1f && firstBytes[1] === 0x8b) return 'gzip';
  return 'plain';
}

/** Whether a file of these first bytes can be cut into splits: gzip and plain XML are decoded in order. */
export function canBeSplit(firstBytes: Uint8Array): boolean {
  return containerOf(firstBytes) === 'bzip2';
}
