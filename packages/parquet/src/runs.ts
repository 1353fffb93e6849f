import type { GrowingBytes } from '@wikifleet/compression/growing-bytes';

/** Fewer equal values are packed with their neighbours. */
const MIN_RUN = 8;

/**
 * Appends values of `width` bits as runs of equal ones and as packed groups of eight (parquet-format, Encodings.md,
 * "RLE/Bit-packed hybrid"): levels, indexes of a dictionary and booleans stand so.
 */
export function appendRuns(out: GrowingBytes, values: ArrayLike<number>, count: number, width: number): void {
  let packedFrom = 0;
  for (let at = 0; at < count;) {
    let end = at + 1;
    while (end < count && values[end] === values[at]) end += 1;
    // packed groups are of eight, so a run may begin only behind a full one
    const lacking = (8 - ((at - packedFrom) % 8)) % 8;
    if (end - at - lacking < MIN_RUN) {
      at = end;
      continue;
    }
    const from = at + lacking;
    appendPacked(out, values, packedFrom, from, width);
    out.varint(2 * (end - from));
    appendBytes(out, values[from] ?? 0, width);
    packedFrom = at = end;
  }
  appendPacked(out, values, packedFrom, count, width);
}

function appendBytes(out: GrowingBytes, value: number, width: number): void {
  for (let bits = 0; bits < width; bits += 8) out.byte((value >>> bits) & 0xff);
}

/** Groups of eight; the last one is filled up with zeros. Bits are packed from the lowest on. */
function appendPacked(out: GrowingBytes, values: ArrayLike<number>, from: number, to: number, width: number): void {
  if (from === to) return;
  const groups = Math.ceil((to - from) / 8);
  out.varint(2 * groups + 1);
  let bits = 0;
  let held = 0;
  for (let i = from; i < from + 8 * groups; i += 1) {
    bits |= (i < to ? (values[i] ?? 0) : 0) << held;
    for (held += width; held >= 8; held -= 8) {
      out.byte(bits & 0xff);
      bits >>>= 8;
    }
  }
}

/** Bits that values up to `largest` need. */
export function bitWidth(largest: number): number {
  return 32 - Math.clz32(largest);
}
