import { UsageError } from '@wikifleet/domain/errors';
import { formatProblem } from '@wikifleet/domain/plan';
import type { RowsFormat, Settings } from '@wikifleet/domain/plan';
import { JsonLinesFormat } from './json-lines-format.js';
import { ParquetFormat } from './parquet-format.js';
import type { PartFormat } from './part-format.js';

/** The beginning of one part, or of one file. Throws a `UsageError` for what does not go together, or not on this Node. */
export function openPartFormat(rows: RowsFormat & Pick<Settings, 'plainText'>): PartFormat {
  const problem = formatProblem(rows);
  if (problem !== null) throw new UsageError('FORMAT_REFUSED', problem);
  return rows.format === 'parquet'
    ? new ParquetFormat(rows.compression, rows.plainText)
    : new JsonLinesFormat(rows.compression);
}
