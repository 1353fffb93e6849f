import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { FleetError, PermanentError, UsageError } from '@wikifleet/domain/errors';
import { z } from 'zod';
import type { Sleep } from './sleep.js';
import { Store } from './store.js';
import type { ListedUpload } from './store.js';
import { BUCKET, refuse, startHttp, startS3 } from './testing/s3-harness.js';
import type { HttpServer, LoopbackS3 } from './testing/s3-harness.js';

const SCHEMA = z.strictObject({ n: z.number() });

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

describe('Store', () => {
  let s3: LoopbackS3;
  let store: Store;
  before(async () => {
    s3 = await startS3();
    ({ store } = s3);
  });
  after(async () => await s3.close());

  describe('getJson and put', () => {
    const malformed: [what: string, body: string | Uint8Array, says: RegExp][] = [
      ['nothing', new Uint8Array(0), /expected JSON/],
      ['half of it', '{"n":', /expected JSON/],
      ['something else', '{"n":"1"}', /n: .*expected number/],
      ['more than it should', '{"n":1,"m":2}', /"m"/],
    ];
    for (const [what, body, says] of malformed) {
      it(`refuses an object that holds ${what}, with its key`, async () => {
        await store.put('malformed.json', body);
        await assert.rejects(store.getJson('malformed.json', SCHEMA), (error) => {
          assert.ok(error instanceof PermanentError);
          assert.equal(error.code, 'OBJECT_MALFORMED');
          assert.match(error.message, /^malformed\.json: /);
          assert.match(error.message, says);
          return true;
        });
      });
    }

    describe('read an object again whose answer was damaged on its way', () => {
      const RIGHT = '{"n":1}';
      const damaged = ['', 'x'.repeat(RIGHT.length), '{"n":', '{"m":1}'];
      const waits: number[] = [];
      let answers: string[] = [];
      let requests = 0;
      let http: HttpServer;
      let shaky: Store;
      before(async () => {
        http = await startHttp((_, response) => {
          requests += 1;
          response.writeHead(200, { etag: '"1"' }).end(answers.shift() ?? RIGHT);
        });
        const place = { endpoint: http.endpoint, region: 'us-east-1', forcePathStyle: true };
        const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
        const wait: Sleep = async (milliseconds) => await Promise.resolve(void waits.push(milliseconds));
        shaky = new Store(new S3Client({ ...place, credentials }), BUCKET, wait);
      });
      beforeEach(() => {
        waits.length = 0;
        requests = 0;
      });
      after(async () => {
        shaky.close();
        await http.close();
      });

      it('not at all where it is right', async () => {
        answers = [];
        assert.deepEqual((await shaky.getJson('a.json', SCHEMA))?.value, { n: 1 });
        assert.deepEqual([requests, waits], [1, []]);
      });

      for (const body of damaged) {
        it(`once: ${JSON.stringify(body)}`, async () => {
          answers = [body];
          assert.deepEqual((await shaky.getJson('a.json', SCHEMA))?.value, { n: 1 });
          assert.deepEqual([requests, waits], [2, [50]]);
        });
      }

      it('three times, with backoff', async () => {
        answers = damaged.slice(0, 3);
        assert.deepEqual((await shaky.getJson('a.json', SCHEMA))?.value, { n: 1 });
        assert.deepEqual([requests, waits], [4, [50, 100, 200]]);
      });

      it('and take it for malformed after the fourth time', async () => {
        answers = [...damaged, ...damaged];
        await assert.rejects(shaky.getJson('a.json', SCHEMA), { code: 'OBJECT_MALFORMED' });
        assert.deepEqual([requests, waits], [4, [50, 100, 200]]);
      });
    });

    it('say null of what is not there', async () => {
      assert.equal(await store.getJson('missing.json', SCHEMA), null);
      assert.equal(await store.head('missing.json'), null);
    });

    it('write once', async () => {
      assert.equal(await store.putJson('once.json', { n: 1 }, { ifNoneMatch: '*' }), true);
      assert.equal(await store.putJson('once.json', { n: 2 }, { ifNoneMatch: '*' }), false);
      assert.deepEqual((await store.getJson('once.json', SCHEMA))?.value, { n: 1 });
    });

    it('return what is known where the object is unchanged, and read it again where it is not', async () => {
      await store.putJson('known.json', { n: 1 });
      const known = await store.getJson('known.json', SCHEMA);
      assert.ok(known);
      const bytes = store.traffic.bytes;
      assert.equal(await store.getJson('known.json', SCHEMA, undefined, known), known);
      assert.equal(store.traffic.bytes, bytes, 'no body was sent');
      await store.putJson('known.json', { n: 2 });
      assert.deepEqual((await store.getJson('known.json', SCHEMA, undefined, known))?.value, { n: 2 });
      await store.delete(['known.json']);
      assert.equal(await store.getJson('known.json', SCHEMA, undefined, known), null);
    });

    it('replace only what they saw', async () => {
      await store.putJson('swap.json', { n: 1 });
      const seen = await store.getJson('swap.json', SCHEMA);
      assert.ok(seen);
      assert.equal(await store.putJson('swap.json', { n: 2 }, { ifMatch: seen.etag }), true);
      assert.equal(await store.putJson('swap.json', { n: 3 }, { ifMatch: seen.etag }), false);
      assert.deepEqual((await store.getJson('swap.json', SCHEMA))?.value, { n: 2 });
      assert.equal(await store.putJson('gone.json', { n: 3 }, { ifMatch: seen.etag }), false);
    });

    it('let one of many win', async () => {
      const writes = Array.from(
        { length: 8 },
        async (_, n) => await store.putJson('race.json', { n }, { ifNoneMatch: '*' }),
      );
      const won = (await Promise.all(writes)).flatMap((written, n) => (written ? [n] : []));
      assert.equal(won.length, 1);
      assert.deepEqual((await store.getJson('race.json', SCHEMA))?.value, { n: won[0] });
    });
  });

  it('knows a bucket that is not there from a key that is not', async () => {
    const other = Store.connect({ bucket: 'no-such-bucket', region: 'us-east-1', endpoint: s3.endpoint });
    await assert.rejects(other.getJson('x', SCHEMA), { name: 'NoSuchBucket' });
    await assert.rejects(other.check(), (error) => error instanceof UsageError && error.code === 'BUCKET_UNREACHABLE');
    other.close();
    await store.check();
  });

  it('lists page by page, and deletes more than a call takes', async () => {
    const keys = Array.from({ length: 1005 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    await mkdir(join(s3.objects, 'many'), { recursive: true });
    for (const key of keys) await writeFile(join(s3.objects, key), 'x');
    await store.put('many-not', 'x');
    assert.deepEqual(await keysOf(store, 'many/'), keys);
    await store.delete([...keys, 'many/not-there']);
    assert.deepEqual(await keysOf(store, 'many'), ['many-not']);
    await store.delete([]);
  });

  it('aborts the uploads below a prefix, and only those asked for', async () => {
    for (const Key of ['up/a', 'up/a', 'up/ab', 'up/b', 'other']) {
      await s3.client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    }
    assert.equal(await store.abortUploads('up/a', undefined, (key) => key === 'up/a'), 2);
    assert.deepEqual((await s3.uploads()).toSorted(), ['other', 'up/ab', 'up/b']);
    assert.equal(await store.abortUploads('up/'), 2);
    assert.equal(await store.abortUploads('nothing/'), 0);
    assert.equal(await store.abortUploads(''), 1);
  });

  it('lists the uploads under way page by page, each with its bytes until it has ended', async () => {
    const keys = Array.from({ length: 1005 }, (_, i) => `pages/${String(i).padStart(4, '0')}`);
    const begin = async (Key: string): Promise<unknown> =>
      await s3.client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    await Promise.all(keys.map(begin));
    const uploads: ListedUpload[] = [];
    for await (const upload of store.uploads('pages/')) uploads.push(upload);
    assert.deepEqual(
      uploads.map(({ key }) => key),
      keys,
    );
    const last = uploads.at(-1)!;
    assert.equal(await store.uploadedBytes(last), 0);
    const part = { Bucket: BUCKET, Key: last.key, UploadId: last.uploadId, PartNumber: 1, Body: 'twelve bytes' };
    await s3.client.send(new UploadPartCommand(part));
    assert.equal(await store.uploadedBytes(last), 12);
    assert.equal(await store.abortUploads('pages/'), 1005);
    assert.equal(await store.uploadedBytes(last), null);
  });

  it('ends by its signal', async () => {
    const signal = AbortSignal.abort(new FleetError('LEASE_LOST', 'x'));
    await assert.rejects(store.put('aborted', 'x', {}, signal));
    await assert.rejects(store.getJson('aborted', SCHEMA, signal));
    await assert.rejects(store.head('aborted', signal));
    await assert.rejects(keysOfAborted(store, signal));
    assert.equal(await store.head('aborted'), null);
  });
});

async function keysOfAborted(store: Store, signal: AbortSignal): Promise<void> {
  for await (const _ of store.list('', signal)) assert.fail('nothing is listed');
}

describe('Store, where S3 refuses', () => {
  let server: HttpServer | undefined;
  afterEach(async () => await server?.close());

  it('takes a 403 for an error, never for a key that is not there', async () => {
    server = await startHttp((request, response) => refuse(request, response, 403, 'AccessDenied'));
    const { store } = server;
    await assert.rejects(store.head('x'));
    await assert.rejects(store.getJson('x', SCHEMA), { name: 'AccessDenied' });
    await assert.rejects(store.put('x', 'y', { ifNoneMatch: '*' }), { name: 'AccessDenied' });
    await assert.rejects(store.delete(['x']), { name: 'AccessDenied' });
    await assert.rejects(store.abortUploads('x'), { name: 'AccessDenied' });
    await assert.rejects(store.check(), (error) => error instanceof UsageError);
  });

  it('tries again where S3 is busy, and says so in the end', async () => {
    let requests = 0;
    server = await startHttp((request, response) => {
      requests += 1;
      if (requests < 3) return refuse(request, response, 503, 'ServiceUnavailable');
      response.writeHead(200, { etag: '"e"', 'content-length': 7 });
      return response.end('{"n":1}');
    });
    assert.deepEqual(await server.store.getJson('x', SCHEMA), { value: { n: 1 }, etag: '"e"' });
    assert.equal(requests, 3);
  });

  it('waits for another conditional write that is under way', async () => {
    const answers: [number, string][] = [
      [409, 'ConditionalRequestConflict'],
      [409, 'ConditionalRequestConflict'],
      [412, 'PreconditionFailed'],
    ];
    server = await startHttp((request, response) => refuse(request, response, ...(answers.shift() ?? [500, 'x'])));
    assert.equal(await server.store.put('x', 'y', { ifNoneMatch: '*' }), false);
    assert.equal(answers.length, 0);
  });

  it('throws where a key is not deleted', async () => {
    server = await startHttp((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(
        '<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>',
      );
    });
    await assert.rejects(server.store.delete(['a', 'b']), (error) => {
      assert.ok(error instanceof FleetError && !(error instanceof PermanentError));
      assert.match(error.message, /^a: not deleted: AccessDenied/);
      return error.code === 'DELETE_REFUSED';
    });
  });

  it('reads a small object again whose body was cut', async () => {
    let requests = 0;
    server = await startHttp((_, response) => {
      requests += 1;
      response.writeHead(200, { etag: '"e"', 'content-length': 7 });
      if (requests === 3) return void response.end('{"n":1}');
      response.write('{"n":');
      return void setTimeout(() => response.destroy(), 10);
    });
    assert.deepEqual(await server.store.getJson('x', SCHEMA), { value: { n: 1 }, etag: '"e"' });
    assert.equal(requests, 3);
  });

  it('does not take a body that was cut for one that is malformed', async () => {
    server = await startHttp((_, response) => {
      response.writeHead(200, { etag: '"e"', 'content-length': 100 });
      response.write('{"n":');
      setTimeout(() => response.destroy(), 10);
    });
    await assert.rejects(server.store.getJson('x', SCHEMA), (error) => !(error instanceof PermanentError));
  });

  for (const [what, head] of [
    ['says that it is larger', { 'content-length': 70 * 1024 * 1024 }],
    ['does not say how large it is', { 'transfer-encoding': 'chunked' }],
  ] as const) {
    it(`lets go of an object that ${what} than a JSON may be`, async () => {
      let closed: Promise<void> | undefined;
      server = await startHttp((_, response) => {
        closed = new Promise((resolve) => {
          response.on('close', resolve);
        });
        response.writeHead(200, { etag: '"e"', ...head });
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, ' ')));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      });
      await assert.rejects(server.store.getJson('x', SCHEMA), (error) => {
        return error instanceof PermanentError && error.code === 'OBJECT_TOO_LARGE';
      });
      await closed;
    });
  }

  it('gives up a connection on which nothing moves', async () => {
    let requests = 0;
    server = await startHttp((_, response) => {
      requests += 1;
      if (requests === 1) return;
      response.writeHead(200, { etag: '"e"', 'content-length': 7 });
      response.end('{"n":1}');
    }, 100);
    assert.deepEqual((await server.store.getJson('x', SCHEMA))?.value, { n: 1 });
    assert.equal(requests, 2);
  });
});
