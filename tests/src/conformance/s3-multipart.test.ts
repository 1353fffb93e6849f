import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type {
  CompletedPart,
  CreateMultipartUploadCommandInput,
  ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { check, codeIn, raw, rejectsWith, useS3 } from './s3-endpoint.js';

const MIB = 1024 * 1024;
const BIG = Buffer.alloc(5 * MIB, 'big part ');
const OTHER = Buffer.alloc(5 * MIB, 'other part ');
const SMALL = Buffer.from('the last part');

describe('S3 conformance: multipart uploads', function () {
  const s3 = useS3();

  interface Upload {
    readonly Key: string;
    readonly UploadId: string;
  }
  const create = async (Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<Upload> => {
    const answer = await s3.client.send(new CreateMultipartUploadCommand({ Bucket: s3.bucket, Key, ...more }));
    return { Key, UploadId: answer.UploadId ?? '' };
  };
  const part = async (upload: Upload, PartNumber: number, Body: Uint8Array, more = {}): Promise<CompletedPart> => {
    const answer = await s3.client.send(
      new UploadPartCommand({ Bucket: s3.bucket, ...upload, PartNumber, Body, ...more }),
    );
    // a completion names checksums where the upload was made with an algorithm, and only then
    const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME } = answer;
    return 'ChecksumAlgorithm' in more
      ? { PartNumber, ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME }
      : { PartNumber, ETag };
  };
  const complete = (upload: Upload, Parts: CompletedPart[], more = {}) =>
    s3.client.send(
      new CompleteMultipartUploadCommand({ Bucket: s3.bucket, ...upload, MultipartUpload: { Parts }, ...more }),
    );
  const head = (Key: string, more = {}) =>
    s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key, ChecksumMode: 'ENABLED', ...more }));
  const bytes = async (Key: string, more = {}): Promise<Buffer> => {
    const answer = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key, ...more }));
    return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
  };
  const abort = (upload: Upload) => s3.client.send(new AbortMultipartUploadCommand({ Bucket: s3.bucket, ...upload }));
  const post = async (upload: Upload, body: string) =>
    raw(
      s3,
      {
        method: 'POST',
        path: `/${s3.bucket}/${upload.Key}?uploadId=${upload.UploadId}`,
        headers: { 'content-length': Buffer.byteLength(body) },
      },
      (request) => request.end(body),
    );
  const multipartEtag = (parts: readonly Buffer[]): string => {
    const md5 = createHash('md5');
    for (const one of parts) md5.update(createHash('md5').update(one).digest());
    return `"${md5.digest('hex')}-${parts.length}"`;
  };

  check('an upload that is not there is NoSuchUpload', async () => {
    const upload = { Key: 'missing', UploadId: 'ab'.repeat(22) };
    await rejectsWith(part(upload, 1, SMALL), 'NoSuchUpload', 404);
    await rejectsWith(complete(upload, [{ PartNumber: 1, ETag: '"x"' }]), 'NoSuchUpload', 404);
    await rejectsWith(abort(upload), 'NoSuchUpload', 404);
    await rejectsWith(s3.client.send(new ListPartsCommand({ Bucket: s3.bucket, ...upload })), 'NoSuchUpload', 404);
    const real = await create('one-key');
    await rejectsWith(part({ ...real, Key: 'another-key' }, 1, SMALL), 'NoSuchUpload', 404);
  });

  check('part numbers are 1 to 10000', async () => {
    const upload = await create('numbers');
    await rejectsWith(part(upload, 0, SMALL), 'InvalidArgument', 400);
    await rejectsWith(part(upload, 10_001, SMALL), 'InvalidArgument', 400);
    await part(upload, 10_000, SMALL);
  });

  check('a part that was not uploaded, or has another ETag, is InvalidPart', async () => {
    const upload = await create('invalid');
    const first = await part(upload, 1, SMALL);
    await rejectsWith(complete(upload, [{ ...first, ETag: `"${'0'.repeat(32)}"` }]), 'InvalidPart', 400);
    await rejectsWith(complete(upload, [{ ...first, PartNumber: 2 }]), 'InvalidPart', 400);
    await rejectsWith(head('invalid'), 'NotFound', 404);
    await complete(upload, [first]);
  });

  check('parts out of order are InvalidPartOrder', async () => {
    const upload = await create('order');
    const [first, second] = [await part(upload, 1, BIG), await part(upload, 2, SMALL)];
    await rejectsWith(complete(upload, [second, first]), 'InvalidPartOrder', 400);
    await complete(upload, [first, second]);
  });

  check('a part that is listed twice is InvalidPartOrder', async () => {
    const upload = await create('doubled');
    const first = await part(upload, 1, BIG);
    await rejectsWith(complete(upload, [first, first]), 'InvalidPartOrder', 400);
  });

  check('a part under 5 MiB that is not the last is EntityTooSmall', async () => {
    const upload = await create('small');
    const parts = [await part(upload, 1, BIG.subarray(1)), await part(upload, 2, SMALL)];
    await rejectsWith(complete(upload, parts), 'EntityTooSmall', 400);
  });

  check('what is no list of parts is MalformedXML', async () => {
    const upload = await create('xml');
    const { ETag } = await part(upload, 1, SMALL);
    const one = `<Part><PartNumber>1</PartNumber><ETag>${ETag}</ETag></Part>`;
    const bodies = [`<CompleteMultipartUpload>${one}`, `<Something>${one}</Something>`, 'no XML'];
    for (const body of bodies) {
      const answer = await post(upload, body);
      assert.equal(`${answer.status} ${codeIn(answer)}`, '400 MalformedXML', body);
    }
    await rejectsWith(head('xml'), 'NotFound', 404);
  });

  check('a request with a DOCTYPE expands nothing', async () => {
    const upload = await create('doctype');
    const { ETag } = await part(upload, 1, SMALL);
    const answer = await post(
      upload,
      `<!DOCTYPE x [<!ENTITY n "1">]><CompleteMultipartUpload><Part><PartNumber>&n;</PartNumber><ETag>${ETag}</ETag></Part></CompleteMultipartUpload>`,
    );
    assert.equal(`${answer.status} ${codeIn(answer)}`, '400 MalformedXML');
  });

  check('the object appears with the completion, with the headers of the creation', async () => {
    const upload = await create('whole', { ContentType: 'text/x-dump', Metadata: { attempt: '7' } });
    const parts = [await part(upload, 1, BIG), await part(upload, 2, OTHER), await part(upload, 3, SMALL)];
    await rejectsWith(head('whole'), 'NotFound', 404);
    const listed = await s3.client.send(new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: 'whole' }));
    assert.equal(listed.KeyCount, 0);
    const answer = await complete(upload, parts);
    assert.equal(answer.ETag, multipartEtag([BIG, OTHER, SMALL]));
    assert.deepEqual([answer.Bucket, answer.Key], [s3.bucket, 'whole']);
    const stored = await head('whole');
    assert.equal(stored.ETag, answer.ETag);
    assert.equal(stored.ContentType, 'text/x-dump');
    assert.deepEqual(stored.Metadata, { attempt: '7' });
    const whole = Buffer.concat([BIG, OTHER, SMALL]);
    assert.ok((await bytes('whole')).equals(whole));
    const seam = await bytes('whole', { Range: `bytes=${5 * MIB - 2}-${5 * MIB + 1}` });
    assert.ok(seam.equals(whole.subarray(5 * MIB - 2, 5 * MIB + 2)));
  });

  check('parts of different sizes, uploaded last to first, some left out', async () => {
    const upload = await create('gaps');
    const last = await part(upload, 9, SMALL);
    const middle = await part(upload, 5, Buffer.concat([OTHER, SMALL]));
    await part(upload, 4, SMALL);
    const first = await part(upload, 2, BIG);
    await complete(upload, [first, middle, last]);
    assert.ok((await bytes('gaps')).equals(Buffer.concat([BIG, OTHER, SMALL, SMALL])));
  });

  check('a part that is uploaded again replaces the first', async () => {
    const upload = await create('again');
    const old = await part(upload, 1, BIG);
    const first = await part(upload, 1, OTHER);
    const second = await part(upload, 2, SMALL);
    await rejectsWith(complete(upload, [old, second]), 'InvalidPart', 400);
    await complete(upload, [first, second]);
    assert.ok((await bytes('again')).equals(Buffer.concat([OTHER, SMALL])));
  });

  check('a second completion is NoSuchUpload, or the same answer', async () => {
    const upload = await create('twice');
    const parts = [await part(upload, 1, SMALL)];
    const { ETag } = await complete(upload, parts);
    await complete(upload, parts).then(
      (answer) => assert.equal(answer.ETag, ETag),
      (error: Error) => assert.equal(error.name, 'NoSuchUpload'),
    );
    assert.equal((await head('twice')).ETag, ETag);
  });

  check('completion with If-None-Match: * fails where there is an object, and the upload stays', async () => {
    const { ETag } = await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'guarded', Body: 'x' }));
    const upload = await create('guarded');
    const parts = [await part(upload, 1, SMALL)];
    await rejectsWith(complete(upload, parts, { IfNoneMatch: '*' }), 'PreconditionFailed', 412);
    await rejectsWith(complete(upload, parts, { IfMatch: '"0"' }), 'PreconditionFailed', 412);
    assert.equal((await bytes('guarded')).toString(), 'x');
    await complete(upload, parts, { IfMatch: ETag });
    assert.ok((await bytes('guarded')).equals(SMALL));
  });

  check('no parts are InvalidRequest', async () => {
    const answer = await post(await create('no-parts'), '<CompleteMultipartUpload></CompleteMultipartUpload>');
    assert.equal(`${answer.status} ${codeIn(answer)}`, '400 InvalidRequest');
  });

  check('a checksum in the completion of an upload without an algorithm is InvalidPart', async () => {
    const upload = await create('unasked');
    const parts = [await part(upload, 1, SMALL, { ChecksumAlgorithm: 'CRC32' })];
    await rejectsWith(complete(upload, parts), 'InvalidPart', 400);
  });

  check('completion with If-None-Match: * conflicts where the object was deleted meanwhile', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'conflict', Body: 'x' }));
    const upload = await create('conflict');
    const parts = [await part(upload, 1, SMALL)];
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'conflict' }));
    await rejectsWith(complete(upload, parts, { IfNoneMatch: '*' }), 'ConditionalRequestConflict', 409);
    await rejectsWith(complete(upload, parts, { IfMatch: '"0"' }), 'NoSuchKey', 404);
    await rejectsWith(head('conflict'), 'NotFound', 404);
  });

  check('completion with If-Match conflicts with an object that is newer than the upload', async () => {
    const upload = await create('newer');
    const parts = [await part(upload, 1, SMALL)];
    const { ETag } = await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'newer', Body: 'x' }));
    await rejectsWith(complete(upload, parts, { IfMatch: ETag }), 'ConditionalRequestConflict', 409);
    assert.equal((await bytes('newer')).toString(), 'x');
  });

  check('an aborted upload is gone with its parts', async () => {
    const upload = await create('aborted');
    const parts = [await part(upload, 1, SMALL)];
    assert.equal((await abort(upload)).$metadata.httpStatusCode, 204);
    await rejectsWith(complete(upload, parts), 'NoSuchUpload', 404);
    await rejectsWith(part(upload, 2, SMALL), 'NoSuchUpload', 404);
  });

  check('ListParts has the parts by number, in pages', async () => {
    const upload = await create('parts');
    for (const number of [3, 1, 2]) await part(upload, number, Buffer.from(`part ${number}`));
    const list = (more = {}) => s3.client.send(new ListPartsCommand({ Bucket: s3.bucket, ...upload, ...more }));
    const first = await list({ MaxParts: 2 });
    assert.deepEqual(
      first.Parts?.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag]),
      [1, 2].map((n) => [n, 6, `"${createHash('md5').update(`part ${n}`).digest('hex')}"`]),
    );
    assert.deepEqual([first.IsTruncated, first.NextPartNumberMarker], [true, '2']);
    const second = await list({ PartNumberMarker: '2' });
    assert.deepEqual(
      second.Parts?.map(({ PartNumber }) => PartNumber),
      [3],
    );
    assert.equal(second.IsTruncated, false);
  });

  check('ListMultipartUploads has them by key and start, in pages', async () => {
    const uploads = [await create('list/b'), await create('list/a'), await create('list/a'), await create('list2/c')];
    const [b, a1, a2] = uploads;
    const list = (more = {}) =>
      s3.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket, Prefix: 'list/', ...more }));
    const ids = (answer: ListMultipartUploadsCommandOutput) => answer.Uploads?.map(({ UploadId }) => UploadId);
    const all = await list();
    assert.deepEqual(ids(all)?.slice().sort(), [a1?.UploadId, a2?.UploadId, b?.UploadId].sort());
    assert.equal(ids(all)?.[2], b?.UploadId);
    const first = await list({ MaxUploads: 1 });
    assert.equal(first.IsTruncated, true);
    assert.deepEqual(ids(first), ids(all)?.slice(0, 1));
    const rest = await list({ KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker });
    assert.deepEqual(ids(rest), ids(all)?.slice(1));
    const grouped = await s3.client.send(
      new ListMultipartUploadsCommand({ Bucket: s3.bucket, Prefix: 'list', Delimiter: '/' }),
    );
    assert.deepEqual(
      grouped.CommonPrefixes?.map(({ Prefix }) => Prefix),
      ['list/', 'list2/'],
    );
  });

  check('a composite checksum is made of the parts’, which the completion must name', async () => {
    const upload = await create('composite', { ChecksumAlgorithm: 'CRC32C' });
    const more = { ChecksumAlgorithm: 'CRC32C' };
    const parts = [await part(upload, 1, BIG, more), await part(upload, 2, SMALL, more)];
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    await rejectsWith(complete(upload, bare), 'InvalidRequest', 400);
    const answer = await complete(upload, parts);
    assert.match(answer.ChecksumCRC32C ?? '', /^[A-Za-z0-9+/]{6}==-2$/);
    assert.equal(answer.ChecksumType, 'COMPOSITE');
    assert.equal((await head('composite')).ChecksumCRC32C, answer.ChecksumCRC32C);
  });

  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const)
    check(`a full ${algorithm} is that of one PUT`, async () => {
      const whole = Buffer.concat([BIG, SMALL]);
      const single = await s3.client.send(
        new PutObjectCommand({ Bucket: s3.bucket, Key: 'single', Body: whole, ChecksumAlgorithm: algorithm }),
      );
      const upload = await create('full', { ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' });
      const more = { ChecksumAlgorithm: algorithm };
      const parts = [await part(upload, 1, BIG, more), await part(upload, 2, SMALL, more)];
      const name = `Checksum${algorithm}` as const;
      await rejectsWith(
        complete(upload, parts, { [name]: Buffer.alloc(algorithm === 'CRC64NVME' ? 8 : 4).toString('base64') }),
        'BadDigest',
        400,
      );
      const answer = await complete(upload, parts, { [name]: single[name], ChecksumType: 'FULL_OBJECT' });
      assert.equal(answer[name], single[name]);
      assert.equal((await head('full')).ChecksumType, 'FULL_OBJECT');
    });

  check('SHA-256 cannot be a full object’s checksum', async () => {
    await rejectsWith(
      create('sha', { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' }),
      'InvalidRequest',
      400,
    );
  });

  check('a part in another algorithm is InvalidRequest', async () => {
    const upload = await create('mixed', { ChecksumAlgorithm: 'SHA256' });
    await rejectsWith(part(upload, 1, SMALL, { ChecksumAlgorithm: 'CRC32' }), 'InvalidRequest', 400);
  });

  check('x-amz-mp-object-size must be the size', async () => {
    const upload = await create('sized');
    const parts = [await part(upload, 1, SMALL)];
    await rejectsWith(complete(upload, parts, { MpuObjectSize: 5 }), 'InvalidRequest', 400);
    await complete(upload, parts, { MpuObjectSize: SMALL.length });
  });

  check('partNumber reads one part', async () => {
    const upload = await create('numbered');
    await complete(upload, [await part(upload, 1, BIG), await part(upload, 2, SMALL)]);
    assert.ok((await bytes('numbered', { PartNumber: 2 })).equals(SMALL));
    const answer = await head('numbered', { PartNumber: 1 });
    assert.deepEqual([answer.PartsCount, answer.ContentLength], [2, BIG.length]);
  });

  check('UploadPartCopy takes an object or a range of it', async () => {
    const source = Buffer.concat([BIG, SMALL]);
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'source', Body: source }));
    const upload = await create('copied', { ChecksumAlgorithm: 'CRC64NVME' });
    const copy = async (PartNumber: number, CopySourceRange?: string): Promise<CompletedPart> => {
      const answer = await s3.client.send(
        new UploadPartCopyCommand({
          Bucket: s3.bucket,
          ...upload,
          PartNumber,
          CopySource: `${s3.bucket}/source`,
          CopySourceRange,
        }),
      );
      return { PartNumber, ETag: answer.CopyPartResult?.ETag };
    };
    await rejectsWith(copy(1, `bytes=0-${source.length}`), 'InvalidArgument', 400);
    const parts = [await copy(1), await copy(2, `bytes=${BIG.length}-${source.length - 1}`)];
    await complete(upload, parts);
    assert.ok((await bytes('copied')).equals(Buffer.concat([source, SMALL])));
  });
});
