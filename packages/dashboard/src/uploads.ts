import { ListMultipartUploadsCommand, ListPartsCommand, S3Client } from '@aws-sdk/client-s3';
import type { StoreSettings } from '@wikifleet/store/store';
import type { CallBudget } from './call-budget.js';

/** A multipart upload under way: a raw object that a downloader is writing. */
export interface Upload {
  readonly key: string;
  readonly uploadId: string;
  /** Bytes of the parts that are there; null where they were not counted. */
  readonly received: number | null;
}

/** A fleet has a handful of downloads at once; of more, the others are shown without their bytes. */
const MOST_COUNTED = 12;
const MAX_UPLOADS = 1000;

/** Reads what is being written to a bucket. */
export class Uploads {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  static connect({ bucket, region, endpoint }: StoreSettings): Uploads {
    const client = new S3Client({
      region,
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 10_000, socketTimeout: 30_000 },
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    });
    return new Uploads(client, bucket);
  }

  /** The uploads below a prefix, at most 1,000 of them: one call, and one more for each whose bytes are counted. */
  async read(prefix: string, budget: CallBudget, signal: AbortSignal): Promise<Upload[]> {
    await budget.take(signal);
    const answer = await this.#client.send(
      new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix, MaxUploads: MAX_UPLOADS }),
      { abortSignal: signal },
    );
    const uploads: Upload[] = [];
    for (const { Key, UploadId } of answer.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      const counted = uploads.length < MOST_COUNTED;
      uploads.push({
        key: Key,
        uploadId: UploadId,
        received: counted ? await this.#received(Key, UploadId, budget, signal) : null,
      });
    }
    return uploads;
  }

  /** The bytes of at most 1,000 parts; null where the upload has ended meanwhile. */
  async #received(Key: string, UploadId: string, budget: CallBudget, signal: AbortSignal): Promise<number | null> {
    await budget.take(signal);
    try {
      const { Parts = [] } = await this.#client.send(new ListPartsCommand({ Bucket: this.#bucket, Key, UploadId }), {
        abortSignal: signal,
      });
      return Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchUpload') return null;
      throw error;
    }
  }

  close(): void {
    this.#client.destroy();
  }
}
