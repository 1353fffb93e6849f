import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { FleetError, messageOf } from '@wikifleet/domain/errors';
import { isMissing, isPreconditionFailed } from './s3-errors.js';

/** How often in a row a broken body is taken up again without a byte in between. */
const MAX_RESUMES = 5;

/**
 * The bytes `[start, end)` of an object while its ETag is `etag`, taken up where a connection broke. Throws
 * `OBJECT_CHANGED` where the object is no longer that one, and the last error where five resumes brought no byte.
 */
export async function* readRange(
  client: S3Client,
  bucket: string,
  key: string,
  range: { start: number; end: number; etag: string },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let position = range.start;
  let resumes = 0;
  while (position < range.end) {
    try {
      const answer = await client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          Range: `bytes=${position}-${range.end - 1}`,
          IfMatch: range.etag,
        }),
        { abortSignal: signal },
      );
      const body = answer.Body;
      if (!(body instanceof Readable)) throw new FleetError('OBJECT_UNREADABLE', `${key}: no body`);
      const wanted = range.end - position;
      if (answer.ContentLength !== undefined && answer.ContentLength !== wanted) {
        body.destroy();
        throw new FleetError('OBJECT_UNREADABLE', `${key}: expected ${wanted} bytes, received ${answer.ContentLength}`);
      }
      for await (const chunk of body as AsyncIterable<Buffer>) {
        signal.throwIfAborted();
        position += chunk.length;
        resumes = 0;
        yield chunk;
      }
      if (position < range.end)
        throw new FleetError('OBJECT_CUT', `${key}: expected ${range.end} bytes, received ${position}`);
    } catch (error) {
      signal.throwIfAborted();
      if (isMissing(error) || isPreconditionFailed(error)) {
        throw new FleetError(
          'OBJECT_CHANGED',
          `${key}: it changed or went away while it was read: ${messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
      resumes += 1;
      if (resumes > MAX_RESUMES) throw error;
      await sleep(100 * 2 ** resumes, undefined, { signal });
    }
  }
}
