import { createHash } from 'node:crypto';
import { sep } from 'node:path';

/** S3's bound for a key. */
export const MAX_KEY_BYTES = 1024;

/** The folder of everything that is no object, inside the bucket's folder. */
export const SERVICE_FOLDER = '.wikifleet';

const MAX_SEGMENT_BYTES = 255;

/**
 * Whether a key can be a file of its own name below the bucket's folder. Others (`..`, empty segments, a trailing
 * slash, long segments, our own folder in any case) are kept as blobs, so no key leads out of the folder.
 */
export function isFileKey(key: string): boolean {
  if (key.includes('\0') || Buffer.byteLength(key) > MAX_KEY_BYTES) return false;
  if (sep === '\\' && /[\\:*?"<>|]/.test(key)) return false;
  const segments = key.split('/');
  if (segments[0]?.toLowerCase() === SERVICE_FOLDER) return false;
  return segments.every(
    (segment) =>
      segment !== '' && segment !== '.' && segment !== '..' && Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES,
  );
}

/** The name that stands for a key where the key itself cannot be a name. */
export function keyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Compares keys by their UTF-8 bytes, as S3 lists them: negative, 0 or positive. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates (code points from U+10000) before U+E000 to U+FFFF, UTF-8 behind them. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
