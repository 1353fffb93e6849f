import type { Readable } from 'node:stream';

/** A file or folder as the server lists it. `size` in bytes, 0 for a folder. */
export interface FtpEntry {
  readonly name: string;
  readonly directory: boolean;
  readonly size: number;
  readonly modified: Date;
}

/** What an FTP server serves. Paths are absolute and normal: `/`, `/aawiki/20261001/file.bz2`. */
export interface FtpTree {
  /** What is in a folder; null where there is no such folder. */
  entries(path: string): Promise<FtpEntry[] | null>;
  /** Null where there is nothing. */
  stat(path: string): Promise<FtpEntry | null>;
  /** The bytes of a file from `start` on. */
  open(path: string, start: number): Readable;
}

/** Bytes of a file a read. */
export const READ_BYTES = 256 * 1024;

/**
 * The path that `argument` means in the folder `current`, as a shell would: `.` and `..` are resolved, and `..` at the
 * root stays there. Null for a path longer than 4,096 characters or with a control character.
 */
export function resolvePath(current: string, argument: string): string | null {
  if (argument.length > 4096 || /\p{Cc}/u.test(argument)) return null;
  const names: string[] = [];
  for (const name of `${argument.startsWith('/') ? '' : current}/${argument}`.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}
