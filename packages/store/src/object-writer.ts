import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { PartMemory } from './part-memory.js';
import { isConflict, isMissing, isPreconditionFailed } from './s3-errors.js';
import type { WriteCondition } from './store.js';

export interface WriterOptions {
  /** Bytes of a part of the multipart upload: 5 MiB at least; a smaller object is written at once. */
  readonly partBytes: number;
  /** Whether it will be as large as a part at least: then no small buffer grows to one. */
  readonly isLarge?: boolean;
  /** Where parts find their memory, if other writers share it. */
  readonly memory?: PartMemory;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** Parts of one upload under way at once. */
const PARALLEL_PARTS = 2;
const MAX_PARTS = 10_000;
const CREATE_TIMEOUT_MS = 30_000;
const ABORT_TIMEOUT_MS = 5_000;

const NOTHING = Buffer.alloc(0);

/** What became of a finished upload; `lost` where its condition did not hold: somebody else was first. */
export type FinishOutcome = 'written' | 'lost';

/**
 * Writes one object as its bytes come, hashing on the way. Nothing is there before `finish`, and after `abort` nothing
 * is left. Memory: at most 2 × `partBytes`. The cut into parts follows from `partBytes` alone.
 */
export class ObjectWriter {
  readonly key: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #options: WriterOptions;
  /** Ends the parts under way when the writer is aborted before its job is. */
  readonly #aborted = new AbortController();
  readonly #signal: AbortSignal;
  readonly #hash = createHash('sha256');
  readonly #underWay = new Set<Promise<void>>();
  readonly #parts: CompletedPart[] = [];
  readonly #memory: PartMemory;
  #buffer: Buffer = NOTHING;
  /** Whether the buffer is one of `#memory`, and not one that grew. */
  #isLent = false;
  #filled = 0;
  #size = 0;
  #uploadId: string | undefined;
  #creating: Promise<void> | undefined;
  #failure: unknown;
  #done = false;
  #etag: string | null = null;

  constructor(client: S3Client, bucket: string, key: string, options: WriterOptions) {
    this.#client = client;
    this.#bucket = bucket;
    this.key = key;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#aborted.signal]);
    this.#memory = options.memory ?? new PartMemory(PARALLEL_PARTS);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** The ETag of the object; null before it is finished. */
  get etag(): string | null {
    return this.#etag;
  }

  /** Takes the bytes (they may be used again once it returns); waits while two parts are under way. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#throwIfDone();
    this.#hash.update(bytes);
    this.#size += bytes.length;
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#buffer.length === 0 && this.#isKnownLarge) await this.#takeBuffer();
      this.#reserve(rest.length);
      const taken = Math.min(rest.length, this.#options.partBytes - this.#filled);
      this.#buffer.set(rest.subarray(0, taken), this.#filled);
      this.#filled += taken;
      rest = rest.subarray(taken);
      if (this.#filled === this.#options.partBytes) await this.#startPart();
    }
  }

  /** After its first part an object is large. */
  get #isKnownLarge(): boolean {
    return this.#options.isLarge === true || this.#parts.length > 0;
  }

  async #takeBuffer(): Promise<void> {
    const buffer = await this.#memory.take(this.#options.partBytes, this.#signal);
    if (this.#done) this.#memory.give(buffer);
    this.#throwIfDone();
    this.#buffer = buffer;
    this.#isLent = true;
  }

  /** The buffer, which is no longer the writer's. */
  #passOn(): { readonly buffer: Buffer; readonly isLent: boolean } {
    const passed = { buffer: this.#buffer, isLent: this.#isLent };
    this.#buffer = NOTHING;
    this.#isLent = false;
    return passed;
  }

  /** Of a part that was begun and will not be sent. */
  #giveBack(): void {
    const { buffer, isLent } = this.#passOn();
    if (isLent) this.#memory.give(buffer);
  }

  /** The buffer grows with what comes, so that a small object costs little. */
  #reserve(bytes: number): void {
    const wanted = Math.min(this.#options.partBytes, this.#filled + bytes);
    if (wanted <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#options.partBytes, Math.max(wanted, 2 * this.#buffer.length)));
    this.#buffer.copy(grown, 0, 0, this.#filled);
    this.#buffer = grown;
  }

  async #startPart(): Promise<void> {
    await this.#startUpload();
    this.#throwIfDone();
    const number = this.#parts.length + 1;
    if (number > MAX_PARTS) {
      throw new PermanentError(
        'OBJECT_TOO_LARGE',
        `${this.key}: expected at most ${MAX_PARTS} parts of ${this.#options.partBytes} bytes`,
      );
    }
    const body = this.#buffer.subarray(0, this.#filled);
    const { buffer, isLent } = this.#passOn();
    this.#filled = 0;
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
        { abortSignal: this.#signal },
      )
      .then(
        (answer) => {
          part.ETag = answer.ETag;
          part.ChecksumCRC32 = answer.ChecksumCRC32;
          if (isLent) this.#memory.give(buffer);
        },
        (error: unknown) => {
          // a request that was cut off may still read it
          if (isLent) this.#memory.drop();
          this.#failure ??= error;
        },
      )
      .finally(() => this.#underWay.delete(upload));
    this.#underWay.add(upload);
    while (this.#underWay.size >= PARALLEL_PARTS) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  async #startUpload(): Promise<void> {
    this.#signal.throwIfAborted();
    this.#creating ??= this.#createUpload();
    await this.#creating;
    this.#signal.throwIfAborted();
  }

  /** Under a signal of its own: an upload whose id nobody has heard cannot be aborted. */
  async #createUpload(): Promise<void> {
    const { metadata, contentType } = this.#options;
    const answer = await this.#client.send(
      new CreateMultipartUploadCommand({
        Bucket: this.#bucket,
        Key: this.key,
        Metadata: metadata,
        ContentType: contentType,
        ChecksumAlgorithm: 'CRC32',
      }),
      { abortSignal: AbortSignal.timeout(CREATE_TIMEOUT_MS) },
    );
    this.#uploadId = answer.UploadId;
  }

  #throwIfDone(): void {
    if (this.#done) throw new FleetError('WRITER_CLOSED', `${this.key}: it was finished or aborted before`);
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
    this.#throwIfDone();
    const conditions = {
      ...(condition.ifNoneMatch === undefined ? {} : { IfNoneMatch: condition.ifNoneMatch }),
      ...(condition.ifMatch === undefined ? {} : { IfMatch: condition.ifMatch }),
    };
    try {
      if (this.#uploadId === undefined) await this.#putWhole(conditions);
      else await this.#complete(conditions);
      this.#done = true;
      this.#giveBack();
      return 'written';
    } catch (error) {
      if (isPreconditionFailed(error) || isConflict(error)) {
        await this.abort();
        return 'lost';
      }
      // closing a file aborts what is left under its keys; of If-Match S3 says 404 where nothing is there to match
      if ((this.#uploadId !== undefined || condition.ifMatch !== undefined) && isMissing(error)) {
        await this.abort();
        return 'lost';
      }
      throw error;
    }
  }

  async #putWhole(conditions: { IfNoneMatch?: string; IfMatch?: string }): Promise<void> {
    const { metadata, contentType } = this.#options;
    const answer = await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: this.key,
        Body: this.#buffer.subarray(0, this.#filled),
        Metadata: metadata,
        ContentType: contentType,
        ...conditions,
      }),
      { abortSignal: this.#signal },
    );
    this.#etag = answer.ETag ?? null;
  }

  async #complete(conditions: { IfNoneMatch?: string; IfMatch?: string }): Promise<void> {
    if (this.#filled > 0) await this.#startPart();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    const answer = await this.#client.send(
      new CompleteMultipartUploadCommand({
        Bucket: this.#bucket,
        Key: this.key,
        UploadId: this.#uploadId,
        MultipartUpload: { Parts: this.#parts },
        ...conditions,
      }),
      { abortSignal: this.#signal },
    );
    this.#etag = answer.ETag ?? null;
  }

  /**
   * Leaves nothing behind, also when the job was aborted: its own signal no longer counts. May be called twice. It never
   * throws, so that it hides no error of the job: what it could not abort goes when the file is closed.
   */
  async abort(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    this.#giveBack();
    this.#aborted.abort();
    await Promise.allSettled([this.#creating, ...this.#underWay]);
    if (this.#uploadId === undefined) return;
    const command = new AbortMultipartUploadCommand({
      Bucket: this.#bucket,
      Key: this.key,
      UploadId: this.#uploadId,
    });
    await this.#client.send(command, { abortSignal: AbortSignal.timeout(ABORT_TIMEOUT_MS) }).catch(() => {});
  }
}
