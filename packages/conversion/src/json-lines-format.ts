import { checkCompression } from '@wikifleet/compression/compressors';
import { FORMAT_FACTS } from '@wikifleet/domain/formats';
import type { Compression } from '@wikifleet/domain/plan';
import { NO_OPTIONAL_COLUMNS } from '@wikifleet/domain/row-columns';
import type { MemberPool, MemberRequest } from './member-pool.js';
import type { EncodedMember, PartFormat } from './part-format.js';

/** Bytes of rows in a member of JSON Lines. */
export const MEMBER_BYTES = 4 * 1024 * 1024;

/** Each member a gzip member or a zstd frame of its own, so that a reader can begin at any of them. */
export class JsonLinesFormat implements PartFormat {
  readonly encoding = FORMAT_FACTS.jsonl.encoding;
  readonly memberBytes = MEMBER_BYTES;
  readonly memberRows = Number.POSITIVE_INFINITY;
  readonly #output: MemberRequest['output'];
  #size = 0;

  /** Throws a `UsageError` where this Node cannot do it. */
  constructor(compression: Compression) {
    checkCompression(compression);
    this.#output = { format: 'jsonl', compression, ...NO_OPTIONAL_COLUMNS };
  }

  parallel({ workers }: MemberPool): number {
    return this.#output.compression === 'none' ? 1 : workers + 1;
  }

  async encode(rows: Buffer<ArrayBuffer>, pool: MemberPool): Promise<EncodedMember> {
    if (this.#output.compression === 'none') return this.#member(rows, rows.buffer);
    const request = { output: this.#output, memory: rows.buffer, length: rows.length };
    const { bytes, memory } = await pool.encode(request);
    return this.#member(bytes, memory);
  }

  #member(bytes: Uint8Array, memory: ArrayBuffer): EncodedMember {
    return {
      memory,
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
