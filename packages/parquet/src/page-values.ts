import type { ReadPage } from './row-group-problem.js';
import { bitWidth } from './runs.js';
import type { Leaf } from './schema.js';

/** `Encoding` of parquet.thrift. */
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;
/** More than a dictionary of ours has entries for. */
const MOST_INDEX_BITS = 24;

/**
 * Throws a `RangeError` where a page's levels and values are not as many as its header says. What decodes them afterwards
 * trusts each run: one of 2^31 values would have it write so many.
 */
export function checkPageValues(
  { page, levels, values }: ReadPage,
  { kind, maxRepetition, maxDefinition }: Leaf,
): void {
  if (page.kind === 'dictionary') return checkPlain(values, page.values, kind);
  const repeated = maxRepetition > 0;
  if (repeated) checkRuns(levels.subarray(0, page.repetitions), bitWidth(maxRepetition), page.values);
  if (maxDefinition > 0) checkRuns(levels.subarray(page.repetitions), bitWidth(maxDefinition), page.values);
  const count = page.values - page.nulls;
  if (count < 0 || (repeated ? page.rows > page.values : page.rows !== page.values))
    throw new RangeError(`expected ${page.rows} rows of values, received ${page.values}, ${page.nulls} of them null`);
  switch (page.encoding) {
    case PLAIN:
      return checkPlain(values, count, kind);
    case RLE:
      if (kind !== 'boolean') break;
      // its length stands before it
      return checkRuns(values.subarray(4), 1, count);
    case RLE_DICTIONARY:
      if (kind === 'boolean') break;
      return checkRuns(values.subarray(1), values[0] ?? 0, count);
  }
  throw new RangeError(`expected an encoding of ours, received ${page.encoding}`);
}

function checkPlain(bytes: Uint8Array, count: number, kind: Leaf['kind']): void {
  let size = Math.ceil(count / 8);
  if (kind === 'integer') size = 8 * count;
  if (kind === 'string') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    size = 0;
    for (let at = 0; at < count; at += 1) size += 4 + view.getUint32(size, true);
  }
  if (size !== bytes.length)
    throw new RangeError(`expected ${count} values in ${size} bytes, received ${bytes.length}`);
}

/** The hybrid of repeated and packed values (parquet-format, Encodings.md). */
function checkRuns(bytes: Uint8Array, width: number, count: number): void {
  let seen = 0;
  for (let at = 0; seen < count;) {
    let header = 0;
    for (let place = 0, more = true; more; place += 1) {
      const byte = bytes[at];
      if (byte === undefined || place === 4) throw new RangeError(`expected ${count} values, received ${seen}`);
      header += (byte % 128) * 128 ** place;
      more = byte >= 128;
      at += 1;
    }
    const half = Math.floor(header / 2);
    const isPacked = header % 2 === 1;
    at += isPacked ? half * width : Math.ceil(width / 8);
    seen += isPacked ? 8 * half : half;
    // packed values are filled up to eight; without bits there is but one value, in one run
    const most = count + (isPacked ? 7 : 0);
    const isCut = width === 0 && seen < count;
    if (half === 0 || isCut || seen > most || at > bytes.length || width > MOST_INDEX_BITS)
      throw new RangeError(`expected a run of ${count} values of ${width} bits, received ${seen}`);
  }
}
