import { decompressOf } from '@wikifleet/compression/decompress';
import { messageOf } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import type { Member } from '@wikifleet/domain/receipts';
import { parquetMetadata } from 'hyparquet';
import { rowGroupProblem } from './row-group-problem.js';
import { MAGIC } from './schema.js';
import { checkThrift } from './thrift-bounds.js';

/** The bytes of a stored object, read once from the beginning to the end. */
export interface PartBytes {
  /** The next `length` bytes, or those that are left. */
  take(length: number): AsyncIterable<Uint8Array>;
  /** Throws what the source threw, which says nothing of the bytes. */
  throwFailure(): void;
}

/** Reads the bytes of an object as far as it likes; says what is wrong with them, or null. */
export type ContentCheck = (bytes: PartBytes) => Promise<string | null>;

/** Bytes of a row group or a footer that are held at once: more than a row group of ours has, whose last row is of 64 MiB. */
const MOST_BYTES = 128 * 1024 * 1024;
/** What the footer says of a row group, and of the file: twice of what ours does. */
const MOST_FOOTER_BYTES = 64 * 1024;

/**
 * A Parquet part: each member is a row group whose pages decode by themselves and have its rows in every column, and the
 * footer names just these row groups. Memory: a row group's bytes and one of its pages.
 */
export function rowGroupsContent(members: readonly Member[], compression: Compression): ContentCheck {
  const decompress = decompressOf(compression);
  return async (bytes) => {
    try {
      const magic = await collect(bytes, MAGIC.length);
      if (magic.toString('latin1') !== MAGIC)
        return `expected ${MAGIC}, received ${JSON.stringify(magic.toString('latin1'))}`;
      for (const [at, { length, offset, rows }] of members.entries()) {
        const problem = rowGroupProblem(await collect(bytes, length), rows, decompress);
        if (problem !== null) return `member ${at} at byte ${offset}: ${problem}`;
      }
      const footer = await collect(bytes, Number.POSITIVE_INFINITY);
      checkThrift(footer, 0, MOST_FOOTER_BYTES * (members.length + 1));
      return footerProblem(footer, members);
    } catch (error) {
      bytes.throwFailure();
      return `expected a whole Parquet file: ${messageOf(error)}`;
    }
  };
}

async function collect(bytes: PartBytes, length: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes.take(length)) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new RangeError(`expected at most ${MOST_BYTES} bytes at once`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function footerProblem(footer: Buffer, members: readonly Member[]): string | null {
  const { row_groups: groups, num_rows: rows } = parquetMetadata(Uint8Array.from(footer).buffer);
  if (groups.length !== members.length) return `the footer has ${groups.length} row groups: expected ${members.length}`;
  for (const [at, { offset, length, rows: expected }] of members.entries()) {
    const group = groups[at];
    const first = group?.columns[0]?.meta_data;
    const begin = Number(first?.dictionary_page_offset ?? first?.data_page_offset);
    const received = [begin, Number(group?.total_compressed_size), Number(group?.num_rows)];
    if (received.join() !== [offset, length, expected].join())
      return `the footer has row group ${at} at ${received.join()}: expected ${[offset, length, expected].join()}`;
  }
  const sum = members.reduce((before, member) => before + member.rows, 0);
  return Number(rows) === sum ? null : `the footer has ${rows} rows: expected ${sum}`;
}
