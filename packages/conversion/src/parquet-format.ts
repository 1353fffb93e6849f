import type { Compression } from '@wikifleet/domain/plan';
import type { RowGroup } from 'hyparquet';
import type { EncodedMember, PartFormat } from './part-format.js';
import { MAGIC } from './parquet-schema.js';
import { RowGroupEncoder } from './row-group.js';
import type { EncodedRowGroup } from './row-group.js';

/** Bytes of rows, as JSON, in a row group. */
export const ROW_GROUP_BYTES = 16 * 1024 * 1024;

/**
 * Parquet: each member is a row group, cut by the rows alone. Memory: one row group, as JSON, as values and encoded, and
 * what the footer says of each that was written.
 */
export class ParquetFormat implements PartFormat {
  readonly memberBytes = ROW_GROUP_BYTES;
  readonly parallel = 1;
  readonly #encoder: RowGroupEncoder;
  readonly #groups: RowGroup[] = [];
  #size = 0;

  /** Throws a `UsageError` where this Node cannot do it. */
  constructor(compression: Compression, plainText: boolean) {
    this.#encoder = new RowGroupEncoder(compression, plainText ? ['plain_text'] : []);
  }

  async encode(rows: Uint8Array): Promise<EncodedMember> {
    const encoded = await Promise.resolve(this.#encoder.encode(rows));
    return {
      place: () => {
        const magic = this.#size === 0 ? [Buffer.from(MAGIC)] : [];
        const offset = Math.max(this.#size, MAGIC.length);
        this.#size = offset + encoded.bytes.length;
        this.#groups.push(movedTo(offset, encoded.group, this.#groups[0]));
        return { offset, length: encoded.bytes.length, bytes: [...magic, encoded.bytes] };
      },
    };
  }

  end(): Uint8Array {
    const frame = this.#encoder.frame(this.#groups);
    return this.#size === 0 ? frame : frame.subarray(MAGIC.length);
  }
}

/** A row group at its place; names are shared with the first one, as a part may have thousands. */
function movedTo(offset: number, group: EncodedRowGroup['group'], first: RowGroup | undefined): RowGroup {
  const by = BigInt(offset - MAGIC.length);
  const columns = group.columns.map((column, i) => {
    const { meta_data: meta } = column;
    if (meta === undefined) throw new TypeError(`column ${i} of a row group: expected metadata`);
    const { dictionary_page_offset: dictionary } = meta;
    const moved = {
      ...meta,
      path_in_schema: first?.columns[i]?.meta_data?.path_in_schema ?? meta.path_in_schema,
      data_page_offset: meta.data_page_offset + by,
      ...(dictionary === undefined ? {} : { dictionary_page_offset: dictionary + by }),
    };
    return { ...column, file_offset: column.file_offset + by, meta_data: moved };
  });
  return { ...group, columns };
}
