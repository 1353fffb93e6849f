// A column chunk grows value by value, and page by page.
//
// Values begin as indexes of a dictionary. Where that does not pay, or has become too large, the values of the open page are
// taken out of the dictionary again, and from there on they stand as they are (PLAIN): the pages before keep their indexes.
// A page is compressed as soon as it is full; so what is in memory is one open page, the dictionary, and compressed pages.
// All decisions follow from the values alone, so the same rows always become the same bytes.

import * as zlib from 'node:zlib';
import type { Compress } from '@wikifleet/compression/compress';
import { GrowingBytes } from '@wikifleet/compression/growing-bytes';
import { Dictionary } from './dictionary.js';
import { appendRuns, bitWidth } from './runs.js';
import type { Leaf } from './schema.js';
import { BoundsKeeper } from './statistics.js';
import type { ChunkStatistics } from './statistics.js';
import { writeStruct } from './thrift-writer.js';

/** A page is full behind the row that brings its values over so many bytes, in the encoding PLAIN. */
export const PAGE_BYTES = 1024 * 1024;
/** Longer values are no entries of a dictionary. */
const MAX_ENTRY_BYTES = 64 * 1024;
/** After so many values, or bytes of them, a dictionary is given up whose bytes are more than `MAX_DISTINCT` of theirs. */
const TRIAL_VALUES = 1024;
const TRIAL_BYTES = 256 * 1024;
const MAX_DISTINCT = 0.75;
/** Memory of a page that is kept for the next one. */
const MAX_KEPT_BYTES = 2 * PAGE_BYTES;

/** `Encoding` and `PageType` of parquet.thrift. */
export const ENCODINGS = { plain: 0, rle: 3, dictionary: 8 } as const;
export const PAGE_TYPES = { dictionary: 2, data: 3 } as const;

/** A page in the memory of the row group that is being encoded. */
export interface PageRange {
  readonly from: number;
  readonly to: number;
}

/** What the footer says of a chunk, but for its place. Sizes in bytes, headers of pages included. */
export interface ChunkFacts {
  readonly values: number;
  readonly length: number;
  /** Without compression. */
  readonly size: number;
  /** Of the dictionary's page, which comes first; 0 where there is none. */
  readonly dictionaryLength: number;
  /** Data pages by the encoding of their values. */
  readonly pages: readonly { readonly encoding: number; readonly count: number }[];
  /** Null where none were asked for. */
  readonly statistics: ChunkStatistics | null;
}

export class ColumnChunkWriter {
  readonly leaf: Leaf;
  readonly #compress: Compress;
  /** Takes the pages. */
  readonly #pages: GrowingBytes;
  readonly #bounds: BoundsKeeper | null;
  readonly #dictionary: Dictionary | null;
  #usesDictionary = false;
  #isTried = false;
  /** Whether a page with indexes was written. */
  #hasIndexes = false;

  // the open page
  readonly #plain = new GrowingBytes();
  /** A value that is a page by itself, where it stands; null where there is none. */
  #single: Uint8Array | null = null;
  /** Indexes of the dictionary, or booleans. */
  #numbers = new Uint32Array(1024);
  #numberCount = 0;
  #repetitions = new Uint8Array(1024);
  #definitions = new Uint8Array(1024);
  /** Values, those that are null included. */
  #count = 0;
  #nulls = 0;
  #rows = 0;
  #plainBytes = 0;

  // the chunk
  #ranges: PageRange[] = [];
  #counts = new Map<number, number>();
  #chunkValues = 0;
  #chunkNulls = 0;
  #size = 0;
  readonly #scratch = new GrowingBytes();
  readonly #values = new GrowingBytes();
  readonly #body = new GrowingBytes();

  /** `pages`: the memory of the row group's pages, shared by its chunks. */
  constructor(leaf: Leaf, compress: Compress, pages: GrowingBytes) {
    this.leaf = leaf;
    this.#compress = compress;
    this.#pages = pages;
    // of what repeats within a row no reader asks for the least
    this.#bounds = leaf.kind === 'boolean' || leaf.maxRepetition > 0 ? null : new BoundsKeeper(leaf.kind);
    this.#dictionary = leaf.kind === 'boolean' ? null : new Dictionary();
    this.#usesDictionary = this.#dictionary !== null;
  }

  addNull(repetition: number, definition: number): void {
    this.#level(repetition, definition);
    this.#nulls += 1;
  }

  addBoolean(value: number, repetition: number, definition: number): void {
    this.#level(repetition, definition);
    this.#number(value);
  }

  /** `at`: where its eight bytes stand. */
  addInteger(source: Buffer, view: DataView, at: number, repetition: number, definition: number): void {
    this.#bounds?.addInteger(view.getInt32(at + 4, true), view.getUint32(at, true));
    this.#level(repetition, definition);
    this.#cell(source, at, at + 8);
  }

  /** `from`: where its length stands, which is followed by its bytes. */
  addString(source: Buffer, from: number, to: number, repetition: number, definition: number): void {
    this.#bounds?.addString(source, from + 4, to);
    // a large text shares no page with what stands before it, so that it need not be copied
    if (to - from >= PAGE_BYTES && repetition === 0) this.closePage();
    this.#level(repetition, definition);
    this.#cell(source, from, to);
  }

  #level(repetition: number, definition: number): void {
    if (this.#count === this.#definitions.length) {
      this.#repetitions = grown(this.#repetitions);
      this.#definitions = grown(this.#definitions);
    }
    this.#repetitions[this.#count] = repetition;
    this.#definitions[this.#count] = definition;
    this.#count += 1;
    if (repetition === 0) this.#rows += 1;
  }

  #number(value: number): void {
    if (this.#numberCount === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.#numbers.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#numberCount] = value;
    this.#numberCount += 1;
  }

  /** A value's bytes as PLAIN has them. */
  #cell(source: Buffer, from: number, to: number): void {
    this.#plainBytes += to - from;
    if (this.#usesDictionary) {
      const index = to - from > MAX_ENTRY_BYTES ? -1 : this.#dictionary!.indexOf(source, from, to);
      if (index >= 0) {
        this.#number(index);
        if (!this.#isTried && (this.#numberCount === TRIAL_VALUES || this.#plainBytes >= TRIAL_BYTES)) {
          this.#isTried = true;
          if (this.#dictionary!.bytes.length > MAX_DISTINCT * this.#plainBytes) this.#leaveDictionary();
        }
        return;
      }
      this.#leaveDictionary();
    }
    if (to - from >= PAGE_BYTES && this.#plain.length === 0 && this.#single === null) {
      this.#single = source.subarray(from, to);
      return;
    }
    this.#keepSingle();
    appendSmall(this.#plain, source, from, to);
  }

  #keepSingle(): void {
    if (this.#single === null) return;
    this.#plain.append(this.#single);
    this.#single = null;
  }

  /** The open page, and those behind it, have their values as they are. */
  #leaveDictionary(): void {
    this.#usesDictionary = false;
    const { bytes } = this.#dictionary!;
    for (let i = 0; i < this.#numberCount; i += 1) {
      const { from, to } = this.#dictionary!.range(this.#numbers[i]!);
      appendSmall(this.#plain, bytes, from, to);
    }
    this.#numberCount = 0;
  }

  /** To be asked between rows. */
  get isPageFull(): boolean {
    return this.#plainBytes >= PAGE_BYTES;
  }

  /** Between rows: compresses what is in the open page. */
  closePage(): void {
    if (this.#count === 0) return;
    const levels = this.#encodeLevels();
    const { values, encoding } = this.#encodeValues();
    this.#body.clear(MAX_KEPT_BYTES);
    this.#compress(values, this.#body);
    const { repetitionBytes, definitionBytes } = levels;
    const border = repetitionBytes + definitionBytes;
    const from = this.#pages.length;
    this.#header(PAGE_TYPES.data, border + values.length, border + this.#body.length, levels.bytes, (header) => {
      header.struct(8, (data) => {
        data.i32(1, this.#count);
        data.i32(2, this.#nulls);
        data.i32(3, this.#rows);
        data.i32(4, encoding);
        data.i32(5, definitionBytes);
        data.i32(6, repetitionBytes);
      });
    });
    this.#pages.append(levels.bytes);
    this.#pages.append(this.#body.bytes);
    this.#ranges.push({ from, to: this.#pages.length });
    this.#size += this.#pages.length - from - this.#body.length + values.length;
    this.#counts.set(encoding, (this.#counts.get(encoding) ?? 0) + 1);
    this.#chunkValues += this.#count;
    this.#chunkNulls += this.#nulls;
    this.#clearPage();
  }

  /** Repetition levels, then definition levels: never compressed. */
  #encodeLevels(): { bytes: Uint8Array; repetitionBytes: number; definitionBytes: number } {
    const { maxRepetition, maxDefinition } = this.leaf;
    this.#scratch.clear();
    if (maxRepetition > 0) appendRuns(this.#scratch, this.#repetitions, this.#count, bitWidth(maxRepetition));
    const repetitionBytes = this.#scratch.length;
    if (maxDefinition > 0) appendRuns(this.#scratch, this.#definitions, this.#count, bitWidth(maxDefinition));
    return { bytes: this.#scratch.bytes, repetitionBytes, definitionBytes: this.#scratch.length - repetitionBytes };
  }

  #encodeValues(): { values: Uint8Array; encoding: number } {
    this.#values.clear();
    if (this.leaf.kind === 'boolean') {
      this.#values.reserve(4);
      this.#values.length = 4;
      appendRuns(this.#values, this.#numbers, this.#numberCount, 1);
      this.#values.buffer.writeUInt32LE(this.#values.length - 4, 0);
      return { values: this.#values.bytes, encoding: ENCODINGS.rle };
    }
    if (this.#usesDictionary) {
      const width = Math.max(1, bitWidth(this.#dictionary!.count - 1));
      this.#values.byte(width);
      appendRuns(this.#values, this.#numbers, this.#numberCount, width);
      // a second page adds no dictionary: what the first one shows decides
      const isWorth = this.#hasIndexes || 2 * (this.#values.length + this.#dictionary!.bytes.length) < this.#plainBytes;
      if (isWorth) {
        this.#hasIndexes = true;
        return { values: this.#values.bytes, encoding: ENCODINGS.dictionary };
      }
      this.#leaveDictionary();
    }
    return { values: this.#single ?? this.#plain.bytes, encoding: ENCODINGS.plain };
  }

  #header(
    type: number,
    size: number,
    length: number,
    levels: Uint8Array,
    write: (header: Parameters<Parameters<typeof writeStruct>[1]>[0]) => void,
  ): void {
    writeStruct(this.#pages, (header) => {
      header.i32(1, type);
      header.i32(2, size);
      header.i32(3, length);
      // of the page as it stands behind its header, as gzip has it
      header.i32(4, crcOf(levels, this.#body.bytes) | 0);
      write(header);
    });
  }

  #clearPage(): void {
    this.#plain.clear(MAX_KEPT_BYTES);
    this.#single = null;
    this.#numberCount = 0;
    this.#count = 0;
    this.#nulls = 0;
    this.#rows = 0;
    this.#plainBytes = 0;
  }

  /** Ends the chunk. Returns where its pages stand, in their order; the next value begins another chunk. */
  finish(): { ranges: readonly PageRange[]; facts: ChunkFacts } {
    this.closePage();
    const dictionary = this.#hasIndexes ? this.#dictionaryPage() : null;
    const ranges = dictionary === null ? this.#ranges : [dictionary, ...this.#ranges];
    const facts: ChunkFacts = {
      values: this.#chunkValues,
      length: ranges.reduce((sum, { from, to }) => sum + to - from, 0),
      size: this.#size,
      dictionaryLength: dictionary === null ? 0 : dictionary.to - dictionary.from,
      pages: [...this.#counts].map(([encoding, count]) => ({ encoding, count })),
      statistics: this.#bounds?.statistics(this.#chunkNulls) ?? null,
    };
    this.#ranges = [];
    this.#counts = new Map();
    this.#chunkValues = 0;
    this.#chunkNulls = 0;
    this.#size = 0;
    this.#hasIndexes = false;
    this.#isTried = false;
    this.#bounds?.clear();
    this.#dictionary?.clear();
    this.#usesDictionary = this.#dictionary !== null;
    return { ranges, facts };
  }

  #dictionaryPage(): PageRange {
    const { bytes, count } = this.#dictionary!;
    this.#body.clear(MAX_KEPT_BYTES);
    this.#compress(bytes, this.#body);
    const from = this.#pages.length;
    this.#header(PAGE_TYPES.dictionary, bytes.length, this.#body.length, NO_LEVELS, (header) => {
      header.struct(7, (page) => {
        page.i32(1, count);
        page.i32(2, ENCODINGS.plain);
      });
    });
    this.#size += this.#pages.length - from + bytes.length;
    this.#pages.append(this.#body.bytes);
    return { from, to: this.#pages.length };
  }
}

/** zlib forgets what came before nothing. */
function crcOf(first: Uint8Array, second: Uint8Array): number {
  return second.length === 0 ? zlib.crc32(first) : zlib.crc32(second, zlib.crc32(first));
}

const NO_LEVELS = new Uint8Array(0);
/** A copy of more bytes is faster by a call. */
const MAX_LOOP = 48;

function appendSmall(target: GrowingBytes, source: Uint8Array, from: number, to: number): void {
  const length = to - from;
  const bytes = target.reserve(length);
  if (length > MAX_LOOP) bytes.set(source.subarray(from, to), target.length);
  else for (let i = 0, at = target.length; i < length; i += 1, at += 1) bytes[at] = source[from + i]!;
  target.length += length;
}

function grown(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * array.length);
  larger.set(array);
  return larger;
}
