import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * A JSON value as one canonical text: keys in the order of their UTF-16 code units, no spaces, properties that are
 * undefined left out. Equal values have equal texts, whatever the order of their keys.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** The SHA-256 of a value's canonical JSON, in lower-case hex. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** A SHA-256 in lower-case hex. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** The issue of an object whose digest is not that of what it seals: somebody edited one of the two. */
export function checkDigest(
  { digest, sealed }: { readonly digest: string; readonly sealed: unknown },
  context: z.core.$RefinementCtx,
): void {
  const received = digestOf(sealed);
  if (received !== digest) {
    context.addIssue({ code: 'custom', path: ['digest'], message: `expected ${received}, received ${digest}` });
  }
}
