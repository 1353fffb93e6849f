import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import { GZIP_OPTIONS, zstdOptions } from './compressors.js';
import type { EncodedMember, PartFormat } from './part-format.js';

/** Bytes of rows in a member of JSON Lines. */
export const MEMBER_BYTES = 4 * 1024 * 1024;

/** As many as libuv has threads for it. */
const PARALLEL = 4;

type Compress = (bytes: Uint8Array) => Promise<Uint8Array>;

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);

/** Each member a gzip member or a zstd frame of its own, so that a reader can begin at any of them. */
export class JsonLinesFormat implements PartFormat {
  readonly memberBytes = MEMBER_BYTES;
  readonly parallel: number;
  readonly #compress: Compress;
  #size = 0;

  /** Throws a `UsageError` where this Node cannot do it. */
  constructor(compression: Compression) {
    this.#compress = compressorOf(compression);
    this.parallel = compression === 'none' ? 1 : PARALLEL;
  }

  async encode(rows: Uint8Array): Promise<EncodedMember> {
    const bytes = await this.#compress(rows);
    return {
      place: () => {
        const offset = this.#size;
        this.#size += bytes.length;
        return { offset, length: bytes.length, bytes: [bytes] };
      },
    };
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }
}

function compressorOf(compression: Compression): Compress {
  switch (compression) {
    case 'none':
      return async (bytes) => await Promise.resolve(bytes);
    case 'gzip':
      return async (bytes) => await gzip(bytes, GZIP_OPTIONS);
    case 'zstd': {
      const options = zstdOptions();
      const compress = promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
      return async (bytes) => await compress(bytes, options);
    }
    case 'snappy':
      throw new UsageError('FORMAT_REFUSED', 'expected Parquet for snappy, received JSON Lines');
  }
}
