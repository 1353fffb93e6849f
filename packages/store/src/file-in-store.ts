import type { Store } from './store.js';

/** A reader that stops early shall not have asked for gigabytes: what lies behind the range comes in steps. */
const STEP_BYTES = 4 * 1024 * 1024;
/** An object of so many bytes is read by the first request, and kept until its reader is done. */
const MAX_KEPT_BYTES = 64 * 1024;

/** An object that is read from a byte on, to its end or as far as is needed. */
export interface ObjectFile {
  readonly size: number;
  read(start: number): AsyncIterable<Uint8Array>;
  /** The first bytes, `count` at most. */
  first(count: number): Promise<Uint8Array>;
}

/**
 * The object under `key` while its ETag is `etag`. Who reads from `range.start` on gets the range and a step in one
 * request; everything else comes step by step.
 */
export function openObject(
  store: Store,
  key: string,
  object: { readonly size: number; readonly etag: string },
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): ObjectFile {
  const { size, etag } = object;
  let kept: Buffer | undefined;
  const readAll = async (end: number): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.read(key, { start: 0, end, etag }, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return {
    size,
    async *read(start) {
      if (kept !== undefined) {
        if (start < size) yield kept.subarray(start);
        return;
      }
      let end = (start === range.start ? range.end : start) + STEP_BYTES;
      for (let from = start; from < size; from = end, end += STEP_BYTES) {
        yield* store.read(key, { start: from, end: Math.min(size, end), etag }, signal);
      }
    },
    async first(count) {
      if (size > MAX_KEPT_BYTES) return await readAll(Math.min(size, count));
      kept ??= await readAll(size);
      return kept.subarray(0, count);
    },
  };
}
