import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';
import type { Compression } from '@wikifleet/domain/plan';
import { zstdOptions } from './compressors.js';

const SAMPLE_BYTES = 256 * 1024;
const DIGITS = 16;
const UNITS = ['page', 'member'] as const;

/**
 * Tells the bytes that this build and runtime compress to from those of another: two versions of zlib, or one on two
 * processors, may write different bytes for the same rows. The fingerprint is the digest of a fixed sample, compressed.
 * Null where this runtime does not have the compression. Snappy, gzip and none come from code of ours, for which
 * `PARTS_VERSION` stands.
 */
export function compressorFingerprint(compression: Compression): string | null {
  const known = KNOWN.get(compression);
  if (known !== undefined) return known;
  const made = makeFingerprint(compression);
  KNOWN.set(compression, made);
  return made;
}

/** It never changes in a process, and costs milliseconds. */
const KNOWN = new Map<Compression, string | null>();

function makeFingerprint(compression: Compression): string | null {
  switch (compression) {
    case 'none':
    case 'snappy':
    case 'gzip':
      return compression;
    case 'zstd':
      return typeof zlib.zstdCompressSync === 'function'
        ? fingerprint(
            compression,
            Buffer.concat(UNITS.map((unit) => zlib.zstdCompressSync(sample(), zstdOptions(unit)))),
          )
        : null;
  }
}

function fingerprint(name: string, bytes: Uint8Array): string {
  return `${name}:${createHash('sha256').update(bytes).digest('hex').slice(0, DIGITS)}`;
}

/** Text with repetitions near and far, and some noise: a linear congruential generator picks from 64 words. */
function sample(): Buffer {
  const bytes = Buffer.alloc(SAMPLE_BYTES, ' ');
  let state = 1;
  const next = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  for (let at = 0; at < SAMPLE_BYTES - 16;) {
    const word = next(64);
    at += bytes.write(word < 60 ? `word${word * word}` : next(2 ** 31).toString(36), at) + 1;
  }
  return bytes;
}
