import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ChecksumAlgorithm } from '@aws-sdk/client-s3';
import { check, codeIn, raw, rejectsWith, useS3 } from './s3-endpoint.js';
import type { RawAnswer } from './s3-endpoint.js';

/** The check values of the CRC catalogue and of the hashes, of the nine bytes `123456789`, in base64. */
const BODY = '123456789';
const VALUES: readonly [algorithm: ChecksumAlgorithm, value: string][] = [
  ['CRC32', Buffer.from('cbf43926', 'hex').toString('base64')],
  ['CRC32C', Buffer.from('e3069283', 'hex').toString('base64')],
  ['CRC64NVME', Buffer.from('ae8b14860a799888', 'hex').toString('base64')],
  ['SHA1', createHash('sha1').update(BODY).digest('base64')],
  ['SHA256', createHash('sha256').update(BODY).digest('base64')],
];

describe('S3 conformance: integrity and framing', () => {
  const s3 = useS3();
  const head = (Key: string) =>
    s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key, ChecksumMode: 'ENABLED' }));
  const gone = async (Key: string) => rejectsWith(head(Key), 'NotFound', 404);
  const put = async (key: string, headers: Record<string, string | number>, body: string): Promise<RawAnswer> =>
    raw(
      s3,
      { method: 'PUT', path: `/${s3.bucket}/${key}`, headers: { 'content-length': body.length, ...headers } },
      (request) => request.end(body),
    );
  const outcome = (answer: RawAnswer): string => `${answer.status} ${codeIn(answer)}`;

  for (const [algorithm, value] of VALUES) {
    const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
    check(`a wrong ${algorithm} is BadDigest, and nothing is stored`, async () => {
      const wrong = Buffer.from(value, 'base64').fill(1).toString('base64');
      assert.equal(outcome(await put(`wrong-${algorithm}`, { [header]: wrong }, BODY)), '400 BadDigest');
      await gone(`wrong-${algorithm}`);
    });
    check(`${algorithm} is checked, kept, and given when asked for`, async () => {
      const answer = await put(`right-${algorithm}`, { [header]: value }, BODY);
      assert.equal(outcome(answer), '200 ');
      assert.equal(answer.headers[header], value);
      const stored = await head(`right-${algorithm}`);
      assert.equal(stored[`Checksum${algorithm}` as 'ChecksumCRC32'], value);
      assert.equal(stored.ChecksumType, 'FULL_OBJECT');
      const path = `/${s3.bucket}/right-${algorithm}`;
      assert.equal((await raw(s3, { method: 'HEAD', path })).headers[header], undefined);
    });
  }

  check('a checksum that is none is InvalidRequest', async () => {
    const answer = await put('invalid', { 'x-amz-checksum-crc32': 'abc' }, BODY);
    assert.equal(outcome(answer), '400 InvalidRequest');
    await gone('invalid');
  });

  check('two checksums are InvalidRequest', async () => {
    const [first, second] = VALUES.map(([algorithm, value]) => [`x-amz-checksum-${algorithm.toLowerCase()}`, value]);
    const answer = await put('two', Object.fromEntries([first ?? [], second ?? []]), BODY);
    assert.equal(outcome(answer), '400 InvalidRequest');
    await gone('two');
  });

  check('Content-MD5: wrong is BadDigest, malformed InvalidDigest, right is stored', async () => {
    const md5 = (text: string): string => createHash('md5').update(text).digest('base64');
    assert.equal(outcome(await put('md5', { 'content-md5': md5('other') }, BODY)), '400 BadDigest');
    assert.equal(outcome(await put('md5', { 'content-md5': 'abc' }, BODY)), '400 InvalidDigest');
    await gone('md5');
    assert.equal(outcome(await put('md5', { 'content-md5': md5(BODY) }, BODY)), '200 ');
  });

  check('x-amz-content-sha256 that is another body’s is XAmzContentSHA256Mismatch', async () => {
    const sha256 = createHash('sha256').update('other').digest('hex');
    const answer = await put('sha256', { 'x-amz-content-sha256': sha256 }, BODY);
    assert.equal(outcome(answer), '400 XAmzContentSHA256Mismatch');
    await gone('sha256');
  });

  check('without a checksum S3 computes CRC64NVME', async () => {
    assert.equal(outcome(await put('default', {}, BODY)), '200 ');
    assert.equal((await head('default')).ChecksumCRC64NVME, VALUES[2]?.[1]);
  });

  check('the SDK checks what it reads', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'sdk', Body: BODY }));
    const answer = await s3.client.send(
      new GetObjectCommand({ Bucket: s3.bucket, Key: 'sdk', ChecksumMode: 'ENABLED' }),
    );
    assert.equal(answer.ChecksumCRC32, VALUES[0]?.[1]);
    assert.equal(await answer.Body?.transformToString(), BODY);
  });

  check('a checksum of the whole is not given for a range', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'piece', Body: BODY }));
    const answer = await s3.client.send(
      new GetObjectCommand({ Bucket: s3.bucket, Key: 'piece', Range: 'bytes=1-2', ChecksumMode: 'ENABLED' }),
    );
    assert.equal(answer.ChecksumCRC32, undefined);
    assert.equal(await answer.Body?.transformToString(), '23');
  });

  check('a stream of the SDK comes framed, with its checksum as a trailer', async () => {
    const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(10_000, i));
    await s3.client.send(
      new PutObjectCommand({
        Bucket: s3.bucket,
        Key: 'stream',
        Body: Readable.from(pieces),
        ContentLength: 400_000,
        ChecksumAlgorithm: 'CRC32',
      }),
    );
    const stored = await head('stream');
    assert.equal(stored.ContentLength, 400_000);
    assert.equal(stored.ContentEncoding, undefined);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(Buffer.concat(pieces)));
    assert.equal(stored.ChecksumCRC32, crc.toString('base64'));
  });

  const signature = ';chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648';
  const framed = (extension: string, trailer = ''): string =>
    `5${extension}\r\n12345\r\n4${extension}\r\n6789\r\n0${extension}\r\n${trailer}\r\n`;
  const signed = {
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-decoded-content-length': 9,
  };
  const trailing = {
    'content-encoding': 'gzip,aws-chunked',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': 9,
    'x-amz-trailer': 'x-amz-checksum-crc32',
  };

  check('signed chunks are unframed', async () => {
    assert.equal(outcome(await put('signed', signed, framed(signature))), '200 ');
    const answer = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: 'signed' }));
    assert.equal(await answer.Body?.transformToString(), BODY);
    assert.equal(answer.ContentEncoding, undefined);
  });

  check('unsigned chunks with a trailer are unframed, and other encodings kept', async () => {
    const body = framed('', `x-amz-checksum-crc32:${VALUES[0]?.[1]}\r\n`);
    assert.equal(outcome(await put('trailing', trailing, body)), '200 ');
    const stored = await head('trailing');
    assert.equal(stored.ContentLength, 9);
    assert.equal(stored.ContentEncoding, 'gzip');
    assert.equal(stored.ChecksumCRC32, VALUES[0]?.[1]);
  });

  check('a wrong trailer is BadDigest', async () => {
    const body = framed('', 'x-amz-checksum-crc32:AAAAAA==\r\n');
    assert.equal(outcome(await put('wrong-trailer', trailing, body)), '400 BadDigest');
    await gone('wrong-trailer');
  });

  check('chunks that end too early, or hold less than announced, are IncompleteBody', async () => {
    for (const body of [framed(signature).slice(0, 60), framed(signature).replace('4;', '5;')])
      assert.equal(outcome(await put('cut', signed, body)), '400 IncompleteBody');
    const longer = { ...signed, 'x-amz-decoded-content-length': 10 };
    assert.equal(outcome(await put('cut', longer, framed(signature))), '400 IncompleteBody');
    await gone('cut');
  });

  check('a PUT that breaks off stores nothing, and leaves the old object', async () => {
    assert.equal(outcome(await put('broken', {}, 'old')), '200 ');
    await new Promise<void>((done) => {
      const request = httpRequest({
        host: s3.endpoint.hostname,
        port: s3.endpoint.port,
        agent: false,
        method: 'PUT',
        path: `/${s3.bucket}/broken`,
        headers: { 'content-length': 1_000_000, authorization: 'AWS4-HMAC-SHA256 Credential=test/1/us-east-1/s3/x' },
      });
      request.on('error', () => undefined);
      request.on('close', done);
      request.write(Buffer.alloc(500_000, 'n'), () => setTimeout(() => request.destroy(), 50));
    });
    await new Promise((done) => setTimeout(done, 200));
    const answer = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: 'broken' }));
    assert.equal(await answer.Body?.transformToString(), 'old');
  });

  check('Expect: 100-continue is answered before the body is sent', async () => {
    const answer = await raw(
      s3,
      {
        method: 'PUT',
        path: `/${s3.bucket}/expect`,
        headers: { 'content-length': BODY.length, expect: '100-continue' },
      },
      (request) => {
        request.on('continue', () => request.end(BODY));
        request.flushHeaders();
      },
    );
    assert.deepEqual([outcome(answer), answer.continued], ['200 ', true]);
    assert.equal((await head('expect')).ContentLength, 9);
  });

  check('a body without a length is MissingContentLength', async () => {
    const answer = await raw(
      s3,
      { method: 'PUT', path: `/${s3.bucket}/no-length`, headers: { 'transfer-encoding': 'chunked' } },
      (request) => request.end('x'),
    );
    assert.equal(outcome(answer), '411 MissingContentLength');
    await gone('no-length');
  });
});
