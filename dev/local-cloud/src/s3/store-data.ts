import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, unlink } from 'node:fs/promises';
import { createHasher } from './checksums.js';
import type { ChecksumAlgorithm } from './checksums.js';
import { FileSink } from './file-sink.js';
import { unlessMissing } from './files.js';
import type { RequestBody } from './request-body.js';

/** Writes a body to a file; when it returns, everything the request says of the body holds. */
export async function storeBody(body: RequestBody, handle: FileHandle, position = 0): Promise<void> {
  await storeChunks(body.chunks(), handle, position);
}

/** Copies a range of an open file to another, hashes it on the way, and closes the source. Both ends belong to the range. */
export async function storeCopy(
  source: FileHandle,
  range: { readonly start: number; readonly end: number } | undefined,
  handle: FileHandle,
  options: { readonly algorithm: ChecksumAlgorithm; readonly position?: number },
): Promise<{ etag: string; checksum: string }> {
  const md5 = createHash('md5');
  const hasher = createHasher(options.algorithm);
  async function* chunks(): AsyncGenerator<Buffer> {
    if (range !== undefined && range.end < range.start) return;
    const stream = source.createReadStream({ ...range, highWaterMark: 256 * 1024 });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      md5.update(chunk);
      hasher.update(chunk);
      yield chunk;
    }
  }
  await storeChunks(chunks(), handle, options.position ?? 0);
  return { etag: md5.digest('hex'), checksum: hasher.digest().toString('base64') };
}

/** Runs `write` on a new temporary file and `use` when it is closed; whatever is left at the path then is removed. */
export async function withTemporary<T>(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
  use: () => Promise<T>,
): Promise<T> {
  try {
    const handle = await open(path, 'wx');
    try {
      await write(handle);
    } finally {
      await handle.close();
    }
    return await use();
  } finally {
    await unlessMissing(unlink(path));
  }
}

async function storeChunks(chunks: AsyncIterable<Buffer>, handle: FileHandle, position: number): Promise<void> {
  const sink = new FileSink(handle, position);
  try {
    for await (const chunk of chunks) await sink.write(chunk);
    await sink.end();
  } finally {
    await sink.settle();
  }
}
