import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Service } from './s3-service.js';

interface Running {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

async function start(directory: string, buckets: Record<string, string> = {}): Promise<Running> {
  const service = await S3Service.open({ directory, buckets });
  const server = createServer((request, response) => void service.handle(request, response));
  server.on('checkContinue', (request, response) => void service.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((done) => void server.close(done));
    await service.close();
  };
  return { url: `http://127.0.0.1:${port}`, port, close };
}

async function keysOf(s3: Running, bucket: string, query = ''): Promise<string[]> {
  const answer = await fetch(`${s3.url}/${bucket}?list-type=2${query}`);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
}

describe('S3Service', () => {
  let directory: string;
  let folder: string;
  let s3: Running;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wikifleet-s3-'));
    folder = join(directory, 'out');
    s3 = await start(join(directory, 'state'), { out: folder });
  });
  afterEach(async () => {
    await s3.close();
    await rm(directory, { recursive: true });
  });

  const put = async (key: string, body: string, headers: Record<string, string> = {}): Promise<Response> => {
    const answer = await fetch(`${s3.url}/out/${key}`, { method: 'PUT', body, headers });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer;
  };
  const get = async (key: string): Promise<string> => {
    const answer = await fetch(`${s3.url}/out/${key}`);
    return answer.ok ? answer.text() : `${answer.status}`;
  };
  const reopen = async (): Promise<void> => {
    await s3.close();
    s3 = await start(join(directory, 'state'), { out: folder });
  };
  /** Every file below our own folder but the records. */
  const ownFiles = async (): Promise<string[]> => {
    const names = await readdir(join(folder, '.wikifleet'), { recursive: true, withFileTypes: true });
    return names
      .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes('/meta/'))
      .map((entry) => entry.name);
  };

  it('a folder opens once at a time', async () => {
    await assert.rejects(S3Service.open({ directory: join(directory, 'other'), buckets: { x2x: folder } }), {
      code: 'FOLDER_IN_USE',
    });
  });

  it('buckets with bad names, and folders in each other, are refused', async () => {
    const other = join(directory, 'other');
    for (const [buckets, code] of [
      [{ A: join(directory, 'a') }, 'BUCKET_NAME'],
      [{ one: join(directory, 'a'), two: join(directory, 'a') }, 'BUCKET_FOLDERS'],
      [{ one: join(directory, 'a'), two: join(directory, 'a', 'b') }, 'BUCKET_FOLDERS'],
    ] as const)
      await assert.rejects(S3Service.open({ directory: other, buckets }), { code });
    // and nothing is left locked
    await (await S3Service.open({ directory: other, buckets: { one: join(directory, 'a') } })).close();
  });

  it('what is not there is NotImplemented or MethodNotAllowed', async () => {
    for (const [method, path, expected] of [
      ['GET', '/out?acl', '501 NotImplemented'],
      ['PUT', '/out?versioning', '501 NotImplemented'],
      ['PUT', '/out/key?tagging', '501 NotImplemented'],
      ['GET', '/out/key?torrent', '501 NotImplemented'],
      ['POST', '/out/key', '405 MethodNotAllowed'],
      ['PATCH', '/out', '405 MethodNotAllowed'],
      ['GET', '/out/%ff', '400 InvalidURI'],
      ['GET', '/out/key?versionId=7', '404 NoSuchVersion'],
    ] as const) {
      const answer = await fetch(`${s3.url}${path}`, { method });
      assert.equal(`${answer.status} ${/<Code>(.*)<\/Code>/.exec(await answer.text())?.[1]}`, expected, path);
    }
  });

  it('encryption with keys, tags and object locks are not passed over', async () => {
    for (const header of ['x-amz-tagging', 'x-amz-server-side-encryption-customer-key', 'x-amz-object-lock-mode']) {
      const answer = await fetch(`${s3.url}/out/k`, { method: 'PUT', body: 'x', headers: { [header]: 'x' } });
      assert.equal(answer.status, 501, header);
    }
  });

  it('an object is a file under its key', async () => {
    await put('rows/kind=articles/part-1.jsonl', '{"a":1}\n');
    assert.equal(await readFile(join(folder, 'rows/kind=articles/part-1.jsonl'), 'utf8'), '{"a":1}\n');
    await fetch(`${s3.url}/out/rows/kind=articles/part-1.jsonl`, { method: 'DELETE' });
    assert.deepEqual(await readdir(folder), ['.wikifleet']);
    assert.deepEqual(await ownFiles(), []);
  });

  it('a file that was put there is an object, and one that was changed a new version', async () => {
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'deep/file'), 'by hand');
    assert.deepEqual(await keysOf(s3, 'out'), ['deep/file']);
    const first = await fetch(`${s3.url}/out/deep/file`);
    assert.equal(await first.text(), 'by hand');
    assert.match(first.headers.get('etag') ?? '', /^"[0-9a-f]{32}-1"$/);
    await put('deep/file', 'by PUT', { 'x-amz-meta-a': '1' });
    await writeFile(join(folder, 'deep/file'), 'by hand again');
    await utimes(join(folder, 'deep/file'), 1, 1);
    const second = await fetch(`${s3.url}/out/deep/file`);
    assert.equal(await second.text(), 'by hand again');
    assert.equal(second.headers.get('x-amz-meta-a'), null);
    assert.notEqual(second.headers.get('etag'), first.headers.get('etag'));
  });

  it('our own folder, empty folders, links and pipes are no objects', async () => {
    await writeFile(join(directory, 'secret'), 'secret');
    await mkdir(join(directory, 'elsewhere'));
    await writeFile(join(directory, 'elsewhere/file'), 'secret');
    await mkdir(join(folder, 'empty/folder'), { recursive: true });
    await symlink(join(directory, 'secret'), join(folder, 'link'));
    await symlink(join(directory, 'elsewhere'), join(folder, 'linked'));
    assert.deepEqual(await keysOf(s3, 'out'), []);
    assert.deepEqual(await keysOf(s3, 'out', '&prefix=linked/'), []);
    assert.deepEqual(await keysOf(s3, 'out', '&prefix=../'), []);
    for (const key of ['link', 'linked/file', '.wikifleet/upload', 'empty', '%2e%2e/secret', '..%2fsecret'])
      assert.equal(await get(key), '404', key);
    assert.equal((await fetch(`${s3.url}/out?list-type=2&delimiter=/`).then((r) => r.text())).includes('empty'), false);
  });

  it('nothing is written through a link, or out of the folder', async () => {
    await mkdir(join(directory, 'elsewhere'));
    await writeFile(join(directory, 'secret'), 'secret');
    await symlink(join(directory, 'elsewhere'), join(folder, 'linked'));
    await symlink(join(directory, 'secret'), join(folder, 'link'));
    const before = (await readdir(directory)).sort();
    // fetch would resolve the dots itself
    const keys = ['linked/file', 'linked/a/b', 'link', '..%2Foutside', 'a%2F..%2F..%2Foutside', '.wikifleet/meta/x'];
    for (const key of keys) await put(key, `at ${key}`);
    for (const key of keys) assert.equal(await get(key), `at ${key}`);
    await reopen();
    for (const key of keys) assert.equal(await get(key), `at ${key}`);
    assert.deepEqual((await keysOf(s3, 'out')).sort(), keys.map(decodeURIComponent).sort());
    assert.deepEqual((await readdir(directory)).sort(), before);
    assert.deepEqual(await readdir(join(directory, 'elsewhere')), []);
    assert.equal(await readFile(join(directory, 'secret'), 'utf8'), 'secret');
    assert.ok((await lstat(join(folder, 'link'))).isSymbolicLink());
  });

  it('a key and keys below it live side by side, in either order', async () => {
    for (const keys of [
      ['x', 'x/y', 'x/y/z'],
      ['q/r/s', 'q/r', 'q'],
    ]) {
      for (const key of keys) await put(key, key);
      await reopen();
      for (const key of keys) assert.equal(await get(key), key);
    }
    assert.deepEqual(await keysOf(s3, 'out'), ['q', 'q/r', 'q/r/s', 'x', 'x/y', 'x/y/z']);
  });

  it('keys in one folder are put and deleted side by side', async () => {
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        for (let round = 0; round < 5; round++) {
          await put('busy/folder/' + (i % 7), `${i}`);
          await fetch(`${s3.url}/out/busy/folder/${i % 7}`, { method: 'DELETE' });
        }
      }),
    );
    assert.deepEqual(await keysOf(s3, 'out'), []);
    assert.deepEqual(await readdir(folder), ['.wikifleet']);
  });

  it('objects, headers and uploads in progress outlive the service', async () => {
    await put('kept', 'body', { 'content-type': 'text/x', 'x-amz-meta-a': '1' });
    const created = await (await fetch(`${s3.url}/out/multi?uploads`, { method: 'POST' })).text();
    const id = /<UploadId>(.*)<\/UploadId>/.exec(created)?.[1] ?? '';
    const part = await fetch(`${s3.url}/out/multi?partNumber=1&uploadId=${id}`, { method: 'PUT', body: 'part' });
    const before = await fetch(`${s3.url}/out/kept`);
    await reopen();
    const after = await fetch(`${s3.url}/out/kept`);
    for (const name of ['etag', 'last-modified', 'content-type', 'x-amz-meta-a'])
      assert.equal(after.headers.get(name), before.headers.get(name), name);
    assert.equal(await after.text(), 'body');
    const completed = await fetch(`${s3.url}/out/multi?uploadId=${id}`, {
      method: 'POST',
      body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.get('etag')}</ETag></Part></CompleteMultipartUpload>`,
    });
    assert.equal(completed.status, 200, await completed.text());
    assert.equal(await get('multi'), 'part');
    assert.deepEqual(await ownFiles(), []);
  });

  it('an object that came during an upload conflicts with its completion, whatever its time says', async () => {
    const created = await (await fetch(`${s3.url}/out/multi?uploads`, { method: 'POST' })).text();
    const id = /<UploadId>(.*)<\/UploadId>/.exec(created)?.[1] ?? '';
    const part = await fetch(`${s3.url}/out/multi?partNumber=1&uploadId=${id}`, { method: 'PUT', body: 'part' });
    await put('multi', 'body');
    const earlier = new Date(Date.now() - 60_000);
    await utimes(join(folder, 'multi'), earlier, earlier);
    const { headers } = await fetch(`${s3.url}/out/multi`, { method: 'HEAD' });
    const completed = await fetch(`${s3.url}/out/multi?uploadId=${id}`, {
      method: 'POST',
      headers: { 'if-match': headers.get('etag') ?? '' },
      body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.get('etag')}</ETag></Part></CompleteMultipartUpload>`,
    });
    assert.equal(completed.status, 409);
    assert.match(await completed.text(), /ConditionalRequestConflict/);
    assert.equal(await get('multi'), 'body');
  });

  it('parts of one size are written where they end up: completing copies nothing', async () => {
    const created = await (await fetch(`${s3.url}/out/multi?uploads`, { method: 'POST' })).text();
    const id = /<UploadId>(.*)<\/UploadId>/.exec(created)?.[1] ?? '';
    const etags: (string | null)[] = [];
    for (const [i, size] of [5 << 20, 5 << 20, 100].entries()) {
      const body = Buffer.alloc(size, i);
      const part = await fetch(`${s3.url}/out/multi?partNumber=${i + 1}&uploadId=${id}`, { method: 'PUT', body });
      etags.push(part.headers.get('etag'));
    }
    const { ino } = await stat(join(folder, '.wikifleet/uploads', id, 'assembly'));
    const list = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const completed = await fetch(`${s3.url}/out/multi?uploadId=${id}`, {
      method: 'POST',
      body: `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
    });
    assert.equal(completed.status, 200, await completed.text());
    assert.equal((await stat(join(folder, 'multi'))).ino, ino);
  });

  it('a refused upload is not asked for its body', async () => {
    const socket = connect(s3.port, '127.0.0.1');
    socket.write(
      'PUT /missing/key HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n',
    );
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 404 Not Found\r\n/);
  });

  it('a refused upload whose body comes anyway leaves the connection usable', async () => {
    const body = Buffer.alloc(3_000_000);
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`${s3.url}/missing/key`, { method: 'PUT', body });
      assert.equal(answer.status, 404);
      await answer.text();
    }
  });

  it('a bucket of its own goes with its folder, a given one keeps it', async () => {
    for (const bucket of ['made', 'out']) {
      await fetch(`${s3.url}/${bucket}`, { method: 'PUT' });
      assert.equal((await fetch(`${s3.url}/${bucket}`, { method: 'DELETE' })).status, 204);
      assert.equal((await fetch(`${s3.url}/${bucket}`, { method: 'HEAD' })).status, 404);
    }
    assert.deepEqual(await readdir(join(directory, 'state')), []);
    assert.deepEqual(await readdir(folder), []);
  });

  it('made buckets are there again, with their location', async () => {
    await fetch(`${s3.url}/made-here`, {
      method: 'PUT',
      body: '<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>',
    });
    await reopen();
    assert.match(await (await fetch(`${s3.url}/made-here?location`)).text(), />eu-west-1</);
    assert.equal((await fetch(`${s3.url}/made-here`, { method: 'PUT' })).status, 409);
  });

  it('ten thousand files are listed in order, page by page', async () => {
    const keys: string[] = [];
    for (let i = 0; i < 100; i++) {
      await mkdir(join(folder, `dir-${i}`));
      for (let j = 0; j < 100; j++) keys.push(`dir-${i}/${j}${j % 10 === 0 ? '-x' : ''}`);
    }
    for (const key of keys) await writeFile(join(folder, key), '');
    keys.sort();
    const seen: string[] = [];
    let token = '';
    do {
      const answer = await (await fetch(`${s3.url}/out?list-type=2${token}`)).text();
      for (const match of answer.matchAll(/<Key>([^<]*)<\/Key>/g)) seen.push(match[1] ?? '');
      const next = /<NextContinuationToken>([^<]*)</.exec(answer)?.[1];
      token = next === undefined ? '' : `&continuation-token=${encodeURIComponent(next)}`;
    } while (token !== '');
    assert.deepEqual(seen, keys);
  });

  it('close may be called twice, and ends what is under way', async () => {
    const socket = connect(s3.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('PUT /out/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nstart');
    await new Promise((done) => setTimeout(done, 50));
    await Promise.all([once(socket, 'close'), s3.close()]);
    await s3.close();
    assert.deepEqual(await ownFiles(), []);
    assert.deepEqual(await readdir(folder), ['.wikifleet']);
  });
});
