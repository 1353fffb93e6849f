import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes on V8's heap and in array buffers, with what is garbage. */
export function usedMemory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes on V8's heap and in array buffers that are still referenced. */
export async function heldMemory(): Promise<number> {
  for (let round = 0; round < 2; round += 1) {
    collect();
    // a buffer is freed a turn of the event loop after it was collected
    await new Promise((resolve) => void setImmediate(resolve));
  }
  return usedMemory();
}
