import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { FleetError, PermanentError, UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import type { z } from 'zod';
import { getRange } from './get-range.js';
import type { SizedRange } from './get-range.js';
import { ObjectWriter } from './object-writer.js';
import type { WriterOptions } from './object-writer.js';
import { readRange } from './read-range.js';
import { retryBody } from './retry-body.js';
import { sleepFor } from './sleep.js';
import type { Sleep } from './sleep.js';
import { isConflict, isMissing, isNotModified, isPreconditionFailed } from './s3-errors.js';
import { countTraffic } from './traffic.js';
import type { Traffic } from './traffic.js';

export interface StoreSettings {
  readonly bucket: string;
  readonly region: string;
  /** Where S3 is spoken; undefined: AWS itself. */
  readonly endpoint: string | undefined;
  /** A connection on which nothing moves for so many milliseconds is given up; default 120,000. */
  readonly idleMs?: number;
}

export interface ObjectHead {
  readonly size: number;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A JSON object that was read, with its ETag. */
export interface JsonObject<T> {
  readonly value: T;
  readonly etag: string;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** When it was written; null where S3 does not say. */
  readonly modified: Date | null;
}

/** A multipart upload under way. */
export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** When a write may happen; `ifMatch` is an ETag. */
export interface WriteCondition {
  readonly ifNoneMatch?: '*';
  readonly ifMatch?: string;
}

/** A note, a receipt or a plan is never larger: 64 MiB, a plan of 100,000 files. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** The SDK waits for a dead connection for ever, and a lease would be extended as long. */
const CONNECT_MS = 10_000;
const IDLE_MS = 120_000;
/** An object is read so often before it is taken for malformed, with 50, 100 and 200 ms between. */
const MAX_MALFORMED_READS = 4;
const MALFORMED_BACKOFF_MS = 50;
/** Conditional writes that met another one under way are done again so often. */
const CONFLICT_RETRIES = 5;

/** A bucket on S3: objects read by range, written whole or by multipart upload, listed and deleted. */
export class Store {
  readonly bucket: string;
  /** Of this store, so far. */
  readonly traffic: Readonly<Traffic>;
  readonly #client: S3Client;
  readonly #sleep: Sleep;

  /** `wait`: how the store waits between attempts; a test puts its own clock there. */
  constructor(client: S3Client, bucket: string, wait: Sleep = sleepFor) {
    this.#client = client;
    this.#sleep = wait;
    this.bucket = bucket;
    this.traffic = countTraffic(client);
  }

  /** The endpoint is set explicitly, so that nothing is ever sent elsewhere; a loopback endpoint has buckets in its path. */
  static connect(settings: StoreSettings): Store {
    const client = new S3Client({
      region: settings.region,
      maxAttempts: 5,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: settings.idleMs ?? IDLE_MS },
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint, forcePathStyle: true }),
    });
    return new Store(client, settings.bucket);
  }

  /** Throws a `UsageError` where the bucket cannot be reached. */
  async check(): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      throw new UsageError('BUCKET_UNREACHABLE', `the bucket ${this.bucket} cannot be reached: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Null only where S3 says that the key is not there; a 403 is an error. */
  async head(key: string, signal?: AbortSignal): Promise<ObjectHead | null> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }), send(signal));
      return { size: head.ContentLength ?? 0, etag: head.ETag ?? '', metadata: head.Metadata ?? {} };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /**
   * A JSON object, validated; null where it is not there. An answer of status 200 may still be damaged on its way: what is no
   * JSON, or does not fit the schema, is read again with backoff, and only then thrown as `OBJECT_MALFORMED`. `known` is
   * what an earlier call returned: it is returned again where the object still has its ETag (If-None-Match, status 304).
   */
  async getJson<T>(
    key: string,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
    known?: JsonObject<T>,
  ): Promise<JsonObject<T> | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const read = await this.#getText(key, signal, known?.etag);
        return read === null ? null : { value: parseJson(key, read.text, schema), etag: read.etag };
      } catch (error) {
        if (known !== undefined && isNotModified(error)) return known;
        if (codeOf(error) !== 'OBJECT_MALFORMED' || attempt === MAX_MALFORMED_READS) throw error;
      }
      await this.#sleep(MALFORMED_BACKOFF_MS * 2 ** (attempt - 1), signal);
    }
  }

  /** A small object; null where it is not there. */
  async #getText(
    key: string,
    signal: AbortSignal | undefined,
    knownEtag: string | undefined,
  ): Promise<{ text: string; etag: string } | null> {
    const condition = knownEtag === undefined ? {} : { IfNoneMatch: knownEtag };
    const ask = async () =>
      await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, ...condition }), send(signal));
    const read = async ({ Body, ContentLength = 0, ETag = '' }: GetObjectCommandOutput) => ({
      text: await readText(key, Body, ContentLength),
      etag: ETag,
    });
    try {
      return await retryBody(ask, read, signal, this.#sleep);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Writes a small object; `false` where the condition did not hold. Another conditional write under way is waited for. */
  async put(
    key: string,
    body: string | Uint8Array,
    condition: WriteCondition = {},
    signal?: AbortSignal,
  ): Promise<boolean> {
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: body,
      ...(key.endsWith('.json') ? { ContentType: 'application/json' } : {}),
      ...(condition.ifNoneMatch === undefined ? {} : { IfNoneMatch: condition.ifNoneMatch }),
      ...(condition.ifMatch === undefined ? {} : { IfMatch: condition.ifMatch }),
    });
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        await this.#client.send(command, send(signal));
        return true;
      } catch (error) {
        // of If-Match S3 says 404 where nothing is there to match
        if (isPreconditionFailed(error) || (condition.ifMatch !== undefined && isMissing(error))) return false;
        if (!isConflict(error) || conflicts === CONFLICT_RETRIES) throw error;
        await this.#sleep(50 * 2 ** conflicts, signal);
      }
    }
  }

  async putJson(key: string, value: unknown, condition: WriteCondition = {}, signal?: AbortSignal): Promise<boolean> {
    return await this.put(key, JSON.stringify(value, null, 1) + '\n', condition, signal);
  }

  /** The bytes `[start, end)` of an object, resumed where the connection breaks; see `readRange`. */
  read(
    key: string,
    range: { start: number; end: number; etag: string },
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    return readRange(this.#client, this.bucket, key, range, signal);
  }

  /** A small range of an object whose size is known, in one request; see `getRange`. */
  async getRange(key: string, range: SizedRange, signal: AbortSignal): Promise<Buffer> {
    return await getRange(this.#client, this.bucket, key, range, signal);
  }

  /** An object of any size, written as it comes; nothing is there until `finish`. */
  createWriter(key: string, options: WriterOptions): ObjectWriter {
    return new ObjectWriter(this.#client, this.bucket, key, options);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token }),
        send(signal),
      );
      for (const object of page.Contents ?? []) {
        if (object.Key === undefined) continue;
        yield { key: object.Key, size: object.Size ?? 0, modified: object.LastModified ?? null };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** What stands below a prefix up to the next `/`, that included; the prefix ends with one. */
  async *folders(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token }),
        send(signal),
      );
      for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) yield Prefix;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** Deletes keys, there or not; throws where S3 refuses one. */
  async delete(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    for (let i = 0; i < keys.length; i += 1000) {
      const Objects = keys.slice(i, i + 1000).map((Key) => ({ Key }));
      const answer = await this.#client.send(
        new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } }),
        send(signal),
      );
      const [failed] = answer.Errors ?? [];
      if (failed !== undefined) {
        throw new FleetError('DELETE_REFUSED', `${failed.Key}: not deleted: ${failed.Code} ${failed.Message}`);
      }
    }
  }

  /** The multipart uploads below a prefix that are under way, 1,000 a call. */
  async *uploads(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedUpload> {
    let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
    for (;;) {
      const page = await this.#client.send(
        new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: prefix, ...markers }),
        send(signal),
      );
      for (const { Key, UploadId } of page.Uploads ?? []) {
        if (Key !== undefined && UploadId !== undefined) yield { key: Key, uploadId: UploadId };
      }
      if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return;
      markers = {
        KeyMarker: page.NextKeyMarker,
        ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
      };
    }
  }

  /** The bytes of an upload's first 1,000 parts, one call; null where it has ended meanwhile. */
  async uploadedBytes({ key, uploadId }: ListedUpload, signal?: AbortSignal): Promise<number | null> {
    const command = new ListPartsCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId });
    try {
      const { Parts = [] } = await this.#client.send(command, send(signal));
      return Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Aborts the multipart uploads below a prefix whose keys are `ours` (default: all); returns how many. */
  async abortUploads(
    prefix: string,
    signal?: AbortSignal,
    ours: (key: string) => boolean = () => true,
  ): Promise<number> {
    let aborted = 0;
    for await (const upload of this.uploads(prefix, signal)) {
      if (!ours(upload.key)) continue;
      await this.#abortUpload(upload, signal);
      aborted += 1;
    }
    return aborted;
  }

  async #abortUpload({ key, uploadId }: ListedUpload, signal?: AbortSignal): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId });
    try {
      await this.#client.send(command, send(signal));
    } catch (error) {
      // somebody else who closes the file was here first
      if (!isMissing(error)) throw error;
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

function send(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** The text of a body, bounded. */
async function readText(key: string, body: unknown, length: number): Promise<string> {
  if (!(body instanceof Readable)) return '';
  const chunks: Buffer[] = [];
  let size = length;
  let received = 0;
  if (size <= MAX_JSON_BYTES) {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.length;
      size = Math.max(size, received);
      if (size > MAX_JSON_BYTES) break;
      chunks.push(chunk);
    }
  }
  if (size <= MAX_JSON_BYTES) return Buffer.concat(chunks).toString('utf8');
  throw new PermanentError(
    'OBJECT_TOO_LARGE',
    `${key}: expected at most ${MAX_JSON_BYTES} bytes, received ${size} or more`,
  );
}

function parseJson<T>(key: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PermanentError('OBJECT_MALFORMED', `${key}: expected JSON: ${messageOf(error)}`, { cause: error });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PermanentError('OBJECT_MALFORMED', `${key}: ${issues.join('; ')}`);
}
