import { TextDecoder } from 'node:util';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import type { Mirror, ReadTextOptions } from './mirror.js';
import { mirrorError } from './mirror-error.js';

/** Reads a whole small file by `mirror.open`; null where it is not there. */
export async function readText(mirror: Mirror, path: string, options: ReadTextOptions): Promise<string | null> {
  const { maxBytes, signal } = options;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of await mirror.open(path, { signal })) {
      // A MirrorStream gives bytes, never text.
      const part = chunk as Buffer;
      bytes += part.byteLength;
      if (bytes > maxBytes) {
        const what = `${mirror.name}: ${path}: expected ${maxBytes} bytes at most, more came`;
        throw new PermanentError('MIRROR_TOO_LARGE', what, { expected: `${maxBytes} bytes at most` });
      }
      chunks.push(part);
    }
  } catch (error) {
    if (codeOf(error) === 'MIRROR_NOT_FOUND') return null;
    throw error;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw mirrorError('MIRROR_REFUSED', `${mirror.name}: ${path}`, 'expected UTF-8', { cause: error });
  }
}
