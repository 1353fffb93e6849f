import assert from 'node:assert/strict';
import { ListObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ListObjectsCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { check, rejectsWith, useS3 } from './s3-endpoint.js';

/** In the order of their UTF-8 bytes. */
const KEYS = ['a', 'a!b', 'a-b', 'a/1', 'a/2/x', 'a/2/y', 'a/3', 'a0', 'b/x', 'c d', 'c+d', 'z', 'é', '\uffee', '😀'];

describe('S3 conformance: listings', () => {
  const s3 = useS3();
  before(async () => {
    for (const Key of [...KEYS].reverse())
      await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body: Key }));
  });
  const list = (more: object = {}) => s3.client.send(new ListObjectsV2Command({ Bucket: s3.bucket, ...more }));
  const listV1 = (more: object = {}) => s3.client.send(new ListObjectsCommand({ Bucket: s3.bucket, ...more }));
  const shown = (answer: ListObjectsV2CommandOutput | ListObjectsCommandOutput) => ({
    keys: answer.Contents?.map(({ Key }) => Key) ?? [],
    prefixes: answer.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [],
  });

  check('a continuation token that is none is InvalidArgument', async () => {
    await rejectsWith(list({ ContinuationToken: 'none' }), 'InvalidArgument', 400);
  });

  check('max-keys below 0 is InvalidArgument', async () => {
    await rejectsWith(list({ MaxKeys: -1 }), 'InvalidArgument', 400);
  });

  check('an unknown encoding type is InvalidArgument', async () => {
    await rejectsWith(list({ EncodingType: 'base64' }), 'InvalidArgument', 400);
  });

  check('keys come in the order of their UTF-8 bytes, with size, ETag and time', async () => {
    const answer = await list();
    assert.deepEqual(shown(answer), { keys: KEYS, prefixes: [] });
    assert.equal(answer.KeyCount, KEYS.length);
    assert.equal(answer.IsTruncated, false);
    assert.equal(answer.MaxKeys, 1000);
    assert.equal(answer.Name, s3.bucket);
    for (const object of answer.Contents ?? []) {
      assert.equal(object.Size, Buffer.byteLength(object.Key ?? ''));
      assert.match(object.ETag ?? '', /^"[0-9a-f]{32}"$/);
      assert.equal(object.StorageClass, 'STANDARD');
      assert.ok(object.LastModified instanceof Date);
    }
  });

  const CASES: [title: string, options: object, keys: string[], prefixes: string[]][] = [
    ['a prefix that ends in a name', { Prefix: 'a/2' }, ['a/2/x', 'a/2/y'], []],
    ['a prefix that is a key', { Prefix: 'a' }, KEYS.slice(0, 8), []],
    ['a prefix of nothing', { Prefix: 'nothing/' }, [], []],
    ['a prefix that leads outside', { Prefix: '../' }, [], []],
    ['a delimiter', { Delimiter: '/' }, KEYS.filter((key) => !key.includes('/')), ['a/', 'b/']],
    ['prefix and delimiter', { Prefix: 'a/', Delimiter: '/' }, ['a/1', 'a/3'], ['a/2/']],
    ['a prefix without its slash', { Prefix: 'a/2', Delimiter: '/' }, [], ['a/2/']],
    ['another delimiter', { Prefix: 'a', Delimiter: '-' }, KEYS.slice(0, 8).filter((key) => key !== 'a-b'), ['a-']],
    ['a delimiter of two characters', { Prefix: 'a', Delimiter: '/2' }, [...KEYS.slice(0, 4), 'a/3', 'a0'], ['a/2']],
    ['start-after', { StartAfter: 'a/2/x' }, KEYS.slice(5), []],
    ['start-after a key that is not there', { StartAfter: 'a/2' }, KEYS.slice(4), []],
    ['start-after and prefix', { StartAfter: 'a/1', Prefix: 'a/' }, ['a/2/x', 'a/2/y', 'a/3'], []],
  ];
  for (const [title, options, keys, prefixes] of CASES)
    check(`${title} is honoured`, async () => {
      const answer = await list(options);
      assert.deepEqual(shown(answer), { keys, prefixes });
      assert.equal(answer.KeyCount, keys.length + prefixes.length);
    });

  check('max-keys 0 is an empty page', async () => {
    const answer = await list({ MaxKeys: 0 });
    assert.deepEqual([answer.KeyCount, answer.IsTruncated], [0, false]);
  });

  check('max-keys over 1000 is 1000', async () => {
    assert.equal((await list({ MaxKeys: 5000 })).MaxKeys, 1000);
  });

  for (const options of [{}, { Delimiter: '/' }, { Prefix: 'a', Delimiter: '/' }, { Prefix: 'a/', StartAfter: 'a/1' }])
    check(`pages of any size hold each key once: ${JSON.stringify(options)}`, async () => {
      const whole = shown(await list(options));
      for (const MaxKeys of [1, 2, 3, 7]) {
        const keys: (string | undefined)[] = [];
        const prefixes: (string | undefined)[] = [];
        let ContinuationToken: string | undefined;
        do {
          const page = await list({ ...options, MaxKeys, ContinuationToken });
          keys.push(...shown(page).keys);
          prefixes.push(...shown(page).prefixes);
          assert.ok((page.KeyCount ?? 0) <= MaxKeys && (page.KeyCount ?? 0) > 0);
          assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined);
        assert.deepEqual({ keys, prefixes }, whole);
      }
    });

  check('encoding-type=url encodes keys and prefixes', async () => {
    const answer = await list({ Prefix: 'c', EncodingType: 'url' });
    assert.equal(answer.EncodingType, 'url');
    assert.deepEqual(
      shown(answer).keys.map((key) => decodeURIComponent((key ?? '').replaceAll('+', '%20'))),
      ['c d', 'c+d'],
    );
    assert.deepEqual(shown(await list({ Prefix: '\u00e9', EncodingType: 'url' })).keys, ['%C3%A9']);
    assert.deepEqual(shown(await list({ Prefix: 'b', Delimiter: '/', EncodingType: 'url' })).prefixes, ['b/']);
  });

  check('fetch-owner adds the owner', async () => {
    assert.equal((await list({ MaxKeys: 1 })).Contents?.[0]?.Owner, undefined);
    assert.notEqual((await list({ MaxKeys: 1, FetchOwner: true })).Contents?.[0]?.Owner?.ID, undefined);
  });

  check('the first version pages by marker, and has NextMarker with a delimiter only', async () => {
    const first = await listV1({ MaxKeys: 5 });
    assert.deepEqual(shown(first).keys, KEYS.slice(0, 5));
    assert.deepEqual([first.IsTruncated, first.NextMarker], [true, undefined]);
    assert.deepEqual(shown(await listV1({ Marker: KEYS[4] })).keys, KEYS.slice(5));
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await listV1({ Delimiter: '/', MaxKeys: 2, Marker });
      seen.push(...shown(page).keys, ...shown(page).prefixes);
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual([...seen].sort(), [...KEYS.filter((key) => !key.includes('/')), 'a/', 'b/'].sort());
  });
});
