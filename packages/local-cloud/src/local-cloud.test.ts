import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalCloud } from './local-cloud.js';
import { call, createQueue, receive, withDirectory } from './sqs/sqs-harness.test.js';

describe('startLocalCloud', () => {
  it('says in one line which port is in use, and gives the directory free', async () => {
    await withDirectory(async (directory) => {
      const first = await startLocalCloud({ directory: join(directory, 'one') });
      const second = { directory: join(directory, 'two'), port: first.port };
      await assert.rejects(startLocalCloud(second), (error: Error) => {
        assert.ok('code' in error && error.code === 'PORT_IN_USE');
        assert.ok(error.message.includes(`${first.port}`) && !error.message.includes('\n'), error.message);
        return true;
      });
      await first.close();
      await (await startLocalCloud(second)).close();
    });
  });

  it('refuses a directory that is open, and leaves the first one working', async () => {
    await withDirectory(async (directory) => {
      const first = await startLocalCloud({ directory });
      await assert.rejects(startLocalCloud({ directory }), { code: 'DIRECTORY_IN_USE' });
      const url = await createQueue(first.endpoint, 'jobs');
      await call(first.endpoint, 'SendMessage', { QueueUrl: url, MessageBody: 'm' });
      await first.close();
    });
  });

  it('closes at once with long polls and idle connections open, twice, and keeps its queues', async () => {
    await withDirectory(async (directory) => {
      const first = await startLocalCloud({ directory });
      const url = await createQueue(first.endpoint, 'jobs');
      const polls = [1, 2, 3].map(async () => receive(first.endpoint, url, { WaitTimeSeconds: 20 }));
      await sleep(100);
      const start = Date.now();
      await Promise.all([first.close(), first.close()]);
      assert.deepEqual(await Promise.all(polls), [[], [], []]);
      assert.ok(Date.now() - start < 700, `closed after ${Date.now() - start} ms`);
      const second = await startLocalCloud({ directory });
      assert.deepEqual(await receive(second.endpoint, url), []);
      await second.close();
    });
  });

  it('gives S3 what is not for SQS: a bucket’s file by its path', async () => {
    await withDirectory(async (directory) => {
      const folder = join(directory, 'files');
      await mkdir(join(folder, 'rows'), { recursive: true });
      await writeFile(join(folder, 'rows', 'part.jsonl'), '{"id":1}\n');
      const cloud = await startLocalCloud({ directory: join(directory, 'cloud'), buckets: { data: folder } });
      const response = await fetch(`${cloud.endpoint}/data/rows/part.jsonl`);
      assert.deepEqual([response.status, await response.text()], [200, '{"id":1}\n']);
      await cloud.close();
    });
  });
});
