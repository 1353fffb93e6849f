import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
  S3ServiceException,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import type { LocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { KNOWN_DIFFERENCES } from './s3-known-differences.js';

/**
 * The suite holds to AWS's documentation, and runs against `WIKIFLEET_CONFORMANCE_ENDPOINT`, or else against our own service in this
 * process. With `WIKIFLEET_CONFORMANCE_NAME=localstack` the differences known of it are expected: such a check must fail then, so that the
 * table stays true.
 */
const ENDPOINT = process.env['WIKIFLEET_CONFORMANCE_ENDPOINT'];
const NAME = process.env['WIKIFLEET_CONFORMANCE_NAME'] ?? '';

export interface S3Target {
  readonly client: S3Client;
  readonly bucket: string;
  readonly endpoint: URL;
}

/** Call it in a `describe`: what it returns is filled in before the first test, and the bucket is gone after the last. */
export function useS3(): S3Target {
  const target = {} as { client: S3Client; bucket: string; endpoint: URL };
  let own: { cloud: LocalCloud; directory: string } | undefined;
  before(async () => {
    if (ENDPOINT === undefined) {
      const directory = await mkdtemp(join(tmpdir(), 'wikifleet-s3-'));
      own = { directory, cloud: await startLocalCloud({ directory, port: 0 }) };
    }
    target.endpoint = new URL(ENDPOINT ?? own?.cloud.endpoint ?? '');
    target.client = new S3Client({
      endpoint: target.endpoint.href,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    target.bucket = await makeBucket(target.client);
  });
  after(async () => {
    try {
      await removeBucket(target.client, target.bucket);
    } finally {
      target.client.destroy();
      await own?.cloud.close();
      if (own !== undefined) await rm(own.directory, { recursive: true });
    }
  });
  return target;
}

/** A bucket of a name that nobody has. */
export async function makeBucket(client: S3Client): Promise<string> {
  const bucket = `wikifleet-conformance-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

/** Removes a bucket with all it holds. */
export async function removeBucket(client: S3Client, bucket: string): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  for (const { Key, UploadId } of Uploads)
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket }))
    for (const { Key } of page.Contents ?? []) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}

/** A test; where the service under test is known to differ, that it still does. */
export function check(title: string, test: () => Promise<void>): void {
  const difference = KNOWN_DIFFERENCES[NAME]?.[title];
  if (difference === undefined) it(title, test);
  else it(`${title} (${NAME} differs: ${difference})`, async () => assert.rejects(test));
}

/** That a call fails with this code of S3's and this status. HEAD has no code: `NotFound` and the like. */
export async function rejectsWith(call: Promise<unknown>, name: string, status: number): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof S3ServiceException, String(error));
    assert.equal(`${error.name} ${error.$metadata.httpStatusCode}`, `${name} ${status}`, error.message);
    return true;
  });
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether `100 Continue` came first. */
  readonly continued: boolean;
}

/** A request of its own make, for what the SDK cannot or will not send. `send` writes the body and ends the request. */
export async function raw(
  { endpoint }: S3Target,
  options: { method: string; path: string; headers?: OutgoingHttpHeaders },
  send: (request: ClientRequest) => void = (request) => request.end(),
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let continued = false;
    const request = httpRequest({
      host: endpoint.hostname,
      port: endpoint.port,
      agent: false,
      method: options.method,
      path: options.path,
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0',
        ...options.headers,
      },
    });
    request.on('continue', () => (continued = true));
    request.on('error', reject);
    request.on('response', (response) => {
      readText(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text, continued }),
        reject,
      );
    });
    send(request);
  });
}

/** The code in an error's XML. */
export function codeIn(answer: RawAnswer): string {
  return /<Code>([^<]*)<\/Code>/.exec(answer.text)?.[1] ?? '';
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
