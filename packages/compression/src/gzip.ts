import * as zlib from 'node:zlib';
import { compressionKernel } from './compression-kernel.js';
import type { GrowingBytes } from './growing-bytes.js';

/** RFC 1952: no name, no time, the fastest algorithm, an unknown system. */
const HEADER = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);

/** Appends the bytes as a gzip member. The same bytes on every runtime. */
export function gzip(bytes: Uint8Array, to: GrowingBytes): void {
  to.append(HEADER);
  compressionKernel().deflate(bytes, to);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(zlib.crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length % 2 ** 32, 4);
  to.append(trailer);
}
