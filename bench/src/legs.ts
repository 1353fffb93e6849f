import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { DEFAULT_ENGINE, ENGINES } from '@wikifleet/conversion/engines';
import type { Engine } from '@wikifleet/conversion/engines';
import type { Compression } from '@wikifleet/domain/plan';
import type { InputName } from './inputs.js';
import type { Command } from './measure.js';
import type { Peers } from './peers.js';

/** One program that is measured on one dump. */
export interface Leg {
  /** Stable: results are kept under it. */
  readonly name: string;
  /** As it stands in the table. */
  readonly title: string;
  /** Processors it may use; 0 for all. */
  readonly cores: number;
  command(path: string): Command;
  readonly compression: Compression;
  /**
   * What its output is to be: the dump's XML, exactly the rows of the others, as many lines, whatever it makes of the text, or
   * Parquet, the same bytes from any number of threads.
   */
  readonly gives: 'xml' | 'rows' | 'lines' | 'text' | 'parquet';
}

/** Legs that run in turn on one dump. The first is the one that others are compared with. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly input: InputName;
  /** How many times the usual bytes of XML it has. */
  readonly times: number;
  readonly legs: readonly Leg[];
}

/** The engine whose figures are quoted: the fast one, once it is there. */
export const MAIN_ENGINE: Engine = (ENGINES as readonly string[]).includes('fast') ? 'fast' : DEFAULT_ENGINE;

const CONVERT = fileURLToPath(new URL('../../apps/wikifleet/dist/convert.js', import.meta.url));
const own = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Node 20 has no zstd. */
const HAS_ZSTD = 'zstdCompress' in zlib;
export const NO_ZSTD = 'convert, zstd: needs Node 22.15 or newer';

const BZIP2: Leg = {
  name: 'bzip2',
  title: '`bzip2 -dc`',
  cores: 1,
  command: (path) => ['bzip2', '-dc', path],
  compression: 'none',
  gives: 'xml',
};
const DECODE: Leg = {
  ...BZIP2,
  name: 'decode',
  title: '**Wikifleet, decoding alone**',
  command: (path) => [process.execPath, own('decode.js'), path],
};
const LBZIP2: Leg = {
  ...BZIP2,
  name: 'lbzip2',
  title: '`lbzip2 -n1 -dc`',
  command: (path) => ['lbzip2', '-n1', '-dc', path],
};
const SEEK_BZIP: Leg = {
  ...BZIP2,
  name: 'seek-bzip',
  title: 'seek-bzip (JavaScript)',
  command: (path) => [process.execPath, own('decode-seek-bzip.js'), path],
};

export function convertLeg(engine: Engine, compression: Compression, workers = 1, cores = 1): Leg {
  const threads = workers === 1 ? '' : `, ${workers} threads`;
  const rows = compression === 'none' ? 'uncompressed' : compression;
  const title = `Wikifleet, ${rows} rows, \`${engine}\`${threads}`;
  const flags = ['--engine', engine, '--compression', compression, '--workers', String(workers)];
  return {
    name: `convert-${engine}-${compression}-${workers}`,
    title: engine === MAIN_ENGINE ? `**${title}**` : title,
    cores,
    command: (path) => [process.execPath, CONVERT, path, ...flags],
    compression,
    gives: 'rows',
  };
}

/** Parquet, whose own compression is `codec`; what it writes is compared as it stands. */
export function parquetLeg(codec: Compression, workers = 1, cores = 1): Leg {
  const threads = workers === 1 ? '' : `, ${workers} threads`;
  const flags = ['--format', 'parquet', '--compression', codec, '--workers', String(workers)];
  return {
    name: `parquet-${codec}-${workers}`,
    title: `**Wikifleet, Parquet, ${codec}${threads}**`,
    cores,
    command: (path) => [process.execPath, CONVERT, path, ...flags],
    compression: 'none',
    gives: 'parquet',
  };
}

function peerLegs({ python, others, wikrs }: Peers): Leg[] {
  const legs: Leg[] = [];
  const add = (name: string, title: string, gives: Leg['gives'], command: Leg['command']): void => {
    legs.push({ name, title, cores: 1, command, compression: 'none', gives });
  };
  if (python !== null) {
    add('lxml', 'lxml pipeline (Python)', 'rows', (path) => [python, own('../peers/lxml_pipeline.py'), path]);
    if (others) {
      add('mwxml', 'mwxml (Python)', 'lines', (path) => [python, own('../peers/mwxml_pipeline.py'), path]);
      const flags = ['-m', 'wikiextractor.WikiExtractor', '--json', '--output', '-', '--processes', '1'];
      add('wikiextractor', 'wikiextractor (Python, plain text)', 'text', (path) => [
        python,
        ...flags,
        '--no-templates',
        '--quiet',
        path,
      ]);
    }
  }
  if (wikrs !== null) {
    add('wikrs', 'wikrs (Rust, plain text)', 'text', (path) => [wikrs, '--format', 'jsonl', '--input', path]);
  }
  return legs;
}

/** What runs on which dump, the slow peers on the main one only. */
export function suitesFor(peers: Peers, real: boolean): Suite[] {
  const decoders = [BZIP2, ...(peers.lbzip2 === null ? [] : [LBZIP2]), DECODE];
  const compressions: Compression[] = HAS_ZSTD && peers.zstd !== null ? ['none', 'gzip', 'zstd'] : ['none', 'gzip'];
  const converts = compressions.map((compression) => convertLeg(MAIN_ENGINE, compression));
  const codecs: Compression[] = HAS_ZSTD ? ['snappy', 'zstd'] : ['snappy'];
  const parquet = codecs.map((codec) => parquetLeg(codec));
  const otherEngines = ENGINES.filter((engine) => engine !== MAIN_ENGINE).map((engine) => convertLeg(engine, 'none'));
  const main = [
    ...decoders,
    ...(peers.seekBzip ? [SEEK_BZIP] : []),
    ...converts,
    ...parquet,
    ...otherEngines,
    ...peerLegs(peers),
  ];
  const [first, ...rest] = (
    real
      ? ['real-multistream', 'real-single', 'generated-multistream', 'generated-single']
      : ['generated-multistream', 'generated-single']
  ) as [InputName, ...InputName[]];
  // a core a thread: with a second one, a single thread's compilation and garbage collection would run beside it
  const threads = [1, 2].flatMap((workers) => [
    ...compressions.map((compression) => convertLeg(MAIN_ENGINE, compression, workers, workers)),
    ...codecs.map((codec) => parquetLeg(codec, workers, workers)),
  ]);
  return [
    { name: 'main', title: 'One core', input: first, times: 1, legs: main },
    ...rest.map((input) => ({
      name: input,
      title: 'One core',
      input,
      times: 1,
      legs: [...decoders, ...converts.slice(0, 2)],
    })),
    // a task converts one split after the other: that a process starts on one core shall not count
    { name: 'threads', title: 'A core a thread', input: first, times: 4, legs: [BZIP2, ...threads] },
  ];
}

export const MEMORY_SUITES: readonly Suite[] = (['history', 'pages'] as const).map((input) => ({
  name: `memory-${input}`,
  title: 'Peak memory, two threads',
  input,
  times: 1,
  legs: [convertLeg(MAIN_ENGINE, 'none', 2, 2), convertLeg(MAIN_ENGINE, 'gzip', 2, 2), parquetLeg('snappy', 2, 2)],
}));
