import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalCloud } from './local-cloud.js';
import type { LocalCloud } from './local-cloud.js';
import { call, createQueue, receive, withDirectory } from './testing/sqs-harness.js';

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
      assert.ok(Date.now() - start < 10_000, `closed after ${Date.now() - start} ms`);
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

  it('makes any number of buckets beside the one it is given, keeps them, and deletes nothing else with one', async () => {
    await withDirectory(async (directory) => {
      const out = join(directory, 'out');
      // as `npm run cloud` has it: its own state lies where S3 shows nothing
      const options = { directory: join(out, '.wikifleet', 'cloud'), buckets: { wikifleet: out } };
      const send = async (
        cloud: LocalCloud,
        method: string,
        path: string,
        body?: string,
      ): Promise<[number, string]> => {
        const response = await fetch(`${cloud.endpoint}${path}`, { method, ...(body === undefined ? {} : { body }) });
        return [response.status, await response.text()];
      };
      const first = await startLocalCloud(options);
      await createQueue(first.endpoint, 'jobs');
      for (const name of ['second', 'third', 'another.one']) {
        assert.deepEqual(await send(first, 'PUT', `/${name}`), [200, '']);
        assert.equal((await send(first, 'PUT', `/${name}/key`, name))[0], 200);
      }
      assert.equal((await send(first, 'PUT', '/wikifleet/rows/a', 'a'))[0], 200);
      await first.close();

      const again = await startLocalCloud(options);
      for (const name of ['second', 'third', 'another.one'])
        assert.deepEqual(await send(again, 'GET', `/${name}/key`), [200, name]);
      const [, listed] = await send(again, 'GET', '/wikifleet?list-type=2');
      assert.deepEqual(listed.match(/<Key>.*?<\/Key>/g), ['<Key>rows/a</Key>']);
      const [, all] = await send(again, 'GET', '/');
      for (const name of ['second', 'third', 'another.one', 'wikifleet'])
        assert.ok(all.includes(`<Name>${name}</Name>`));

      assert.equal((await send(again, 'DELETE', '/wikifleet/rows/a'))[0], 204);
      assert.equal((await send(again, 'DELETE', '/wikifleet'))[0], 204);
      assert.deepEqual(await send(again, 'GET', '/second/key'), [200, 'second']);
      await again.close();
      const last = await startLocalCloud(options);
      assert.deepEqual(await send(last, 'GET', '/third/key'), [200, 'third']);
      const { QueueUrls } = await call(last.endpoint, 'ListQueues', {});
      assert.deepEqual(QueueUrls, [`${last.endpoint}/000000000000/jobs`]);
      await last.close();
    });
  });

  it('refuses buckets whose objects would mix', async () => {
    await withDirectory(async (directory) => {
      for (const inner of ['sub', '.wikifleet/meta', '.wikifleet/blobs/x', '.wikifleet', '.']) {
        const buckets = { outer: join(directory, 'b'), inner: join(directory, 'b', inner) };
        await assert.rejects(startLocalCloud({ directory: join(directory, 'cloud'), buckets }), {
          code: 'BUCKET_FOLDERS',
        });
      }
    });
  });

  const hosts: [host: string, status: number][] = [
    ['127.0.0.1:PORT', 200],
    ['localhost:PORT', 200],
    ['LOCALHOST', 200],
    ['localhost.:PORT', 200],
    ['[::1]:PORT', 200],
    ['192.168.1.7:PORT', 200],
    ['attacker.example:PORT', 403],
    ['127.0.0.1.attacker.example:PORT', 403],
    ['localhost.attacker.example', 403],
    ['localhostattacker.example', 403],
    ['attacker.example:127.0.0.1', 403],
  ];
  it('answers to addresses and localhost alone, so that no page gets in by DNS rebinding', async () => {
    await withDirectory(async (directory) => {
      const cloud = await startLocalCloud({ directory });
      const headOf = async (headers: Record<string, string>): Promise<number | undefined> =>
        await new Promise((resolve, reject) => {
          request(`${cloud.endpoint}/`, { headers }, (response) => {
            response.resume();
            resolve(response.statusCode);
          })
            .on('error', reject)
            .end();
        });
      for (const [host, status] of hosts)
        assert.equal(await headOf({ host: host.replace('PORT', String(cloud.port)) }), status, host);
      // a page of another origin, and one in a sandbox
      for (const origin of ['http://attacker.example', 'null']) assert.equal(await headOf({ origin }), 403);
      await cloud.close();
    });
  });
});
