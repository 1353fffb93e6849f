import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { FileSink } from './file-sink.js';

/** A stored part: a range of a file in its upload's folder. */
export interface PartFile {
  readonly number: number;
  /** Later stores of the same part have higher ones. */
  readonly sequence: number;
  readonly size: number;
  /** MD5 in hex. */
  readonly etag: string;
  /** Base64, in the upload's algorithm. */
  readonly checksum: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly file: string;
  readonly offset: number;
}

export interface FileRange {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** A part's record as it was written by us; undefined for anything else. */
export function asPart(value: unknown): PartFile | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const part = value as Partial<Record<keyof PartFile, unknown>>;
  const numbers = [part.number, part.sequence, part.size, part.modified, part.offset];
  const texts = [part.etag, part.checksum, part.file];
  const whole = numbers.every(Number.isSafeInteger) && texts.every((text) => typeof text === 'string');
  return whole && /^(assembly|data-[0-9a-f]+)$/.test(String(part.file)) ? (value as PartFile) : undefined;
}

/** Copies ranges of files, one behind the other, to a new file. */
export async function concatenate(ranges: readonly FileRange[], target: string): Promise<void> {
  const handle = await open(target, 'wx');
  const sink = new FileSink(handle);
  try {
    for (const { path, offset, size } of ranges) {
      if (size === 0) continue;
      const source = createReadStream(path, { start: offset, end: offset + size - 1, highWaterMark: 256 * 1024 });
      let copied = 0;
      for await (const chunk of source as AsyncIterable<Buffer>) {
        copied += chunk.length;
        await sink.write(chunk);
      }
      if (copied !== size) throw new Error(`${path}: expected ${size} bytes from ${offset}, received ${copied}`);
    }
    await sink.end();
  } finally {
    await sink.settle();
    await handle.close();
  }
}
