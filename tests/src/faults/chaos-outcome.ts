import { gunzipSync } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { ChangeMessageVisibilityCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { cloudEnvironment } from '../tools/cloud-environment.js';
import { RUN } from './chaos-sample.js';

const BUCKET = 'wikifleet';
const QUEUES = ['download', 'convert', 'download-dead-letter', 'convert-dead-letter'] as const;
const [KIND = '', WIKI = '', DATE = ''] = RUN.split('/');
const ROWS = `rows/kind=${KIND}/wiki_id=${WIKI}/snapshot=${DATE}/`;

/** What a run made: the plan's id is chance, and stands in no name here. */
export interface Snapshot {
  /** Keys below `rows/` and `quarantine/`, with their bytes. */
  readonly parts: ReadonlyMap<string, Buffer>;
  /** The manifest's `result`, as text. */
  readonly manifest: string;
  readonly rows: number;
  readonly splits: number;
}

/** Looks at a cloud past everything that stands before it. */
export class CloudWatcher {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #s3: S3Client;
  readonly #sqs: SQSClient;

  constructor(endpoint: string) {
    this.#environment = cloudEnvironment(endpoint);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const place = { endpoint, region: 'us-east-1', credentials, maxAttempts: 8 };
    this.#s3 = new S3Client({ ...place, forcePathStyle: true });
    this.#sqs = new SQSClient({ ...place, useQueueUrlAsEndpoint: false });
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix, ContinuationToken }));
      keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return keys;
  }

  async bytes(key: string): Promise<Buffer> {
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  /** The id of the current plan; null where none is there. */
  async planId(): Promise<string | null> {
    const key = `runs/${RUN}/plan.json`;
    if ((await this.keys(key)).length === 0) return null;
    return (JSON.parse((await this.bytes(key)).toString()) as { planId: string }).planId;
  }

  /** Whether the current plan's run is closed. */
  async isClosed(): Promise<boolean> {
    const planId = await this.planId();
    if (planId === null || !(await this.manifestIsThere(planId))) return false;
    const text = (await this.bytes(`runs/${RUN}/${planId}/manifest.json`)).toString();
    return (JSON.parse(text) as { state: string }).state === 'closed';
  }

  async manifestIsThere(planId: string): Promise<boolean> {
    return (await this.keys(`runs/${RUN}/${planId}/manifest.json`)).length === 1;
  }

  async snapshot(planId: string): Promise<Snapshot> {
    const parts = new Map<string, Buffer>();
    for (const prefix of [ROWS, `quarantine/${RUN}/`]) {
      for (const key of await this.keys(prefix)) parts.set(key.replaceAll(planId, 'PLAN'), await this.bytes(key));
    }
    const text = (await this.bytes(`runs/${RUN}/${planId}/manifest.json`)).toString().replaceAll(planId, 'PLAN');
    const { result } = JSON.parse(text) as { result: { plan?: string; files: { rows: number; manifest?: string }[] } };
    // digests over the plan's id
    delete result.plan;
    for (const file of result.files) delete file.manifest;
    const rows = result.files.reduce((sum, file) => sum + file.rows, 0);
    const splits = (await this.keys(`runs/${RUN}/${planId}/receipts/`)).length;
    return { parts, manifest: JSON.stringify(result), rows, splits };
  }

  /** Every message of a queue, seen or not; those of dead-letter queues too. */
  async messages(): Promise<Record<(typeof QUEUES)[number], number>> {
    const counts = { download: 0, convert: 0, 'download-dead-letter': 0, 'convert-dead-letter': 0 };
    for (const name of QUEUES) {
      const { Attributes = {} } = await this.#sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: this.#environment[`WIKIFLEET_${name.toUpperCase().replaceAll('-', '_')}_QUEUE_URL`],
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      );
      counts[name] = Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    }
    return counts;
  }

  /** Deletes the run that an earlier test left, of a cloud that outlives it. */
  async forget(): Promise<void> {
    for (const prefix of [`raw/${RUN}/`, ROWS, `quarantine/${RUN}/`, `runs/${RUN}/`]) {
      for (const Key of await this.keys(prefix)) await this.#s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
    }
  }

  async uploads(): Promise<string[]> {
    const { Uploads = [] } = await this.#s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    return Uploads.map(({ Key = '' }) => Key);
  }

  async makeVisible(queueUrl: string, receiptHandle: string): Promise<void> {
    await this.#sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }),
    );
  }

  close(): void {
    this.#s3.destroy();
    this.#sqs.destroy();
  }
}

/** Rows of the calm run that are missing, and rows that are there once too often, both by their text. */
export function compareRows(calm: Snapshot, other: Snapshot): { lost: number; doubled: number; differing: string[] } {
  const names = [...new Set([...calm.parts.keys(), ...other.parts.keys()])];
  const differing = names.filter((name) => {
    const [a, b] = [calm.parts.get(name), other.parts.get(name)];
    return a === undefined || b === undefined || !a.equals(b);
  });
  let [lost, doubled] = [0, 0];
  for (const name of differing.filter((part) => part.startsWith('rows/'))) {
    const counts = new Map<string, number>();
    for (const line of linesOf(other.parts.get(name))) counts.set(line, (counts.get(line) ?? 0) + 1);
    for (const line of linesOf(calm.parts.get(name))) counts.set(line, (counts.get(line) ?? 0) - 1);
    for (const count of counts.values()) {
      if (count < 0) lost -= count;
      else doubled += count;
    }
  }
  return { lost, doubled, differing };
}

function linesOf(part: Buffer | undefined): string[] {
  if (part === undefined || part.length === 0) return [];
  return gunzipSync(part)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}
