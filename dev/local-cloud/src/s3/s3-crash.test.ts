import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Service } from './s3-service.js';

/**
 * A service in a process of its own that kills itself (SIGKILL) in place of its Nth change to the file system after it was armed; of a
 * file that it would write whole, it writes half first. It prints its port.
 */
const CHILD = `
  import fs from 'node:fs/promises';
  import { createServer } from 'node:http';
  import { syncBuiltinESMExports } from 'node:module';
  const [serviceUrl, directory, folder, point] = process.argv.slice(1);
  let left = Infinity;
  for (const name of ['rename', 'writeFile', 'unlink', 'mkdir', 'open', 'rm', 'rmdir']) {
    const original = fs[name];
    fs[name] = async (...args) => {
      if (left-- > 0) return original(...args);
      if (name === 'writeFile') await original(args[0], args[1].slice(0, args[1].length / 2));
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => {});
    };
  }
  syncBuiltinESMExports();
  const { S3Service } = await import(serviceUrl);
  const service = await S3Service.open({ directory, buckets: { out: folder } });
  left = Number(point);
  const server = createServer((request, response) => void service.handle(request, response));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

const SERVICE_URL = new URL('./s3-service.js', import.meta.url).href;
const OLD = 'old version';
const NEW = 'the new version, which is longer';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}
type Send = (
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers?: Record<string, string>,
) => Promise<Answer>;

function sender(port: number): Send {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { connection: 'close', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
}

async function inProcess<T>(directory: string, use: (send: Send) => Promise<T>): Promise<T> {
  const service = await S3Service.open({ directory, buckets: { out: join(directory, 'out') } });
  const server = createServer((request, response) => void service.handle(request, response));
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return await use(sender((server.address() as AddressInfo).port));
  } finally {
    server.closeAllConnections();
    server.close();
    await service.close();
  }
}

/** Runs `use` against a child; true where the child lived to its end. */
async function inChild(
  directory: string,
  point: number,
  use: (send: Send, kill: () => void) => Promise<void>,
): Promise<boolean> {
  const args = ['--input-type=module', '-e', CHILD, SERVICE_URL, directory, join(directory, 'out'), String(point)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  let survived = true;
  try {
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    await use(sender(Number(port.toString())), () => void child.kill('SIGKILL'));
  } catch {
    survived = false;
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
  return survived;
}

const put = async (send: Send, key: string, body: string | Uint8Array, version: string): Promise<Answer> =>
  send('PUT', `/out/${key}`, body, { 'x-amz-meta-version': version });

/** Starts an upload of these parts, in the order given; gives the request that completes it. */
async function upload(
  send: Send,
  key: string,
  parts: [number: number, body: Uint8Array | string][],
): Promise<[path: string, body: string]> {
  const created = await send('POST', `/out/${key}?uploads`, undefined, { 'x-amz-meta-version': 'new' });
  const id = /<UploadId>(.*)<\/UploadId>/.exec(created.text)?.[1] ?? '';
  const list: [number, string][] = [];
  for (const [number, body] of parts) {
    const { headers } = await send('PUT', `/out/${key}?partNumber=${number}&uploadId=${id}`, body);
    list.push([number, `<Part><PartNumber>${number}</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`]);
  }
  list.sort(([a], [b]) => a - b);
  return [
    `/out/${key}?uploadId=${id}`,
    `<CompleteMultipartUpload>${list.map(([, xml]) => xml).join('')}</CompleteMultipartUpload>`,
  ];
}

/** The version that is there: bytes, metadata and ETag must be of one and the same. */
async function versionOf(send: Send, key: string, contents: Record<string, string>): Promise<string> {
  const answer = await send('GET', `/out/${key}`);
  if (answer.status === 404) return 'none';
  assert.equal(answer.status, 200, answer.text);
  const version = answer.headers.get('x-amz-meta-version') ?? 'unmarked';
  assert.ok(answer.text === contents[version], `${version}: its metadata with the bytes of another`);
  const etag = answer.headers.get('etag') ?? '';
  if (!etag.includes('-')) assert.equal(etag, `"${createHash('md5').update(answer.text).digest('hex')}"`);
  return version;
}

/** Files in our own folder that are neither records, nor uploads, nor blobs. */
async function leftovers(directory: string): Promise<string[]> {
  const own = join(directory, 'out', '.wikifleet');
  return [...(await readdir(join(own, 'tmp'))), ...(await readdir(join(own, 'intents')))];
}

describe('S3Service after a kill', function () {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'wikifleet-s3-'))));
  afterEach(async () => rm(directory, { recursive: true }));

  /** Kills at every change to the file system in turn, until the request gets through. Before: `old` at the key, or nothing. */
  async function everyPoint(
    key: string,
    act: (send: Send) => Promise<unknown>,
    expected: { before: string; after: string },
  ): Promise<void> {
    const seen = new Set<string>();
    let points = 0;
    for (let done = false; !done; points++) {
      await inProcess(directory, (send) =>
        expected.before === 'none' ? send('DELETE', `/out/${key}`) : put(send, key, OLD, 'old'),
      );
      done = await inChild(directory, points, async (send) => void (await act(send)));
      const version = await inProcess(directory, (send) => versionOf(send, key, { old: OLD, new: NEW }));
      assert.ok(version === expected.before || version === expected.after, `killed at ${points}: ${version}`);
      if (done) assert.equal(version, expected.after);
      seen.add(version);
      assert.deepEqual(await leftovers(directory), [], `killed at ${points}`);
    }
    assert.ok(points > 3, `only ${points} points`);
    assert.deepEqual([...seen].sort(), [expected.before, expected.after].sort());
  }

  for (const [title, key, before] of [
    ['an object over another', 'a/k', 'old'],
    ['a new object', 'new/folder/k', 'none'],
    ['a key that cannot be a file', 'odd//k', 'old'],
  ] as const)
    it(`PUT of ${title}: the old version or the new`, async () => {
      await everyPoint(key, (send) => put(send, key, NEW, 'new'), { before, after: 'new' });
    });

  it('DELETE: there with its metadata, or gone', async () => {
    await everyPoint('a/k', (send) => send('DELETE', '/out/a/k'), { before: 'old', after: 'none' });
    assert.deepEqual(await readdir(join(directory, 'out')), ['.wikifleet']);
  });

  for (const [title, parts] of [
    ['in place', [[1, NEW]]],
    // a single part that is not the first stands behind a gap
    ['by copying', [[3, NEW]]],
  ] as [string, [number, string][]][])
    it(`CompleteMultipartUpload ${title}: all or nothing, and nothing can be completed still`, async () => {
      let points = 0;
      for (let done = false; !done; points++) {
        const [path, body] = await inProcess(directory, async (send) => {
          await put(send, 'k', OLD, 'old');
          return upload(send, 'k', parts);
        });
        done = await inChild(directory, points, async (send) => void (await send('POST', path, body)));
        await inProcess(directory, async (send) => {
          const version = await versionOf(send, 'k', { old: OLD, new: NEW });
          const listed = (await send('GET', '/out?uploads')).text.includes('<Upload>');
          assert.equal(
            listed,
            version === 'old',
            `killed at ${points}: ${version}, upload ${listed ? 'there' : 'gone'}`,
          );
          if (done) assert.equal(version, 'new');
          if (version === 'old') assert.equal((await send('POST', path, body)).status, 200);
          assert.equal(await versionOf(send, 'k', { old: OLD, new: NEW }), 'new');
        });
        assert.deepEqual(await leftovers(directory), []);
        assert.deepEqual(await readdir(join(directory, 'out/.wikifleet/uploads')), []);
      }
      assert.ok(points > 3, `only ${points} points`);
    });

  it('at any time under load: every object is whole, and nothing is left over', async () => {
    const contents = { a: 'a'.repeat(12_000_000), b: 'b'.repeat(7_000_000) };
    await inProcess(directory, (send) => put(send, 'k0', contents.a, 'a'));
    for (let round = 0; round < 3; round++) {
      await inChild(directory, Infinity, async (send, kill) => {
        setTimeout(kill, 60 + round * 83);
        for (let i = 0; ; i++)
          await Promise.all([
            put(send, 'k0', i % 2 === 0 ? contents.b : contents.a, i % 2 === 0 ? 'b' : 'a'),
            put(send, 'k1', contents.a, 'a').then(() => send('DELETE', '/out/k1')),
          ]);
      });
      await inProcess(directory, async (send) => {
        assert.notEqual(await versionOf(send, 'k0', contents), 'none');
        await versionOf(send, 'k1', contents);
      });
      assert.deepEqual(await leftovers(directory), []);
      const file = await readFile(join(directory, 'out/k0'), 'utf8');
      assert.ok(file === contents.a || file === contents.b);
    }
  });
});
