import { PermanentError, codeOf, messageOf } from '@wikifleet/domain/errors';
import type { Store } from '@wikifleet/store/store';
import type { z } from 'zod';

/** What stands under a key. `etag` is what a conditional write must name to replace it. */
export type Stored<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'malformed'; readonly etag: string; readonly message: string }
  | { readonly state: 'valid'; readonly etag: string; readonly value: T };

/**
 * Reads a JSON object, and says of one that cannot be read that it is malformed, instead of throwing. The ETag of a
 * malformed object is that of the bytes that were read: it was the same before and after the last reading, so that a
 * conditional write never replaces what somebody wrote meanwhile.
 */
export async function readStored<T>(
  store: Store,
  key: string,
  schema: z.ZodType<T>,
  signal?: AbortSignal,
): Promise<Stored<T>> {
  for (let before: string | null = null; ;) {
    try {
      const read = await store.getJson(key, schema, signal);
      return read === null ? { state: 'absent' } : { state: 'valid', ...read };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const head = await store.head(key, signal);
      if (head === null) return { state: 'absent' };
      if (head.etag === before) return { state: 'malformed', etag: head.etag, message: messageOf(error) };
      before = head.etag;
    }
  }
}

/** Whether an object is there and cannot be read: what S3 refuses says nothing of it. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof PermanentError && /^OBJECT_(?:MALFORMED|TOO_LARGE)$/.test(codeOf(error));
}

/** The condition under which a write replaces exactly what was read. */
export function replacing(read: Stored<unknown>): { readonly ifNoneMatch: '*' } | { readonly ifMatch: string } {
  return read.state === 'absent' ? { ifNoneMatch: '*' } : { ifMatch: read.etag };
}

/** What was read; null also where it is there and cannot be read. */
export async function unlessUnreadable<T>(reading: Promise<T | null>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}
