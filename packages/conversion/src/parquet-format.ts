import { checkCompression } from '@wikifleet/compression/compressors';
import { FORMAT_FACTS } from '@wikifleet/domain/formats';
import type { Compression } from '@wikifleet/domain/plan';
import { rowColumns } from '@wikifleet/domain/row-columns';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import { FooterWriter } from '@wikifleet/parquet/footer';
import { ROW_GROUP_BYTES, ROW_GROUP_ROWS } from '@wikifleet/parquet/row-group-encoder';
import { MAGIC } from '@wikifleet/parquet/schema';
import type { MemberPool, MemberRequest } from './member-pool.js';
import type { EncodedMember, PartFormat } from './part-format.js';

/**
 * Parquet: each member is a row group, cut by the rows alone. Memory: the row groups that are encoded at once, and what the
 * footer says of each that was written.
 */
export class ParquetFormat implements PartFormat {
  readonly encoding = FORMAT_FACTS.parquet.encoding;
  readonly memberBytes = ROW_GROUP_BYTES;
  readonly memberRows = ROW_GROUP_ROWS;
  readonly #output: MemberRequest['output'];
  readonly #footer: FooterWriter;
  #size = 0;

  /** Throws a `UsageError` where this Node cannot do it. */
  constructor(compression: Compression, choice: ColumnChoice) {
    checkCompression(compression);
    this.#output = { format: 'parquet', compression, ...choice };
    this.#footer = new FooterWriter(compression, rowColumns(choice));
  }

  parallel({ workers }: MemberPool): number {
    return workers;
  }

  async encode(rows: Buffer<ArrayBuffer>, pool: MemberPool): Promise<EncodedMember> {
    const request = { output: this.#output, memory: rows.buffer, length: rows.length };
    const { bytes, facts, memory } = await pool.encode(request);
    if (facts === null) throw new TypeError('expected what the footer says of a row group');
    return {
      memory,
      place: () => {
        const magic = this.#size === 0 ? [Buffer.from(MAGIC)] : [];
        const offset = Math.max(this.#size, MAGIC.length);
        this.#size = offset + bytes.length;
        this.#footer.add(facts, offset);
        return { offset, length: bytes.length, bytes: [...magic, bytes] };
      },
    };
  }

  end(): Uint8Array {
    const footer = this.#footer.end();
    return this.#size === 0 ? Buffer.concat([Buffer.from(MAGIC), footer]) : footer;
  }
}
