import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import { factsOf } from '@wikifleet/domain/formats';
import { COMPRESSIONS, FORMATS, formatProblem } from '@wikifleet/domain/plan';
import type { RowsFormat } from '@wikifleet/domain/plan';
import { oneOf } from './command-line.js';

/** The flags that say what becomes of rows; see `parseRowsFormat`. */
export function rowsFormatFlags(jsonlDefault: 'none' | 'gzip' = 'gzip') {
  return {
    format: { type: 'string', value: 'F', help: 'of the rows: jsonl or parquet (default: jsonl)' },
    compression: {
      type: 'string',
      value: 'C',
      help: `none, gzip or zstd; of Parquet none, snappy, gzip or zstd (default: ${jsonlDefault}; of Parquet zstd, snappy on Node 20)`,
    },
  } as const;
}

/**
 * What `--format` and `--compression` say. JSON Lines are `jsonlDefault` where nobody says otherwise, Parquet is zstd, or
 * snappy where this Node has no zstd. Throws a `UsageError` for a word that is none, or words that do not go together.
 */
export function parseRowsFormat(
  flags: { readonly format?: string | undefined; readonly compression?: string | undefined },
  jsonlDefault: 'none' | 'gzip' = 'gzip',
): RowsFormat {
  const format = oneOf('format', flags.format ?? 'jsonl', FORMATS);
  const hasZstd = typeof zlib.zstdCompress === 'function';
  const usual = factsOf(format).usualCompressions.find((name) => name !== 'zstd' || hasZstd) ?? jsonlDefault;
  const rows = { format, compression: oneOf('compression', flags.compression ?? usual, COMPRESSIONS) };
  const problem = formatProblem(rows);
  if (problem !== null) throw new UsageError('FLAG_REFUSED', `--compression: ${problem}`);
  return rows;
}
