/** A gzip member's header, as RFC 1952 has it. */
const MAGIC = [0x1f, 0x8b] as const;
const DEFLATE = 8;
const FLAG_HEADER_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;
const RESERVED_FLAGS = 0xe0;
const FIXED_BYTES = 10;

/** A header is longer only by a name or comment that no program writes. */
export const MAX_GZIP_HEADER_BYTES = 128 * 1024;

/**
 * How many bytes the header has that `bytes` begin with; null where more bytes are needed to know, `no-member` where other
 * bytes are there, `unknown` where it is a member of a method or with flags that RFC 1952 does not define.
 */
export function gzipHeaderBytes(bytes: Uint8Array): number | null | 'no-member' | 'unknown' {
  if (MAGIC.some((byte, i) => bytes.length > i && bytes[i] !== byte)) return 'no-member';
  if (bytes.length < FIXED_BYTES) return null;
  const flags = bytes[3] ?? 0;
  if (bytes[2] !== DEFLATE || (flags & RESERVED_FLAGS) !== 0) return 'unknown';
  let at = FIXED_BYTES;
  if ((flags & FLAG_EXTRA) !== 0) {
    if (bytes.length < at + 2) return null;
    at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  }
  for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0 || at > bytes.length) return bytes.length > MAX_GZIP_HEADER_BYTES ? 'unknown' : null;
    at = end + 1;
  }
  if ((flags & FLAG_HEADER_CRC) !== 0) at += 2;
  return at <= bytes.length ? at : null;
}
