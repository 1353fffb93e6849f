import { setTimeout as sleep } from 'node:timers/promises';

/** Slices a second: at a low rate the bytes still come evenly. */
const SLICES_PER_SECOND = 20;

/** Passes bytes on at `bytesPerSecond` at most, from the first byte on. */
export async function* throttle(
  source: AsyncIterable<Uint8Array>,
  bytesPerSecond: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const sliceBytes = Math.max(1, Math.ceil(bytesPerSecond / SLICES_PER_SECOND));
  const began = performance.now();
  let sent = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; at += sliceBytes) {
      const slice = chunk.subarray(at, at + sliceBytes);
      yield slice;
      sent += slice.byteLength;
      const waitMs = began + (1000 * sent) / bytesPerSecond - performance.now();
      if (waitMs > 1) await sleep(waitMs, undefined, { signal });
    }
  }
}
