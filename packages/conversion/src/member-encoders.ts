import { compressOf } from '@wikifleet/compression/compress';
import { GrowingBytes } from '@wikifleet/compression/growing-bytes';
import { rowColumns } from '@wikifleet/domain/row-columns';
import { RowGroupEncoder } from '@wikifleet/parquet/row-group-encoder';
import type { MemberReply, MemberRequest } from './member-pool.js';

type Encode = (rows: Uint8Array) => Omit<MemberReply, 'memory'>;

/** Encodes members in whatever thread this is: each is a function of its rows and of what the output is to be. */
export class MemberEncoders {
  #encode: Encode | null = null;
  /** What the encoder is for: conversions follow each other, and a change of the output is rare. */
  #output = '';

  /** Throws a `PermanentError` `ROW_UNFIT` where the bytes are no rows, and a `UsageError` where this Node cannot do it. */
  encode({ output, memory, length }: MemberRequest): MemberReply {
    const key = JSON.stringify(output);
    if (this.#encode === null || key !== this.#output) this.#encode = encoderOf(output);
    this.#output = key;
    return { ...this.#encode(new Uint8Array(memory, 0, length)), memory };
  }
}

function encoderOf({ format, compression, ...choice }: MemberRequest['output']): Encode {
  switch (format) {
    case 'jsonl': {
      const compress = compressOf(compression, 'member');
      const packed = new GrowingBytes();
      return (rows) => {
        packed.clear();
        compress(rows, packed);
        return { bytes: Uint8Array.from(packed.bytes), facts: null };
      };
    }
    case 'parquet': {
      const encoder = new RowGroupEncoder(compression, rowColumns(choice));
      return (rows) => {
        const { bytes, ...facts } = encoder.encode(rows);
        return { bytes, facts };
      };
    }
  }
}
