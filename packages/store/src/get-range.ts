import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { FleetError } from '@wikifleet/domain/errors';
import { retryBody } from './retry-body.js';
import { isMissing, isUnsatisfiable } from './s3-errors.js';

/** Bytes `[start, end)` of an object that has `size` bytes. */
export interface SizedRange {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/**
 * A range of an object whose size is known, in one request, whole or not at all. Throws `OBJECT_MISSING` where the key is
 * not there, and `OBJECT_CHANGED` where the object has another size. Memory: the range, which the caller bounds.
 */
export async function getRange(
  client: S3Client,
  bucket: string,
  key: string,
  range: SizedRange,
  signal: AbortSignal,
): Promise<Buffer> {
  const { start, end, size } = range;
  if (start < 0 || end > size || start > end) throw new RangeError(`${key}: [${start}, ${end}) of ${size} bytes`);
  if (start === end) return Buffer.alloc(0);
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` });
  const expected = `bytes ${start}-${end - 1}/${size}`;
  const ask = async () => {
    const answer = await client.send(command, { abortSignal: signal });
    if (answer.ContentRange === expected) return answer;
    if (answer.Body instanceof Readable) answer.Body.destroy();
    throw changed(key, expected, answer.ContentRange ?? 'no range');
  };
  try {
    return await retryBody(ask, async ({ Body }) => await bytesOf(key, Body, end - start), signal);
  } catch (error) {
    if (isMissing(error)) {
      throw new FleetError('OBJECT_MISSING', `${key}: it is not there`, { cause: error, place: key });
    }
    if (isUnsatisfiable(error)) throw changed(key, `${size} bytes`, 'fewer');
    throw error;
  }
}

function changed(key: string, expected: string, received: string): FleetError {
  const place = { place: key, expected, received };
  return new FleetError('OBJECT_CHANGED', `${key}: expected ${expected}, received ${received}`, place);
}

async function bytesOf(key: string, body: unknown, length: number): Promise<Buffer> {
  if (!(body instanceof Readable)) throw new FleetError('OBJECT_UNREADABLE', `${key}: no body`);
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > length) break;
    chunks.push(chunk);
  }
  if (received !== length) {
    throw new FleetError('OBJECT_CUT', `${key}: expected ${length} bytes, received ${received}`, { place: key });
  }
  return Buffer.concat(chunks, length);
}
