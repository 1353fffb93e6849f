import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { PermanentError } from '@wikifleet/domain/errors';
import { isConflict, isMissing, isPreconditionFailed } from './s3-errors.js';
import type { WriteCondition } from './store.js';

export interface WriterOptions {
  /** Bytes of a part of the multipart upload: 5 MiB at least; a smaller object is written at once. */
  readonly partBytes: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** Parts of one upload under way at once. */
const PARALLEL_PARTS = 2;
const MAX_PARTS = 10_000;

/** What became of a finished upload; `lost` where its condition did not hold: somebody else was first. */
export type FinishOutcome = 'written' | 'lost';

/**
 * Writes one object as its bytes come, hashing on the way. Nothing is there before `finish`, and after `abort` nothing
 * is left. Memory: at most (2 + 1) × `partBytes`. The cut into parts follows from `partBytes` alone.
 */
export class ObjectWriter {
  readonly key: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #options: WriterOptions;
  readonly #hash = createHash('sha256');
  readonly #underWay = new Set<Promise<void>>();
  readonly #parts: CompletedPart[] = [];
  #buffer: Buffer;
  #filled = 0;
  #size = 0;
  #uploadId: string | undefined;
  #failure: unknown;
  #done = false;

  constructor(client: S3Client, bucket: string, key: string, options: WriterOptions) {
    this.#client = client;
    this.#bucket = bucket;
    this.key = key;
    this.#options = options;
    this.#buffer = Buffer.alloc(0);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Takes the bytes (they may be used again once it returns); waits while two parts are under way. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    let rest = bytes;
    while (rest.length > 0) {
      this.#reserve(rest.length);
      const taken = Math.min(rest.length, this.#options.partBytes - this.#filled);
      this.#buffer.set(rest.subarray(0, taken), this.#filled);
      this.#filled += taken;
      rest = rest.subarray(taken);
      if (this.#filled === this.#options.partBytes) await this.#startPart();
    }
  }

  /** The buffer grows with what comes, so that a small object costs little. */
  #reserve(bytes: number): void {
    const wanted = Math.min(this.#options.partBytes, this.#filled + bytes);
    if (wanted <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.#options.partBytes, Math.max(wanted, 2 * this.#buffer.length)));
    this.#buffer.copy(grown, 0, 0, this.#filled);
    this.#buffer = grown;
  }

  async #startPart(): Promise<void> {
    const body = this.#buffer.subarray(0, this.#filled);
    this.#buffer = Buffer.alloc(0);
    this.#filled = 0;
    await this.#startUpload();
    const number = this.#parts.length + 1;
    if (number > MAX_PARTS) {
      throw new PermanentError(
        'OBJECT_TOO_LARGE',
        `${this.key}: expected at most ${MAX_PARTS} parts of ${this.#options.partBytes} bytes`,
      );
    }
    const part: CompletedPart = { PartNumber: number };
    this.#parts.push(part);
    const upload = this.#client
      .send(
        new UploadPartCommand({
          Bucket: this.#bucket,
          Key: this.key,
          UploadId: this.#uploadId,
          PartNumber: number,
          Body: body,
        }),
        { abortSignal: this.#options.signal },
      )
      .then(
        (answer) => {
          part.ETag = answer.ETag;
          part.ChecksumCRC32 = answer.ChecksumCRC32;
        },
        (error: unknown) => {
          this.#failure ??= error;
        },
      )
      .finally(() => this.#underWay.delete(upload));
    this.#underWay.add(upload);
    while (this.#underWay.size >= PARALLEL_PARTS) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  async #startUpload(): Promise<void> {
    if (this.#uploadId !== undefined) return;
    const { metadata, contentType, signal } = this.#options;
    const answer = await this.#client.send(
      new CreateMultipartUploadCommand({
        Bucket: this.#bucket,
        Key: this.key,
        Metadata: metadata,
        ContentType: contentType,
        ChecksumAlgorithm: 'CRC32',
      }),
      { abortSignal: signal },
    );
    this.#uploadId = answer.UploadId;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The SHA-256 (hex) of what was written; once, before `finish`. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** Makes the object visible; `lost` where the condition did not hold, and then nothing is left of it. */
  async finish(condition: WriteCondition = {}): Promise<FinishOutcome> {
    const conditions = {
      ...(condition.ifNoneMatch === undefined ? {} : { IfNoneMatch: condition.ifNoneMatch }),
      ...(condition.ifMatch === undefined ? {} : { IfMatch: condition.ifMatch }),
    };
    try {
      if (this.#uploadId === undefined) await this.#putWhole(conditions);
      else await this.#complete(conditions);
      this.#done = true;
      return 'written';
    } catch (error) {
      if (isPreconditionFailed(error) || isConflict(error)) {
        await this.abort();
        return 'lost';
      }
      // closing a file aborts what is left under its keys: who finished first did so
      if (this.#uploadId !== undefined && isMissing(error)) return 'lost';
      throw error;
    }
  }

  async #putWhole(conditions: { IfNoneMatch?: string; IfMatch?: string }): Promise<void> {
    const { metadata, contentType, signal } = this.#options;
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: this.key,
        Body: this.#buffer.subarray(0, this.#filled),
        Metadata: metadata,
        ContentType: contentType,
        ...conditions,
      }),
      { abortSignal: signal },
    );
  }

  async #complete(conditions: { IfNoneMatch?: string; IfMatch?: string }): Promise<void> {
    if (this.#filled > 0) await this.#startPart();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    await this.#client.send(
      new CompleteMultipartUploadCommand({
        Bucket: this.#bucket,
        Key: this.key,
        UploadId: this.#uploadId,
        MultipartUpload: { Parts: this.#parts },
        ...conditions,
      }),
      { abortSignal: this.#options.signal },
    );
  }

  /** Leaves nothing behind, also when the job was aborted: its own signal no longer counts. May be called twice. */
  async abort(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await Promise.allSettled(this.#underWay);
    if (this.#uploadId === undefined) return;
    try {
      await this.#client.send(
        new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: this.key, UploadId: this.#uploadId }),
        { abortSignal: AbortSignal.timeout(5000) },
      );
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}
