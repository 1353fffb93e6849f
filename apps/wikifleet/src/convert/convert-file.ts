import type { BlockPool } from '@wikifleet/conversion/block-pool';
import { convertSplit } from '@wikifleet/conversion/convert-split';
import type { ConversionProgress } from '@wikifleet/conversion/convert-split';
import type { Engine } from '@wikifleet/conversion/engines';
import { CONTAINER_BYTES } from '@wikifleet/conversion/file-source';
import type { FileSource } from '@wikifleet/conversion/file-source';
import type { ByteSink } from '@wikifleet/conversion/member-writer';
import type { PartFormat } from '@wikifleet/conversion/part-format';
import { MAX_FIRST_UNREADABLE } from '@wikifleet/conversion/quarantine-writer';
import type { UnreadableUnit } from '@wikifleet/conversion/quarantine-writer';
import { canBeSplit } from '@wikifleet/domain/containers';
import { splitsOf } from '@wikifleet/domain/jobs';
import { joinProblems, unreadableProblems } from '@wikifleet/domain/join';
import type { SplitBoundaries } from '@wikifleet/domain/join';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { descentsOf } from '@wikifleet/domain/page-order';
import type { Descents } from '@wikifleet/domain/page-order';
import { sumCounts } from '@wikifleet/domain/receipts';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import type { Counts } from '@wikifleet/domain/receipts';
import { duration, megabytes, plural } from '../figures.js';
import type { ProgressLine } from '../progress-line.js';
import type { IndexBeside } from './compare-index.js';

export interface ConvertFileOptions {
  readonly wiki: string | null;
  readonly engine: Engine;
  readonly filter: PageFilter;
  readonly choice: ColumnChoice;
  readonly pool: BlockPool;
  readonly splitBytes: number;
  /** Of all splits together: one file. */
  readonly format: PartFormat;
  readonly rows: ByteSink;
  readonly quarantine: ByteSink;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
  /** The dump's multistream index; null where there is none. */
  readonly index: IndexBeside | null;
}

export interface ConvertedFile {
  readonly counts: Counts;
  readonly pageOrder: Descents;
  /** The multistream index that the pages were compared with; null where there is none, or a split failed before. */
  readonly comparedWith: string | null;
  readonly xmlBytes: number;
  readonly seconds: number;
  /** Why the file is not complete; empty where it is. */
  readonly problems: readonly string[];
  /** What of the file's own `dbname` the rows do not follow. */
  readonly warnings: readonly string[];
  /** The first units that could not be read. */
  readonly firstUnreadable: readonly UnreadableUnit[];
}

/** Converts a file split by split, as the fleet does, and joins what it got. */
export async function convertFile(
  source: FileSource,
  { index, ...options }: ConvertFileOptions,
): Promise<ConvertedFile> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const splits = splitsOf(source.size, canBeSplit(await source.first(CONTAINER_BYTES)) ? options.splitBytes : null);
  const boundaries: SplitBoundaries[] = [];
  const counts: Counts[] = [];
  const failures: string[] = [];
  const warnings = new Set<string>();
  const firstUnreadable: UnreadableUnit[] = [];
  let xmlBytes = 0;
  const show = ({ index }: { index: number }, { fraction, xmlBytes: bytes, pages, rows }: ConversionProgress): void => {
    const done = (index + fraction) / splits.length;
    const sum = sumCounts(counts);
    const pace = `${megabytes((xmlBytes + bytes) / seconds())}/s of XML`;
    const left = done === 0 ? '…' : duration((seconds() * (1 - done)) / done);
    options.progress.show(
      done,
      `${plural(sum.pages + pages, 'page')}, ${plural(sum.rows + rows, 'row')}, ${pace}, ${left} left`,
    );
  };
  const result = (problems: readonly string[], comparedWith: string | null): ConvertedFile => {
    const pageOrder = descentsOf(boundaries.map(({ sequence }) => sequence.pageOrder));
    const found = { warnings: [...warnings], firstUnreadable: firstUnreadable.slice(0, MAX_FIRST_UNREADABLE) };
    return { counts: sumCounts(counts), pageOrder, comparedWith, xmlBytes, seconds: seconds(), problems, ...found };
  };
  for (const split of splits) {
    const { failure, ...conversion } = await convertSplit({
      index: null,
      ...options,
      wikiOverrides: options.wiki !== null,
      source,
      split,
      ...(index === null ? {} : { onPages: index.comparison }),
      onProgress: (progress) => show(split, progress),
    });
    xmlBytes += conversion.xmlBytes;
    counts.push(conversion.counts);
    firstUnreadable.push(...conversion.firstUnreadable);
    for (const warning of conversion.warnings) warnings.add(warning);
    if (failure !== null) failures.push(failure.message);
    if (!conversion.isReadToEnd) return result(failures, null);
    boundaries.push({ ...conversion, split });
  }
  // where pages were lost already, the receipts say no more than that
  if (failures.length > 0) return result(failures, null);
  const joined = [...joinProblems(source.size, boundaries), ...unreadableProblems(sumCounts(counts))];
  const problems = joined.map(({ message }) => message);
  const differences = (await index?.comparison.problems()) ?? [];
  return result([...problems, ...differences.map((text) => `${index?.path}: ${text}`)], index?.path ?? null);
}
