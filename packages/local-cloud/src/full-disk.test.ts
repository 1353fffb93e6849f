import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { canLimitFiles, limitFiles } from './file-limit.test.js';
import { startLocalCloud } from './local-cloud.js';
import type { LocalCloud } from './local-cloud.js';
import { call, createQueue, receive } from './sqs/sqs-harness.test.js';

const PART = 5 * 1024 * 1024;

describe('the loopback cloud on a full disk', function () {
  this.timeout(60_000);
  let directory: string;
  let cloud: LocalCloud;
  let s3: S3Client;

  before(function () {
    if (!canLimitFiles()) this.skip();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wikifleet-full-'));
    await open();
  });
  afterEach(async () => {
    limitFiles('unlimited');
    await cloud.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    cloud = await startLocalCloud({ directory, buckets: { data: join(directory, 'data') } });
    s3 = new S3Client({
      endpoint: cloud.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
      maxAttempts: 1,
    });
  }

  async function reopen(): Promise<void> {
    s3.destroy();
    await cloud.close();
    await open();
  }

  it('SQS refuses what it cannot keep, goes on when there is room, and keeps that over a restart', async () => {
    const url = await createQueue(cloud.endpoint, 'jobs', { VisibilityTimeout: '0' });
    const send = async (body: string): Promise<unknown> =>
      await call(cloud.endpoint, 'SendMessage', { QueueUrl: url, MessageBody: body });
    await send('first');
    limitFiles(1200);
    await assert.rejects(send(`large ${'x'.repeat(5000)}`), /cannot be written/);
    await assert.rejects(send('small, while the other waits'), /cannot be written/);
    await assert.rejects(receive(cloud.endpoint, url), /cannot be written/);
    limitFiles('unlimited');
    await send('last');
    const expected = ['first', 'large', 'last'];
    const bodies = async (): Promise<string[]> => {
      const messages = [];
      for (let round = 0; round < 3; round += 1) messages.push(...(await receive(cloud.endpoint, url)));
      return [...new Set(messages.map((message) => String(message['Body']).split(' ', 1)[0] ?? ''))].toSorted();
    };
    assert.deepEqual(await bodies(), expected);
    await reopen();
    assert.deepEqual(await bodies(), expected);
  });

  it('S3 refuses what it cannot keep, leaves the older object and no litter, and goes on when there is room', async () => {
    const put = async (key: string, bytes: number): Promise<unknown> =>
      await s3.send(new PutObjectCommand({ Bucket: 'data', Key: key, Body: Buffer.alloc(bytes, 'x') }));
    const size = async (key: string): Promise<number | undefined> => {
      const { ContentLength, Body } = await s3.send(new GetObjectCommand({ Bucket: 'data', Key: key }));
      await Body?.transformToByteArray();
      return ContentLength;
    };
    await put('a', 10);
    const upload = { Bucket: 'data', Key: 'b' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
    const part = async (PartNumber: number): Promise<{ PartNumber: number; ETag: string | undefined }> => {
      const Body = Buffer.alloc(PART, String(PartNumber));
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber, Body }));
      return { PartNumber, ETag };
    };
    const first = await part(1);
    limitFiles(100_000);
    await assert.rejects(put('a', 1_000_000), { name: 'InternalError' });
    await assert.rejects(put('c', 1_000_000));
    await assert.rejects(part(2));
    // not even a record
    limitFiles(5);
    await assert.rejects(put('a', 1));
    await assert.rejects(put('d', 1));
    await assert.rejects(s3.send(new CreateMultipartUploadCommand(upload)));
    limitFiles('unlimited');
    assert.equal(await size('a'), 10);
    for (const key of ['c', 'd']) await assert.rejects(size(key), { name: 'NoSuchKey' });
    assert.deepEqual(await readdir(join(directory, 'data', '.wikifleet', 'tmp')), []);
    assert.deepEqual(await readdir(join(directory, 'data', '.wikifleet', 'intents')), []);
    const Parts = [first, await part(2)];
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }));
    await put('a', 1_000_000);
    await reopen();
    assert.deepEqual([await size('a'), await size('b')], [1_000_000, 2 * PART]);
  });
});
