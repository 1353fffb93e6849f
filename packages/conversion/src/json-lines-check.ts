import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { checkZstd } from '@wikifleet/compression/check-zstd';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import type { Compression } from '@wikifleet/domain/plan';
import type { Member } from '@wikifleet/domain/receipts';
import type { ContentCheck } from '@wikifleet/parquet/file-check';

const NEWLINE = 0x0a;

/** Of rows that are lines: throws a `UsageError` where this Node cannot decompress them. */
export function checkDecodable(compression: Compression): void {
  if (compression === 'snappy') throw new UsageError('FORMAT_REFUSED', 'no lines are snappy');
  if (compression === 'zstd') checkZstd();
}

/** As many lines as `expected`, the last one ended too. */
export function linesContent(expected: number): ContentCheck {
  return async (bytes) => {
    const lines = new LineCount();
    for await (const chunk of bytes.take(Number.POSITIVE_INFINITY)) lines.add(chunk);
    return lines.problem(expected, 'it');
  };
}

/** Each member decodes by itself, and has the rows that the receipt says. */
export function membersContent(members: readonly Member[], compression: Compression): ContentCheck {
  const decoder = decoderOf(compression);
  return async (bytes) => {
    for (const [at, { length, offset, rows }] of members.entries()) {
      const lines = new LineCount();
      const count = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
        for await (const chunk of chunks) lines.add(chunk);
      };
      const name = `member ${at} at byte ${offset}`;
      try {
        if (decoder === null) await count(bytes.take(length));
        else await pipeline(bytes.take(length), decoder(), count);
      } catch (error) {
        bytes.throwFailure();
        return `${name}: expected a whole ${compression} member: ${messageOf(error)}`;
      }
      const problem = lines.problem(rows, name);
      if (problem !== null) return problem;
    }
    return null;
  };
}

function decoderOf(compression: Compression): (() => Transform) | null {
  if (compression === 'none') return null;
  if (compression === 'gzip') return () => zlib.createGunzip();
  checkDecodable(compression);
  return () => zlib.createZstdDecompress();
}

class LineCount {
  #lines = 0;
  #last = NEWLINE;

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.#lines += 1;
    this.#last = chunk[chunk.length - 1]!;
  }

  problem(expected: number, name: string): string | null {
    if (this.#lines !== expected) return `${name}: expected ${expected} lines, received ${this.#lines}`;
    return this.#last === NEWLINE ? null : `${name}: its last line has no end`;
  }
}
