import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SHARED, samplePath } from '@wikifleet/testing/samples';
import { codeOf } from '@wikifleet/domain/errors';
import { ROW_COLUMNS } from '@wikifleet/domain/row-columns';
import { ValueReader } from '@wikifleet/domain/row-values';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import { DumpConverter } from '../dump-converter.js';
import type { DumpConverterOptions } from '../dump-converter.js';
import type { DumpCounts } from '../dump-counts.js';
import type { DumpHead } from '../dump-head.js';
import { FastEngine } from '../fast-engine.js';
import type { RowChunk } from '../page-converter.js';
import type { QuarantineRecord } from '../quarantine.js';
import { ReferenceEngine } from '../reference-engine.js';
import type { RowEngine } from '../row-engine.js';

const ORACLE = join(SHARED, 'tools/oracle.py');
const MOST_BYTES = 1 << 30;

export interface Converted {
  readonly lines: readonly string[];
  readonly quarantine: readonly QuarantineRecord[];
  readonly counts: DumpCounts;
  readonly head: DumpHead | null;
  readonly firstPage: number | null;
  readonly endTag: number | null;
  readonly offset: number;
  /** The code of what was thrown, or of the dump's `failure`. */
  readonly error: string | null;
}

const reference = new ReferenceEngine();
const fast = new FastEngine();
const referenceValues = new ReferenceEngine('values');
const fastValues = new FastEngine('values');

/** Converts `bytes`, cut at `cuts` (ascending), taking rows after each push: with both engines, in both encodings, which must agree. */
export function convert(
  bytes: Uint8Array | string,
  options: Partial<DumpConverterOptions> = {},
  cuts: Iterable<number> = [],
): Converted {
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const places = [...cuts];
  const converted = convertBy(reference, all, options, places);
  assert.deepEqual(convertBy(fast, all, options, places), converted);
  for (const engine of [referenceValues, fastValues])
    assert.deepEqual(convertBy(engine, all, options, places, 'values'), converted);
  return converted;
}

/** A row that is values, as its line of JSON without the newline; the end of the row is its last byte. */
export function lineOfValues(row: Buffer): string {
  const reader = new ValueReader(row);
  const marked = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `\0${value}\0` : value);
  const line = JSON.stringify(reader.read(ROW_COLUMNS), marked);
  assert.equal(reader.at, row.length);
  return line.replace(/"\\u0000(-?\d+)\\u0000"/g, '$1');
}

function linesOf(chunk: RowChunk, encoding: RowEncoding): string[] {
  if (encoding === 'json') return chunk.bytes.toString('utf8').split('\n').slice(0, -1);
  return chunk.ends.map((end, i) => lineOfValues(chunk.bytes.subarray(i === 0 ? 0 : chunk.ends[i - 1], end)));
}

export function convertBy(
  engine: RowEngine,
  all: Uint8Array,
  options: Partial<DumpConverterOptions> = {},
  cuts: readonly number[] = [],
  encoding: RowEncoding = 'json',
): Converted {
  const converter = new DumpConverter({ wiki: null, engine, ...options });
  const lines: string[] = [];
  const quarantine: QuarantineRecord[] = [];
  const take = (): void => {
    const chunk = converter.takeRows();
    if (chunk !== null) lines.push(...linesOf(chunk, encoding));
    for (const record of converter.takeQuarantine()) quarantine.push(record);
  };
  let error: string | null = null;
  try {
    let from = 0;
    for (const to of [...cuts, all.length]) {
      // A copy that is spoilt afterwards: the converter must keep its own.
      const piece = Uint8Array.from(all.subarray(from, to));
      converter.push(piece);
      piece.fill(0x21);
      take();
      from = to;
    }
    converter.end();
  } catch (thrown) {
    error = codeOf(thrown);
    if (error === 'Error') throw thrown;
  }
  take();
  error ??= converter.failure?.code ?? null;
  const { counts, head, firstPage, endTag, offset } = converter;
  return { lines, quarantine, counts, head, firstPage, endTag, offset, error };
}

/** A sample's decompressed bytes; null where nothing here can decompress it. */
export function readSample(name: string): Buffer | null {
  const path = samplePath(name);
  const bytes = readFileSync(path);
  if (name.endsWith('.gz')) return gunzipSync(bytes);
  if (bytes.toString('latin1', 0, 3) !== 'BZh') return bytes;
  const python = 'import bz2,sys; sys.stdout.buffer.write(bz2.open(sys.argv[1]).read())';
  return output('bzip2', ['-dc', path]) ?? output('python3', ['-c', python, path]);
}

/** The oracle's rows of a document; null where it or python3 is not there. */
export function askOracle(xml: string): readonly string[] | null {
  if (!existsSync(ORACLE)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'wikifleet-oracle-'));
  try {
    const path = join(folder, 'dump.xml');
    writeFileSync(path, xml);
    return output('python3', [ORACLE, path, '--rows'])?.toString('utf8').split('\n').slice(0, -1) ?? null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null where the program is not there; its failure is the test's. */
function output(program: string, args: readonly string[]): Buffer | null {
  const env = { ...process.env, PYTHONIOENCODING: 'utf-8' };
  const { error, status, stdout, stderr } = spawnSync(program, args, { maxBuffer: MOST_BYTES, env });
  if (error !== undefined) return null;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.toString('utf8')}`);
  return stdout;
}
