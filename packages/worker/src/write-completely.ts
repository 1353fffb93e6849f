import { fstatSync, writeSync } from 'node:fs';

/*
 * Node's stream of a standard output that is a regular file takes a short write for a complete one: when a disk becomes
 * full in the last write, the rest is missing, and no error is reported. Programs write to such a file by these functions.
 */

/** Whether a descriptor of this process is that of a regular file; false where it is closed. */
export function isRegularFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

/** Writes all bytes at the descriptor's position, or throws what the system says (`ENOSPC`). */
export function writeCompletely(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at);
}
