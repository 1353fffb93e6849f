import { readFileSync } from 'node:fs';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { samplePath } from '@wikifleet/testing/samples';
import { canBeSplit } from '@wikifleet/domain/containers';
import { splitsOf } from '@wikifleet/domain/jobs';
import { joinProblems } from '@wikifleet/domain/join';
import { EVERY_PAGE } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { Compression, Format } from '@wikifleet/domain/plan';
import { sumCounts } from '@wikifleet/domain/receipts';
import type { Counts } from '@wikifleet/domain/receipts';
import { openBlockPool } from '../block-pool.js';
import type { BlockPool } from '../block-pool.js';
import { convertSplit } from '../convert-split.js';
import type { Conversion, ConversionOptions } from '../convert-split.js';
import { DEFAULT_ENGINE } from '../engines.js';
import type { Engine } from '../engines.js';
import type { FileSource } from '../file-source.js';
import type { ByteSink } from '../member-writer.js';
import { openPartFormat } from '../output-formats.js';
import type { Range } from '../split-bytes.js';
import { NO_OPTIONAL_COLUMNS } from '@wikifleet/domain/row-columns';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';

/** A sample as it lies on the disk. */
export function readSample(name: string): Buffer {
  return readFileSync(samplePath(name));
}

export class MemorySink implements ByteSink {
  readonly #chunks: Uint8Array[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(Uint8Array.from(bytes));
    await Promise.resolve();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }
}

export interface Settings {
  readonly engine?: Engine;
  readonly filter?: PageFilter;
  readonly format?: Format;
  readonly choice?: Partial<ColumnChoice>;
  readonly compression?: Compression;
  readonly pool?: BlockPool;
  readonly chunkBytes?: number;
  readonly wiki?: string | null;
}

const inline = openBlockPool(1);

export interface Part extends Conversion {
  readonly rows: Buffer;
  readonly quarantined: string;
}

/** Converts one split of a file in memory. */
export async function convertPart(
  file: Uint8Array | FileSource,
  split: Range,
  {
    format = 'jsonl',
    compression = 'none',
    choice: chosen = {},
    ...settings
  }: Settings & Partial<Omit<ConversionOptions, 'format' | 'choice'>> = {},
): Promise<Part> {
  const choice = { ...NO_OPTIONAL_COLUMNS, ...chosen };
  const opened = openPartFormat({ format, compression, ...choice });
  const rows = new MemorySink();
  const quarantine = new MemorySink();
  const conversion = await convertSplit({
    index: null,
    wiki: null,
    engine: DEFAULT_ENGINE,
    filter: EVERY_PAGE,
    choice,
    format: opened,
    pool: inline,
    rows,
    quarantine,
    signal: new AbortController().signal,
    ...settings,
    source: file instanceof Uint8Array ? new MemorySource(file, settings.chunkBytes) : file,
    split,
  });
  if (rows.bytes.length > 0) await rows.write(opened.end());
  return { ...conversion, rows: rows.bytes, quarantined: quarantine.text };
}

export interface ConvertedFile {
  readonly parts: readonly Part[];
  /** All parts, one behind the other. */
  readonly rows: Buffer;
  readonly quarantined: string;
  readonly counts: Counts;
  /** Codes: of the failures, or of what does not join. */
  readonly problems: readonly string[];
}

/** Converts a file in memory as the fleet does: cut every `cut` bytes, or at the places of `cut`, or (null) not at all. */
export async function convertFile(
  file: Buffer,
  cut: number | readonly number[] | null = null,
  settings: Settings = {},
): Promise<ConvertedFile> {
  const parts: Part[] = [];
  const splits = splitsAt(file, cut);
  for (const split of splits) parts.push(await convertPart(file, split, settings));
  const failures = parts.flatMap(({ failure }) => (failure === null ? [] : [failure.code]));
  const results = parts.map((part, index) => ({ ...part, split: { index } }));
  const problems = failures.length > 0 ? failures : joinProblems(file.length, results).map(({ code }) => code);
  return {
    parts,
    rows: Buffer.concat(parts.map(({ rows }) => rows)),
    quarantined: parts.map(({ quarantined }) => quarantined).join(''),
    counts: sumCounts(parts.map(({ counts }) => counts)),
    problems,
  };
}

function splitsAt(file: Buffer, cut: number | readonly number[] | null): Range[] {
  if (!canBeSplit(file)) return [{ start: 0, end: file.length }];
  if (cut === null || typeof cut === 'number') return splitsOf(file.length, cut);
  const ends = [...cut, file.length];
  return ends.map((end, i) => ({ start: ends[i - 1] ?? 0, end }));
}

const HEAD =
  '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">\n' +
  '  <siteinfo><sitename>Test</sitename><dbname>testwiki</dbname></siteinfo>\n';

export interface DumpText {
  readonly head: string;
  /** Each from `  <page>` to the newline after `</page>`. */
  readonly pages: readonly string[];
  readonly tail: string;
}

/** A small dump; page `i` has `1 + i % 3` revisions. */
export function smallDump(pages: number, text = (page: number): string => `text of ${page}`): DumpText {
  return {
    head: HEAD,
    pages: Array.from({ length: pages }, (_, i) => {
      const revisions = Array.from(
        { length: 1 + (i % 3) },
        (__, j) =>
          `    <revision><id>${100 * i + j + 1}</id><timestamp>2026-01-01T00:00:00Z</timestamp>` +
          `<contributor><username>U</username><id>1</id></contributor><origin>1</origin><model>wikitext</model>` +
          `<format>text/x-wiki</format><text bytes="1" xml:space="preserve">${text(i)} é &amp; ${j}</text></revision>\n`,
      );
      return `  <page>\n    <title>Page ${i}</title><ns>0</ns><id>${i + 1}</id>\n${revisions.join('')}  </page>\n`;
    }),
    tail: '</mediawiki>\n',
  };
}

export function wholeText({ head, pages, tail }: DumpText): string {
  return head + pages.join('') + tail;
}

/** Bytes cut at `places`. */
export function pieces(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const ends = [...places, bytes.length];
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}
