import type { RowEncoding } from './row-values.js';

export const COMPRESSIONS = ['none', 'gzip', 'zstd', 'snappy'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What the name of a format of rows stands for. How it is written and read is registered in the package `conversion`. */
interface FormatFacts {
  /** The compressions it has. */
  readonly compressions: readonly Compression[];
  /** How the name of a file ends. */
  readonly ending: (compression: Compression) => string;
  /** The `Content-Type` of its objects; null where they have none. */
  readonly contentType: string | null;
  /** In which encoding the rows come to it. */
  readonly encoding: RowEncoding;
  /** Whether a file is lines of text as it stands, or once it is decompressed. */
  readonly isText: boolean;
  /** Bytes before the first member; a footer follows the last one where there are any. */
  readonly headerBytes: number;
  /** The compressions that are taken where none is named, the first that the runtime has; of JSON Lines the program says it. */
  readonly usualCompressions: readonly Compression[];
}

const LINE_ENDINGS: Readonly<Record<Compression, string>> = { none: '', gzip: '.gz', zstd: '.zst', snappy: '.snappy' };

/** The formats of rows, in the order in which help texts name them. */
export const FORMAT_FACTS = {
  jsonl: {
    compressions: ['none', 'gzip', 'zstd'],
    ending: (compression) => `.jsonl${LINE_ENDINGS[compression]}`,
    contentType: null,
    encoding: 'json',
    isText: true,
    headerBytes: 0,
    usualCompressions: [],
  },
  // compressed within
  parquet: {
    compressions: ['none', 'snappy', 'gzip', 'zstd'],
    ending: () => '.parquet',
    contentType: 'application/vnd.apache.parquet',
    encoding: 'values',
    isText: false,
    headerBytes: 4,
    usualCompressions: ['zstd', 'snappy'],
  },
} as const satisfies Readonly<Record<string, FormatFacts>>;

export type Format = keyof typeof FORMAT_FACTS;

export const FORMATS = Object.keys(FORMAT_FACTS) as [Format, ...Format[]];

/** The facts of a format, in their general form. */
export function factsOf(format: Format): FormatFacts {
  return FORMAT_FACTS[format];
}

/** Which compressions a format has. */
export const COMPRESSIONS_OF: Readonly<Record<Format, readonly Compression[]>> = {
  jsonl: FORMAT_FACTS.jsonl.compressions,
  parquet: FORMAT_FACTS.parquet.compressions,
};
