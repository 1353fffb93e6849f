import type { FileHandle } from 'node:fs/promises';
import type { FileSource } from '@wikifleet/conversion/file-source';

const READ_BYTES = 1024 * 1024;

/** A file on the disk, to be read from any byte on; whoever opened the handle closes it. */
export function openFile(handle: FileHandle, size: number, path?: string): FileSource {
  return {
    size,
    ...(path === undefined ? {} : { path }),
    async *read(start) {
      // a file that grew meanwhile is read to its end all the same
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, Math.max(size - start, 0) + 1));
      for (let position = start; ;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    async first(count) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
      return buffer.subarray(0, bytesRead);
    },
  };
}
