import { checkDecompression } from '@wikifleet/compression/decompress';
import { UsageError } from '@wikifleet/domain/errors';
import { formatProblem } from '@wikifleet/domain/plan';
import type { Compression, Format, RowsFormat } from '@wikifleet/domain/plan';
import type { Member } from '@wikifleet/domain/receipts';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import type { ContentCheck } from '@wikifleet/parquet/file-check';
import { membersContent } from './json-lines-check.js';
import { MAX_LINES_BYTES, jsonLinesDecoder } from './json-lines-decoder.js';
import { JsonLinesFormat } from './json-lines-format.js';
import { ParquetFormat } from './parquet-format.js';
import type { PartFormat } from './part-format.js';

/**
 * How rows are written, read and checked in one format; what else is known of it by its name is in `FORMAT_FACTS`. Each
 * method throws a `UsageError` where this Node does not have the compression.
 */
interface OutputFormat {
  /** The beginning of one part, or of one file. */
  open(compression: Compression, choice: ColumnChoice): PartFormat;
  decoder(compression: Compression, choice: ColumnChoice): MemberDecoder;
  /** Reads a part again: its members decode, and have the rows that the receipt says. */
  check(members: readonly Member[], compression: Compression): ContentCheck;
}

/** Rows of one member, as JSON Lines each with its newline. */
export interface MemberDecoder {
  /** A member as it stands has no more. */
  readonly maxBytes: number;
  /** Of a member of `rows` rows; throws, at once or in the iteration, where it is no complete one. */
  lines(member: Buffer, rows: number): Promise<Iterable<Buffer>>;
}

/** Every format, once. Parquet's reader is loaded when it is first used, since most programs only write. */
const OUTPUT_FORMATS: Readonly<Record<Format, OutputFormat>> = {
  jsonl: {
    open: (compression) => new JsonLinesFormat(compression),
    decoder: (compression) => jsonLinesDecoder(compression),
    check: membersContent,
  },
  parquet: {
    open: (compression, choice) => new ParquetFormat(compression, choice),
    decoder: (compression, choice) => {
      checkDecompression(compression);
      return {
        maxBytes: 128 * 1024 * 1024,
        lines: async (member, rows) => {
          const { linesOfRowGroup } = await import('@wikifleet/parquet/row-group-lines');
          return bounded(await linesOfRowGroup(member, rows, compression, choice), MAX_LINES_BYTES);
        },
      };
    },
    check: (members, compression) => {
      checkDecompression(compression);
      return async (bytes) => {
        const { rowGroupsContent } = await import('@wikifleet/parquet/file-check');
        return await rowGroupsContent(members, compression)(bytes);
      };
    },
  },
};

/** A dictionary gives a text as often as it likes. */
function* bounded(lines: Iterable<Buffer>, maxBytes: number): Generator<Buffer> {
  let size = 0;
  for (const line of lines) {
    size += line.length;
    if (size > maxBytes) throw new RangeError(`expected at most ${maxBytes} bytes of rows, received more`);
    yield line;
  }
}

/** The beginning of one part, or of one file. Throws a `UsageError` for what does not go together, or not on this Node. */
export function openPartFormat({ format, compression, ...choice }: RowsFormat & ColumnChoice): PartFormat {
  const problem = formatProblem({ format, compression });
  if (problem !== null) throw new UsageError('FORMAT_REFUSED', problem);
  return OUTPUT_FORMATS[format].open(compression, choice);
}

/** Reads members of parts of such a run. Throws a `UsageError` where this Node cannot do it. */
export function memberDecoder({ format, compression, ...choice }: RowsFormat & ColumnChoice): MemberDecoder {
  return OUTPUT_FORMATS[format].decoder(compression, choice);
}

/** Checks a part of such a run. Throws a `UsageError` where this Node cannot do it. */
export function partContent({ format, compression }: RowsFormat, members: readonly Member[]): ContentCheck {
  return OUTPUT_FORMATS[format].check(members, compression);
}
