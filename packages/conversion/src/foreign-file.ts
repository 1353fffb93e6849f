import type { Container } from '@wikifleet/domain/containers';
import { foreignFormatError, foreignFormatOf } from '@wikifleet/domain/foreign-format';
import type { FileSource } from './file-source.js';

/**
 * Throws `FORMAT_REFUSED` for a file that is no dump but something else that is known (xz, zip, a tar archive, a server's
 * page, gzip within bzip2 …), with what it is and what to do. `bytes` are the first that were unpacked from `inside`.
 */
export function refuseForeignBytes(bytes: Uint8Array, inside: Container, { path }: Pick<FileSource, 'path'>): void {
  const format = foreignFormatOf(bytes, inside);
  if (format !== null) throw foreignFormatError(format, { inside, path: path ?? null });
}
