import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { S3ServiceException } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';

/** An object as S3 holds it. The ETag follows from the content, or from the parts of its upload. */
export interface MemoryObject {
  readonly body: Buffer;
  readonly etag: string;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

/** The fields of the SDK's commands that the programs use. */
interface S3Input {
  readonly Key?: string;
  readonly Body?: string | Uint8Array;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly Range?: string;
  readonly Prefix?: string;
  readonly ContinuationToken?: string;
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
  readonly UploadId?: string;
  readonly PartNumber?: number;
  readonly MultipartUpload?: { readonly Parts?: readonly { readonly PartNumber?: number; readonly ETag?: string }[] };
  readonly Delete?: { readonly Objects?: readonly { readonly Key?: string }[] };
}

export interface S3Command {
  readonly constructor: { readonly name: string };
  readonly input: object;
}

/** A change of one key, as it happens; `after` is null where the key is deleted. */
export interface ObjectChange {
  readonly key: string;
  readonly before: MemoryObject | null;
  readonly after: MemoryObject | null;
}

/**
 * One bucket of S3 in memory for tests, strongly consistent as S3 is: each call of `apply` is one atomic request. Only what
 * `Store` sends is known; everything else throws. A test holds it against the loopback S3, request by request.
 */
export class MemoryS3 {
  readonly objects = new Map<string, MemoryObject>();
  readonly #uploads = new Map<string, Upload>();
  readonly #pageSize: number;
  #uploadCount = 0;
  /** Called after each change of a key. */
  onChange: (change: ObjectChange) => void = () => {};

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** A bucket of its own with the same objects and no upload. */
  copy(): MemoryS3 {
    const copy = new MemoryS3(1000);
    for (const [key, object] of this.objects) copy.objects.set(key, object);
    return copy;
  }

  /** A client for `Store`, whose requests are done at once. */
  client(): S3Client {
    const send = async (command: S3Command, { abortSignal }: { abortSignal?: AbortSignal } = {}): Promise<object> => {
      await Promise.resolve();
      abortSignal?.throwIfAborted();
      return this.apply(command);
    };
    return { middlewareStack: { add: () => {} }, send, destroy: () => {} } as unknown as S3Client;
  }

  /** Writes a key without a request: as an operator with other tools does. */
  set(key: string, body: string | Uint8Array): void {
    this.#write(key, Buffer.from(body as Uint8Array), null);
  }

  /** Deletes a key without a request. */
  remove(key: string): boolean {
    const before = this.objects.get(key) ?? null;
    if (before === null) return false;
    this.objects.delete(key);
    this.onChange({ key, before, after: null });
    return true;
  }

  keys(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** Does one request and returns its output; throws an `S3ServiceException`. */
  apply(command: S3Command): object {
    const input = command.input as S3Input;
    switch (command.constructor.name) {
      case 'GetObjectCommand':
        return this.#get(input);
      case 'HeadObjectCommand': {
        const { body, etag } = this.#object(input, 'NotFound');
        return { ContentLength: body.length, ETag: etag, Metadata: {} };
      }
      case 'PutObjectCommand':
        this.#checkCondition(input);
        return { ETag: this.#write(input.Key ?? '', Buffer.from(input.Body as Uint8Array), null) };
      case 'DeleteObjectsCommand':
        for (const { Key = '' } of input.Delete?.Objects ?? []) this.remove(Key);
        return {};
      case 'ListObjectsV2Command':
        return this.#list(input);
      case 'CreateMultipartUploadCommand':
        this.#uploadCount += 1;
        this.#uploads.set(`upload-${this.#uploadCount}`, { key: input.Key ?? '', parts: new Map() });
        return { UploadId: `upload-${this.#uploadCount}` };
      case 'UploadPartCommand': {
        const body = Buffer.from(input.Body as Uint8Array);
        this.#upload(input).parts.set(input.PartNumber ?? 0, body);
        return { ETag: etagOf(body) };
      }
      case 'CompleteMultipartUploadCommand':
        return this.#complete(input);
      case 'AbortMultipartUploadCommand':
        this.#upload(input);
        this.#uploads.delete(input.UploadId ?? '');
        return {};
      case 'ListMultipartUploadsCommand':
        return this.#listUploads(input);
      default:
        throw new Error(`the model of S3 has no ${command.constructor.name}`);
    }
  }

  #object({ Key = '' }: S3Input, code = 'NoSuchKey'): MemoryObject {
    const object = this.objects.get(Key);
    if (object === undefined) throw s3Error(404, code);
    return object;
  }

  #get(input: S3Input): object {
    const { body, etag } = this.#object(input);
    if (input.IfMatch !== undefined && input.IfMatch !== etag) throw s3Error(412, 'PreconditionFailed');
    if (input.IfNoneMatch === etag) throw s3Error(304, 'NotModified');
    const range = /^bytes=(\d+)-(\d+)$/.exec(input.Range ?? '');
    if (range === null) return { Body: new MemoryBody(body), ContentLength: body.length, ETag: etag };
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]), body.length - 1)];
    if (start >= body.length) throw s3Error(416, 'InvalidRange');
    const part = body.subarray(start, end + 1);
    const ContentRange = `bytes ${start}-${end}/${body.length}`;
    return { Body: new MemoryBody(part), ContentLength: part.length, ETag: etag, ContentRange };
  }

  #checkCondition({ Key = '', IfMatch, IfNoneMatch }: S3Input): void {
    const there = this.objects.get(Key);
    if (IfNoneMatch !== undefined && there !== undefined) throw s3Error(412, 'PreconditionFailed');
    if (IfMatch === undefined) return;
    if (there === undefined) throw s3Error(404, 'NoSuchKey');
    if (there.etag !== IfMatch) throw s3Error(412, 'PreconditionFailed');
  }

  #write(key: string, body: Buffer, multipartEtag: string | null): string {
    const before = this.objects.get(key) ?? null;
    const after = { body, etag: multipartEtag ?? etagOf(body) };
    this.objects.set(key, after);
    this.onChange({ key, before, after });
    return after.etag;
  }

  #list({ Prefix = '', ContinuationToken }: S3Input): object {
    const after = ContinuationToken ?? '';
    const keys = this.keys(Prefix).filter((key) => key > after);
    const page = keys.slice(0, this.#pageSize);
    const Contents = page.map((Key) => ({ Key, Size: this.objects.get(Key)?.body.length ?? 0 }));
    return { Contents, ...(keys.length > page.length ? { NextContinuationToken: page.at(-1) } : {}) };
  }

  #upload({ UploadId = '', Key }: S3Input): Upload {
    const upload = this.#uploads.get(UploadId);
    if (upload === undefined || upload.key !== Key) throw s3Error(404, 'NoSuchUpload');
    return upload;
  }

  #complete(input: S3Input): object {
    const { key, parts } = this.#upload(input);
    const named = input.MultipartUpload?.Parts ?? [];
    const bodies = named.map(({ PartNumber = 0, ETag }) => {
      const body = parts.get(PartNumber);
      if (body === undefined || etagOf(body) !== ETag) throw s3Error(400, 'InvalidPart');
      return body;
    });
    this.#checkCondition(input);
    this.#uploads.delete(input.UploadId ?? '');
    const digests = Buffer.concat(bodies.map((body) => createHash('md5').update(body).digest()));
    const etag = `"${createHash('md5').update(digests).digest('hex')}-${bodies.length}"`;
    return { ETag: this.#write(key, Buffer.concat(bodies), etag) };
  }

  #listUploads({ Prefix = '', KeyMarker, UploadIdMarker = '' }: S3Input): object {
    const all = [...this.#uploads]
      .map(([id, { key }]) => ({ Key: key, UploadId: id }))
      .filter(({ Key }) => Key.startsWith(Prefix))
      .sort((a, b) => (a.Key === b.Key ? compare(a.UploadId, b.UploadId) : compare(a.Key, b.Key)))
      .filter(({ Key, UploadId }) => {
        if (KeyMarker === undefined) return true;
        return Key > KeyMarker || (Key === KeyMarker && UploadId > UploadIdMarker);
      });
    const page = all.slice(0, this.#pageSize);
    if (page.length === all.length) return { Uploads: page, IsTruncated: false };
    const last = page.at(-1);
    return { Uploads: page, IsTruncated: true, NextKeyMarker: last?.Key, NextUploadIdMarker: last?.UploadId };
  }
}

/** A body that is there at once; `cut` breaks it off before its end, as a connection does. */
export class MemoryBody extends Readable {
  readonly #bytes: Buffer;
  readonly #isCut: boolean;

  constructor(bytes: Buffer, isCut = false) {
    super();
    this.#bytes = bytes;
    this.#isCut = isCut;
  }

  cut(): MemoryBody {
    return new MemoryBody(this.#bytes.subarray(0, this.#bytes.length >> 1), true);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  // a stream of Node's takes several turns of its queues for what is one step here
  override async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    if (this.#bytes.length > 0) yield this.#bytes;
    if (this.#isCut) throw new ConnectionError('aborted');
    await Promise.resolve();
  }
}

/** A connection that broke, as Node reports it. */
export class ConnectionError extends Error {
  readonly code = 'ECONNRESET';
}

export function s3Error(status: number, name: string): S3ServiceException {
  const $metadata = { httpStatusCode: status };
  return new S3ServiceException({ name, $fault: status < 500 ? 'client' : 'server', $metadata, message: name });
}

export function etagOf(body: Uint8Array): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
