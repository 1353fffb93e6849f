import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { check, codeIn, makeBucket, raw, rejectsWith, removeBucket, useS3 } from './s3-endpoint.js';

describe('S3 conformance: buckets', () => {
  const s3 = useS3();

  for (const Bucket of ['ab', 'Upper-Case', 'under_score', 'a'.repeat(64)])
    check(`${Bucket.slice(0, 20)} is InvalidBucketName`, async () => {
      const answer = await raw(s3, { method: 'PUT', path: `/${Bucket}` });
      assert.equal(`${answer.status} ${codeIn(answer)}`, '400 InvalidBucketName');
    });

  check('a bucket that is not there is NotFound, and NoSuchBucket to delete', async () => {
    const Bucket = `${s3.bucket}-not`;
    await rejectsWith(s3.client.send(new HeadBucketCommand({ Bucket })), 'NotFound', 404);
    await rejectsWith(s3.client.send(new DeleteBucketCommand({ Bucket })), 'NoSuchBucket', 404);
  });

  check('a bucket that holds something is BucketNotEmpty', async () => {
    const Bucket = await makeBucket(s3.client);
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'deep/in/it', Body: 'x' }));
    await rejectsWith(s3.client.send(new DeleteBucketCommand({ Bucket })), 'BucketNotEmpty', 409);
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'deep/in/it' }));
    await s3.client.send(new DeleteBucketCommand({ Bucket }));
    await rejectsWith(s3.client.send(new HeadBucketCommand({ Bucket })), 'NotFound', 404);
  });

  check('a deleted bucket can be made again, and is empty', async () => {
    const Bucket = await makeBucket(s3.client);
    await s3.client.send(new DeleteBucketCommand({ Bucket }));
    await s3.client.send(new CreateBucketCommand({ Bucket }));
    await removeBucket(s3.client, Bucket);
  });

  check('buckets are listed and answer HEAD', async () => {
    const { Buckets } = await s3.client.send(new ListBucketsCommand({}));
    const own = Buckets?.find(({ Name }) => Name === s3.bucket);
    assert.ok(own?.CreationDate instanceof Date);
    const answer = await s3.client.send(new HeadBucketCommand({ Bucket: s3.bucket }));
    assert.equal(answer.$metadata.httpStatusCode, 200);
  });

  check('the location of us-east-1 is empty', async () => {
    const { LocationConstraint } = await s3.client.send(new GetBucketLocationCommand({ Bucket: s3.bucket }));
    assert.equal(LocationConstraint ?? '', '');
  });

  check('in us-east-1 one’s own bucket may be made again', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: s3.bucket }));
  });

  check('the bucket may be in the host name', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'hosted', Body: 'x' }));
    const host = `${s3.bucket}.localhost:${s3.endpoint.port}`;
    const answer = await raw(s3, { method: 'GET', path: '/hosted', headers: { host } });
    assert.deepEqual([answer.status, answer.text], [200, 'x']);
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'hosted' }));
  });

  check('a method that a resource does not have is MethodNotAllowed', async () => {
    const answer = await raw(s3, { method: 'DELETE', path: '/' });
    assert.equal(`${answer.status} ${codeIn(answer)}`, '405 MethodNotAllowed');
  });
});
