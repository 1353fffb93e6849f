import { Readable } from 'node:stream';
import { PermanentError } from '@wikifleet/domain/errors';
import { sleepFor } from './sleep.js';
import type { Sleep } from './sleep.js';

/** A body that broke is asked for again so often. */
const RETRIES = 5;

/**
 * Asks for a body and reads it; where it breaks, from the beginning: the SDK retries only up to its headers. What `ask`
 * throws, and a `PermanentError` of `read`, is final. Each body is let go with its connection.
 */
export async function retryBody<A extends { Body?: unknown }, T>(
  ask: () => Promise<A>,
  read: (answer: A) => Promise<T>,
  signal: AbortSignal | undefined,
  sleep: Sleep = sleepFor,
): Promise<T> {
  for (let broken = 0; ; broken += 1) {
    const answer = await ask();
    try {
      return await read(answer);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PermanentError || broken === RETRIES) throw error;
    } finally {
      if (answer.Body instanceof Readable) answer.Body.destroy();
    }
    await sleep(50 * 2 ** broken, signal);
  }
}
