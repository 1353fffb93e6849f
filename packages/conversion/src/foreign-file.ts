import { containerOf } from '@wikifleet/domain/containers';
import type { Container } from '@wikifleet/domain/containers';
import { PermanentError } from '@wikifleet/domain/errors';
import { FORMAT_BYTES, foreignFormatError, foreignFormatOf } from '@wikifleet/domain/foreign-format';
import { CONTAINER_BYTES, unpack } from './file-source.js';
import type { FileSource } from './file-source.js';

/**
 * The error `FORMAT_REFUSED` for a file that is no dump but something else that is known (xz, zip, a tar archive, a
 * server's page, gzip within bzip2 …), with what it is and what to do; null where it may be a dump. It unpacks no more
 * than the beginning, and throws what the source throws.
 */
export async function foreignFileError(source: FileSource): Promise<PermanentError | null> {
  const inside = containerOf(await source.first(CONTAINER_BYTES));
  let first = Buffer.alloc(0);
  try {
    for await (const bytes of unpack(source)) {
      first = Buffer.concat([first, bytes.subarray(0, 8 * FORMAT_BYTES)]);
      if (first.length >= FORMAT_BYTES) break;
    }
  } catch (error) {
    // a broken file: its conversion names the place
    if (!(error instanceof PermanentError)) throw error;
  }
  return foreignBytesError(first, inside, source);
}

/** Throws the same for the first bytes that were unpacked from `inside`. */
export function refuseForeignBytes(bytes: Uint8Array, inside: Container, source: Pick<FileSource, 'path'>): void {
  const error = foreignBytesError(bytes, inside, source);
  if (error !== null) throw error;
}

function foreignBytesError(
  bytes: Uint8Array,
  inside: Container,
  { path }: Pick<FileSource, 'path'>,
): PermanentError | null {
  const format = foreignFormatOf(bytes, inside);
  return format === null ? null : foreignFormatError(format, { inside, path: path ?? null });
}
