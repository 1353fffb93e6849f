import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canLimitFiles, limitFiles } from './testing/file-limit.js';
import { startLocalCloud } from './local-cloud.js';
import type { LocalCloud } from './local-cloud.js';
import { call, createQueue, receive } from './testing/sqs-harness.js';

const PART = 5 * 1024 * 1024;

describe('the loopback cloud on a full disk', function () {
  let directory: string;
  let cloud: LocalCloud;

  before(function () {
    if (!canLimitFiles()) this.skip('prlimit');
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
  }

  async function reopen(): Promise<void> {
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

  /** Sends a request to S3; throws the code of an error. */
  async function send(method: string, path: string, body?: Buffer | string): Promise<Response> {
    const response = await fetch(`${cloud.endpoint}/data/${path}`, { method, ...(body === undefined ? {} : { body }) });
    if (response.ok) return response;
    throw new Error(/<Code>(.*?)<\/Code>/.exec(await response.text())?.[1] ?? String(response.status));
  }

  it('S3 refuses what it cannot keep, leaves the older object and no litter, and goes on when there is room', async () => {
    const put = async (key: string, bytes: number): Promise<Response> =>
      await send('PUT', key, Buffer.alloc(bytes, 'x'));
    const size = async (key: string): Promise<number> => (await (await send('GET', key)).arrayBuffer()).byteLength;
    const begin = async (): Promise<string> => {
      const text = await (await send('POST', 'b?uploads')).text();
      return /<UploadId>(.*?)<\/UploadId>/.exec(text)?.[1] ?? '';
    };
    await put('a', 10);
    const upload = await begin();
    const part = async (number: number): Promise<string> => {
      const response = await send('PUT', `b?partNumber=${number}&uploadId=${upload}`, Buffer.alloc(PART, `${number}`));
      return `<Part><PartNumber>${number}</PartNumber><ETag>${response.headers.get('etag')}</ETag></Part>`;
    };
    const first = await part(1);
    limitFiles(100_000);
    for (const refused of [
      async () => await put('a', 1_000_000),
      async () => await put('c', 1_000_000),
      async () => await part(2),
    ])
      await assert.rejects(refused, /^Error: InternalError$/);
    // not even a record
    limitFiles(5);
    for (const refused of [async () => await put('a', 1), async () => await put('d', 1), begin])
      await assert.rejects(refused, /^Error: InternalError$/);
    limitFiles('unlimited');
    assert.equal(await size('a'), 10);
    for (const key of ['c', 'd']) await assert.rejects(size(key), /^Error: NoSuchKey$/);
    for (const folder of ['tmp', 'intents'])
      assert.deepEqual(await readdir(join(directory, 'data', '.wikifleet', folder)), []);
    const parts = `${first}${await part(2)}`;
    await send('POST', `b?uploadId=${upload}`, `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);
    await put('a', 1_000_000);
    await reopen();
    assert.deepEqual([await size('a'), await size('b')], [1_000_000, 2 * PART]);
  });
});
