import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, joinCrcs, updateCrc64 } from './crc.js';
import type { Crc64, CrcAlgorithm } from './crc.js';

/** S3's checksum algorithms, with the length of their values in bytes. */
const BYTES = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 } as const;

export type ChecksumAlgorithm = keyof typeof BYTES;
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export const CHECKSUM_ALGORITHMS = Object.keys(BYTES) as readonly ChecksumAlgorithm[];

/** What S3 computes where the client asks for nothing. */
export const DEFAULT_CHECKSUM: ChecksumAlgorithm = 'CRC64NVME';

/** A checksum as it is stored and answered: base64, for COMPOSITE with `-<parts>`. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

export interface Hasher {
  update(bytes: Uint8Array): void;
  /** The value, big-endian; once. */
  digest(): Buffer;
}

/** The algorithm of that name, in any case; undefined for others. */
export function checksumAlgorithm(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
}

/** The header of requests, answers and trailers that carries such a checksum. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The XML element of that checksum. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/** Whether a value is base64 of the right length for the algorithm. */
export function isChecksumValue(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === BYTES[algorithm] && bytes.toString('base64') === value;
}

export function createHasher(algorithm: ChecksumAlgorithm): Hasher {
  if (algorithm === 'SHA1' || algorithm === 'SHA256') {
    const hash = createHash(algorithm.toLowerCase());
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  }
  if (algorithm === 'CRC64NVME') {
    const crc: Crc64 = { high: 0, low: 0 };
    const digest = (): Buffer => {
      const value = Buffer.alloc(8);
      value.writeInt32BE(crc.high, 0);
      value.writeInt32BE(crc.low, 4);
      return value;
    };
    return { update: (bytes) => updateCrc64(crc, bytes), digest };
  }
  const step = algorithm === 'CRC32' ? crc32 : crc32c;
  let crc = 0;
  const digest = (): Buffer => {
    const value = Buffer.alloc(4);
    value.writeInt32BE(crc | 0);
    return value;
  };
  return { update: (bytes) => void (crc = step(bytes, crc)), digest };
}

/** The checksum of an object from those of its parts (base64) and their sizes in bytes. */
export function joinChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly value: string; readonly size: number }[],
): string {
  if (type === 'COMPOSITE') {
    const hasher = createHasher(algorithm);
    for (const part of parts) hasher.update(Buffer.from(part.value, 'base64'));
    return `${hasher.digest().toString('base64')}-${parts.length}`;
  }
  if (!isCrc(algorithm)) throw new TypeError(`${algorithm} cannot be joined to a full object's checksum`);
  const pieces = parts.map(({ value, size }) => ({
    crc: BigInt(`0x${Buffer.from(value, 'base64').toString('hex')}`),
    size,
  }));
  const hex = joinCrcs(algorithm, pieces)
    .toString(16)
    .padStart(BYTES[algorithm] * 2, '0');
  return Buffer.from(hex, 'hex').toString('base64');
}

/** Whether full-object checksums of a multipart upload are possible: only CRCs can be joined. */
export function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcAlgorithm {
  return algorithm !== 'SHA1' && algorithm !== 'SHA256';
}
