import assert from 'node:assert/strict';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { ChaosRandom } from '../faults/chaos-random.js';
import { MemoryBody, MemoryS3 } from '@wikifleet/store/memory-s3';

const BUCKET = 'bucket';
const SEEDS = LONG_TESTS ? 5 : 2;
const REQUESTS = 120;
/** S3 takes no smaller part but the last. */
const PART = Buffer.alloc(5 * 1024 * 1024, 'p');

/** What an answer says, in a form that both sides have. */
type Answer = Readonly<Record<string, unknown>>;

describe('the model of S3', function () {
  let directory = '';
  let cloud: Awaited<ReturnType<typeof startLocalCloud>>;
  let client: S3Client;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wikifleet-model-'));
    const buckets = { [BUCKET]: join(directory, 'objects') };
    cloud = await startLocalCloud({ directory: join(directory, 'cloud'), buckets, port: 0 });
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    client = new S3Client({ region: 'us-east-1', endpoint: cloud.endpoint, credentials, forcePathStyle: true });
  });

  after(async () => {
    client.destroy();
    await cloud.close();
    await rm(directory, { recursive: true });
  });

  for (let seed = 1; seed <= SEEDS; seed += 1) {
    it(`answers as the loopback S3, which the conformance suite holds to S3: seed ${seed}`, async () => {
      const model = new MemoryS3(1000);
      const random = new ChaosRandom(seed);
      const prefix = `seed${seed}/`;
      const keys = ['a', 'b', 'c/d', 'c.json'].map((name) => `${prefix}${name}`);
      const etags = ['"0"'];
      const uploads: { readonly key: string; readonly ids: readonly [string, string]; readonly parts: string[] }[] = [];
      const both = async (make: (side: 0 | 1) => object): Promise<Answer> => {
        const [real, modelled] = [await ask(client, make(0)), await askModel(model, make(1))];
        assert.deepEqual(modelled, real, JSON.stringify(make(0)).slice(0, 300));
        if (typeof real['ETag'] === 'string') etags.push(real['ETag']);
        return real;
      };
      for (let request = 0; request < REQUESTS; request += 1) {
        const Key = random.pick(keys);
        const at = { Bucket: BUCKET, Key };
        const Body = Buffer.from(`${random.pick(['x', 'y'])}${'z'.repeat(Math.floor(random.next() * 9))}`);
        const etag = random.pick(etags.slice(-4));
        const Range = `bytes=${Math.floor(random.next() * 6)}-7`;
        const upload = random.pick([...uploads, null]);
        switch (Math.floor(random.next() * 13)) {
          case 0:
            await both(() => new PutObjectCommand({ ...at, Body }));
            break;
          case 1:
            await both(() => new PutObjectCommand({ ...at, Body, IfNoneMatch: '*' }));
            break;
          case 2:
            await both(() => new PutObjectCommand({ ...at, Body, IfMatch: etag }));
            break;
          case 3:
            await both(() => new GetObjectCommand(at));
            break;
          case 4:
            await both(() => new GetObjectCommand({ ...at, Range }));
            break;
          case 5:
            await both(() => new GetObjectCommand({ ...at, IfMatch: etag }));
            break;
          case 6:
            await both(() => new HeadObjectCommand(at));
            break;
          case 7:
            await both(() => new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
            break;
          case 8:
            await both(() => new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key }], Quiet: true } }));
            break;
          case 9: {
            const create = new CreateMultipartUploadCommand(at);
            const { UploadId: real = '' } = await client.send(create);
            const { UploadId: modelled } = model.apply(create) as { UploadId: string };
            uploads.push({ key: Key, ids: [real, modelled], parts: [] });
            await both(() => new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: prefix }));
            break;
          }
          case 10:
            await both(() => new GetObjectCommand({ ...at, IfNoneMatch: etag }));
            break;
          case 11: {
            if (upload === null) break;
            const { key, ids, parts } = upload;
            const body = parts.length === 0 && random.chance(0.3) ? PART : Body;
            const PartNumber = parts.length + 1;
            const answer = await both(
              (side) =>
                new UploadPartCommand({ Bucket: BUCKET, Key: key, UploadId: ids[side], PartNumber, Body: body }),
            );
            if (typeof answer['ETag'] === 'string' && (parts.length === 0 || parts.length === 1))
              parts.push(answer['ETag']);
            break;
          }
          default: {
            if (upload === null) break;
            const { key, ids, parts } = upload;
            if (random.chance(0.3)) {
              await both((side) => new AbortMultipartUploadCommand({ Bucket: BUCKET, Key: key, UploadId: ids[side] }));
            } else if (parts.length === 1) {
              const Parts = [{ PartNumber: 1, ETag: parts[0] }];
              const MultipartUpload = { Parts };
              await both(
                (side) =>
                  new CompleteMultipartUploadCommand({
                    Bucket: BUCKET,
                    Key: key,
                    UploadId: ids[side],
                    MultipartUpload,
                  }),
              );
            }
          }
        }
      }
    });
  }
});

async function ask(client: S3Client, command: object): Promise<Answer> {
  try {
    return await seen(await client.send(command as HeadObjectCommand));
  } catch (error) {
    return refused(error);
  }
}

async function askModel(model: MemoryS3, command: object): Promise<Answer> {
  try {
    return await seen(model.apply(command as { constructor: { name: string }; input: object }));
  } catch (error) {
    return refused(error);
  }
}

async function seen(output: object): Promise<Answer> {
  const { ETag, Body, ContentLength, ContentRange, Contents, Uploads } = output as {
    ETag?: string;
    Body?: MemoryBody | { transformToByteArray(): Promise<Uint8Array> };
    ContentLength?: number;
    ContentRange?: string;
    Contents?: { Key?: string; Size?: number }[];
    Uploads?: { Key?: string }[];
  };
  const body = Body instanceof MemoryBody ? Body.bytes : await Body?.transformToByteArray();
  const answer = {
    ETag,
    body: body === undefined ? undefined : Buffer.from(body).toString('latin1'),
    ContentLength: body === undefined ? undefined : ContentLength,
    ContentRange,
    keys: Contents?.map(({ Key, Size }) => `${Key} ${Size}`),
    uploads: Uploads?.map(({ Key }) => Key),
  };
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== undefined && String(value) !== ''));
}

/** Status and code: programs look at the status. */
function refused(error: unknown): Answer {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  if ($metadata === undefined) throw error;
  return { status: $metadata.httpStatusCode };
}
