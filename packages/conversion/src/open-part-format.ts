import { UsageError } from '@wikifleet/domain/errors';
import { formatProblem } from '@wikifleet/domain/plan';
import type { RowsFormat, Settings } from '@wikifleet/domain/plan';
import { JsonLinesFormat } from './json-lines-format.js';
import type { PartFormat } from './part-format.js';

/** The beginning of one part, or of one file. Throws a `UsageError` for what does not go together, or not on this Node. */
export async function openPartFormat(rows: RowsFormat & Pick<Settings, 'plainText'>): Promise<PartFormat> {
  const problem = formatProblem(rows);
  if (problem !== null) throw new UsageError('FORMAT_REFUSED', problem);
  if (rows.format === 'jsonl') return new JsonLinesFormat(rows.compression);
  // its library takes a fifth of a program's start, and most have no use for it
  const { ParquetFormat } = await import('./parquet-format.js');
  return new ParquetFormat(rows.compression, rows.plainText);
}
