import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { check, codeIn, raw, rejectsWith, useS3 } from './s3-endpoint.js';

describe('S3 conformance: objects', () => {
  const s3 = useS3();
  const put = (Key: string, Body: string | Uint8Array, more: object = {}) =>
    s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body, ...more }));
  const get = (Key: string, more: object = {}) =>
    s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key, ...more }));
  const head = (Key: string, more: object = {}) =>
    s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key, ...more }));
  const textOf = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

  check('a missing key is NoSuchKey, and NotFound without a body for HEAD', async () => {
    await rejectsWith(get('missing'), 'NoSuchKey', 404);
    await rejectsWith(head('missing'), 'NotFound', 404);
    const answer = await raw(s3, { method: 'HEAD', path: `/${s3.bucket}/missing` });
    assert.equal(answer.text, '');
  });

  check('a missing bucket is NoSuchBucket', async () => {
    const Bucket = `${s3.bucket}-not`;
    await rejectsWith(s3.client.send(new GetObjectCommand({ Bucket, Key: 'k' })), 'NoSuchBucket', 404);
    await rejectsWith(s3.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' })), 'NoSuchBucket', 404);
    await rejectsWith(s3.client.send(new ListObjectsV2Command({ Bucket })), 'NoSuchBucket', 404);
  });

  check('a key over 1024 bytes is KeyTooLongError, one of 1024 is fine', async () => {
    const longest = 'ü'.repeat(512);
    await rejectsWith(put(`${longest}x`, 'x'), 'KeyTooLongError', 400);
    await put(longest, 'x');
    assert.equal(await textOf(longest), 'x');
  });

  check('an error is XML with code, message and request id, the id in the headers too', async () => {
    const answer = await raw(s3, { method: 'GET', path: `/${s3.bucket}/missing%3C%26%3E` });
    assert.equal(answer.status, 404);
    assert.match(answer.headers['content-type'] ?? '', /xml/);
    assert.match(answer.text, /^<\?xml/);
    assert.match(answer.text, /<Key>missing&lt;&amp;&gt;<\/Key>/);
    const id = /<RequestId>([^<]+)<\/RequestId>/.exec(answer.text)?.[1];
    assert.equal(answer.headers['x-amz-request-id'], id);
  });

  check('an object comes back with its bytes, headers and metadata', async () => {
    const stored = await put('headers', 'hello', {
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="x"',
      ContentLanguage: 'de',
      Metadata: { attempt: 'a1', 'with-dash': 'some value' },
    });
    const md5 = createHash('md5').update('hello').digest('hex');
    assert.equal(stored.ETag, `"${md5}"`);
    for (const answer of [await head('headers'), await get('headers')]) {
      assert.equal(answer.ContentLength, 5);
      assert.equal(answer.ETag, `"${md5}"`);
      assert.equal(answer.ContentType, 'application/json');
      assert.equal(answer.ContentEncoding, 'gzip');
      assert.equal(answer.CacheControl, 'max-age=60');
      assert.equal(answer.ContentDisposition, 'attachment; filename="x"');
      assert.equal(answer.ContentLanguage, 'de');
      assert.deepEqual(answer.Metadata, { attempt: 'a1', 'with-dash': 'some value' });
      assert.equal(answer.AcceptRanges, 'bytes');
      assert.ok(Math.abs((answer.LastModified?.getTime() ?? 0) - Date.now()) < 60_000);
    }
    assert.equal(await textOf('headers'), 'hello');
  });

  check('a type that nobody gave is binary/octet-stream or what the client sent', async () => {
    const answer = await raw(
      s3,
      { method: 'PUT', path: `/${s3.bucket}/untyped`, headers: { 'content-length': 1 } },
      (request) => request.end('x'),
    );
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await head('untyped')).ContentType, 'binary/octet-stream');
  });

  check('a PUT replaces bytes and metadata together', async () => {
    await put('replaced', 'first', { Metadata: { old: '1' }, CacheControl: 'no-store' });
    await put('replaced', 'second one', { Metadata: { new: '2' } });
    const answer = await get('replaced');
    assert.equal(await answer.Body?.transformToString(), 'second one');
    assert.deepEqual(answer.Metadata, { new: '2' });
    assert.equal(answer.CacheControl, undefined);
  });

  check('an empty object is an object', async () => {
    await put('empty', '');
    assert.equal((await head('empty')).ContentLength, 0);
    assert.equal(await textOf('empty'), '');
    await rejectsWith(get('empty', { Range: 'bytes=0-0' }), 'InvalidRange', 416);
  });

  check('metadata over 2 KB is MetadataTooLarge', async () => {
    await rejectsWith(put('metadata', 'x', { Metadata: { a: 'x'.repeat(2048) } }), 'MetadataTooLarge', 400);
  });

  const KEYS = [
    'a b+c%d&e=f?g#h',
    'ünïcödé/日本語/😀',
    'double//slash',
    '/leading',
    'trailing/',
    'dots/./and/../more',
    '.wikifleet/meta/x',
    `long/${'s'.repeat(300)}/x`,
    'quote"\'<>;:@$,!*()[]{}|^~`',
    'back\\slash',
    'tree',
    'tree/branch',
    'tree/branch/leaf',
  ];
  check('any key is a name like another', async () => {
    for (const key of KEYS) await put(`keys/${key}`, `at ${key}`);
    for (const key of KEYS) assert.equal(await textOf(`keys/${key}`), `at ${key}`);
    const listed = await s3.client.send(new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: 'keys/' }));
    assert.deepEqual(
      listed.Contents?.map((object) => object.Key),
      KEYS.map((key) => `keys/${key}`).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    for (const key of KEYS) await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: `keys/${key}` }));
    const left = await s3.client.send(new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: 'keys/' }));
    assert.equal(left.KeyCount, 0);
  });

  const RANGES: [range: string, status: number, body: string, contentRange?: string][] = [
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=2-5', 206, '2345', 'bytes 2-5/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=7-100', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-100', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-2', 200, '0123456789'],
  ];
  for (const [range, status, body, contentRange] of RANGES)
    check(`Range ${range} is ${status}`, async () => {
      await put('ranged', '0123456789');
      const answer = await get('ranged', { Range: range });
      assert.equal(answer.$metadata.httpStatusCode, status);
      assert.equal(answer.ContentRange, contentRange);
      assert.equal(answer.ContentLength, body.length);
      assert.equal(await answer.Body?.transformToString(), body);
      assert.equal((await head('ranged', { Range: range })).ContentLength, body.length);
    });

  for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=-0'])
    check(`Range ${range} of 10 bytes is InvalidRange`, async () => {
      await put('ranged', '0123456789');
      await rejectsWith(get('ranged', { Range: range }), 'InvalidRange', 416);
    });

  check('conditional reads answer 200, 304 and 412', async () => {
    const ETag = (await put('conditional', 'x')).ETag ?? '';
    const past = new Date(Date.now() - 3_600_000);
    const later = new Date(Date.now() + 3_600_000);
    const cases: [conditions: object, status: number][] = [
      [{ IfMatch: ETag }, 200],
      [{ IfMatch: '"0"' }, 412],
      [{ IfNoneMatch: ETag }, 304],
      [{ IfNoneMatch: '"0"' }, 200],
      [{ IfModifiedSince: past }, 200],
      [{ IfUnmodifiedSince: past }, 412],
      [{ IfUnmodifiedSince: later }, 200],
      [{ IfMatch: ETag, IfUnmodifiedSince: past }, 200],
      [{ IfNoneMatch: ETag, IfModifiedSince: past }, 304],
    ];
    for (const [conditions, status] of cases) {
      const got = await get('conditional', conditions).then(
        (answer) => answer.$metadata.httpStatusCode,
        (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode,
      );
      assert.equal(got, status, JSON.stringify(conditions));
    }
    await rejectsWith(get('conditional', { IfMatch: '"0"' }), 'PreconditionFailed', 412);
  });

  check('If-Modified-Since the last change is 304', async () => {
    await put('unmodified', 'x');
    const { LastModified } = await head('unmodified');
    const answer = await raw(s3, {
      method: 'GET',
      path: `/${s3.bucket}/unmodified`,
      headers: { 'if-modified-since': LastModified?.toUTCString() },
    });
    assert.deepEqual([answer.status, answer.text], [304, '']);
  });

  check('PUT with If-None-Match: * is for new keys only', async () => {
    await put('once', 'first', { IfNoneMatch: '*' });
    await rejectsWith(put('once', 'second', { IfNoneMatch: '*' }), 'PreconditionFailed', 412);
    assert.equal(await textOf('once'), 'first');
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'once' }));
    await put('once', 'third', { IfNoneMatch: '*' });
    assert.equal(await textOf('once'), 'third');
  });

  check('of ten conditional PUTs at a time one is stored', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => put('raced', `writer ${i}`, { IfNoneMatch: '*' })),
    );
    const winners = all.flatMap((one, i) => (one.status === 'fulfilled' ? [i] : []));
    assert.equal(winners.length, 1);
    for (const one of all)
      if (one.status === 'rejected')
        assert.match(
          (one.reason as Error).name,
          /^(PreconditionFailed|ConditionalRequestConflict)$/,
          String(one.reason),
        );
    assert.equal(await textOf('raced'), `writer ${winners[0]}`);
  });

  check('PUT with If-Match replaces that version only', async () => {
    await rejectsWith(put('versioned', 'x', { IfMatch: '"0"' }), 'NoSuchKey', 404);
    const { ETag } = await put('versioned', 'first');
    await rejectsWith(put('versioned', 'x', { IfMatch: '"0"' }), 'PreconditionFailed', 412);
    await put('versioned', 'second', { IfMatch: ETag });
    await rejectsWith(put('versioned', 'x', { IfMatch: ETag }), 'PreconditionFailed', 412);
    assert.equal(await textOf('versioned'), 'second');
  });

  check('PUT with If-None-Match of an ETag, or with both conditions, is NotImplemented', async () => {
    await rejectsWith(put('etag', 'x', { IfNoneMatch: '"0"' }), 'NotImplemented', 501);
    await rejectsWith(put('etag', 'x', { IfNoneMatch: '*', IfMatch: '"0"' }), 'NotImplemented', 501);
  });

  check('DELETE is 204, and again', async () => {
    await put('deleted', 'x');
    for (let i = 0; i < 2; i++) {
      const answer = await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'deleted' }));
      assert.equal(answer.$metadata.httpStatusCode, 204);
    }
    await rejectsWith(head('deleted'), 'NotFound', 404);
  });

  check('DELETE with If-Match deletes that version only', async () => {
    const remove = (IfMatch: string | undefined) =>
      s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'guarded', IfMatch }));
    const { ETag } = await put('guarded', 'x');
    await rejectsWith(remove('"0"'), 'PreconditionFailed', 412);
    await head('guarded');
    await remove(ETag);
    await rejectsWith(head('guarded'), 'NotFound', 404);
    await rejectsWith(remove(ETag), 'NoSuchKey', 404);
  });

  check('DeleteObjects answers for each key, missing ones too', async () => {
    const keys = ['many/<1>', 'many/2 &', 'many/missing'];
    for (const key of keys.slice(0, 2)) await put(key, 'x');
    const answer = await s3.client.send(
      new DeleteObjectsCommand({ Bucket: s3.bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    assert.deepEqual(answer.Deleted?.map(({ Key }) => Key).sort(), [...keys].sort());
    assert.deepEqual(answer.Errors ?? [], []);
    const listed = await s3.client.send(new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: 'many/' }));
    assert.equal(listed.KeyCount, 0);
  });

  check('DeleteObjects with Quiet tells of errors only', async () => {
    await put('quiet/1', 'x');
    const Objects = [{ Key: 'quiet/1' }, { Key: 'quiet/2' }];
    const answer = await s3.client.send(
      new DeleteObjectsCommand({ Bucket: s3.bucket, Delete: { Objects, Quiet: true } }),
    );
    assert.deepEqual([answer.Deleted ?? [], answer.Errors ?? []], [[], []]);
    await rejectsWith(head('quiet/1'), 'NotFound', 404);
  });

  check('DeleteObjects with an ETag deletes that version only', async () => {
    const { ETag } = await put('etags/1', 'x');
    await put('etags/2', 'x');
    const Objects = [
      { Key: 'etags/1', ETag },
      { Key: 'etags/2', ETag: '"0"' },
    ];
    const answer = await s3.client.send(new DeleteObjectsCommand({ Bucket: s3.bucket, Delete: { Objects } }));
    assert.deepEqual(
      answer.Deleted?.map(({ Key }) => Key),
      ['etags/1'],
    );
    assert.deepEqual(
      answer.Errors?.map(({ Key, Code }) => `${Key} ${Code}`),
      ['etags/2 PreconditionFailed'],
    );
    await head('etags/2');
  });

  check('DeleteObjects takes at most 1000 keys', async () => {
    const Objects = Array.from({ length: 1001 }, (_, i) => ({ Key: `k${i}` }));
    const call = s3.client.send(new DeleteObjectsCommand({ Bucket: s3.bucket, Delete: { Objects } }));
    await rejectsWith(call, 'MalformedXML', 400);
  });

  check('DeleteObjects needs a checksum or Content-MD5', async () => {
    const body = '<Delete><Object><Key>k</Key></Object></Delete>';
    const answer = await raw(
      s3,
      { method: 'POST', path: `/${s3.bucket}?delete`, headers: { 'content-length': body.length } },
      (request) => request.end(body),
    );
    assert.equal(`${answer.status} ${codeIn(answer)}`, '400 InvalidRequest');
  });

  check('CopyObject copies bytes and metadata, or replaces the latter', async () => {
    const copy = (Key: string, more: object = {}) =>
      s3.client.send(
        new CopyObjectCommand({ Bucket: s3.bucket, Key, CopySource: `${s3.bucket}/from%20%C3%BC`, ...more }),
      );
    const { ETag } = await put('from ü', 'copied', { Metadata: { a: '1' }, ContentType: 'text/plain' });
    const answer = await copy('copy/1');
    assert.equal(answer.CopyObjectResult?.ETag, ETag);
    assert.ok(answer.CopyObjectResult?.LastModified instanceof Date);
    const first = await get('copy/1');
    assert.equal(await first.Body?.transformToString(), 'copied');
    assert.deepEqual(first.Metadata, { a: '1' });
    assert.equal(first.ContentType, 'text/plain');
    await copy('copy/2', { MetadataDirective: 'REPLACE', Metadata: { b: '2' } });
    assert.deepEqual((await head('copy/2')).Metadata, { b: '2' });
    await rejectsWith(copy('copy/3', { CopySourceIfMatch: '"0"' }), 'PreconditionFailed', 412);
    await rejectsWith(copy('copy/3', { CopySourceIfNoneMatch: ETag }), 'PreconditionFailed', 412);
    await rejectsWith(copy('from ü'), 'InvalidRequest', 400);
    await rejectsWith(copy('copy/3', { CopySource: `${s3.bucket}/missing` }), 'NoSuchKey', 404);
    await rejectsWith(head('copy/3'), 'NotFound', 404);
  });
});
