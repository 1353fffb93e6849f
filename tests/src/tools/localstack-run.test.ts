import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { inFolder, run, start, until } from '../end-to-end/programs.js';
import type { Running } from '../end-to-end/programs.js';
import { digestOf } from '../end-to-end/rows.js';
import { cloudEnvironment } from './cloud-environment.js';
import { emptyBucket } from './empty-bucket.js';
import { startSampleMirror } from './sample-mirror.js';

const endpoint = process.env['WIKIFLEET_LOCALSTACK_ENDPOINT'] ?? '';
const ENVIRONMENT = cloudEnvironment(endpoint);
const RUN = 'articles-multistream/samplewiki/2026-10-01';

describe('the fleet on LocalStack', function () {
  this.timeout(180_000);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({
    endpoint: endpoint || 'http://127.0.0.1:9',
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
  });
  const sqs = new SQSClient({ endpoint: endpoint || 'http://127.0.0.1:9', region: 'us-east-1', credentials });
  const cloudwatch = new CloudWatchClient({
    endpoint: endpoint || 'http://127.0.0.1:9',
    region: 'us-east-1',
    credentials,
  });
  const running: Running[] = [];

  before(async function () {
    if (endpoint === '') this.skip('WIKIFLEET_LOCALSTACK_ENDPOINT');
    await emptyBucket(endpoint);
  });
  after(() => {
    for (const { child } of running) child.kill('SIGKILL');
    s3.destroy();
    sqs.destroy();
    cloudwatch.destroy();
  });

  const keysBelow = async (prefix: string): Promise<string[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'wikifleet', Prefix: prefix }));
    return Contents.map(({ Key = '' }) => Key);
  };
  const textOf = async (key: string): Promise<string> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'wikifleet', Key: key }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return (key.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes)).toString('utf8');
  };

  /** The most that the fleet told CloudWatch of a queue's depth. */
  const mostOutstanding = async (queue: string, since: Date): Promise<number | undefined> => {
    const { Datapoints = [] } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Wikifleet',
        MetricName: 'Outstanding',
        Dimensions: [{ Name: 'QueueName', Value: queue }],
        StartTime: new Date(since.getTime() - 60_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: ['Maximum'],
      }),
    );
    return Datapoints.map(({ Maximum = 0 }) => Maximum).toSorted((a, b) => b - a)[0];
  };

  it('downloads, converts and closes the sample wiki; the rows are those of a conversion without a queue', async () => {
    await inFolder(async (folder) => {
      const mirrors = { WIKIFLEET_MIRRORS: await startSampleMirror(folder, running) };
      const environment = { ...ENVIRONMENT, ...mirrors, WIKIFLEET_PUBLISH_DEPTH: 'on' };
      const began = new Date();
      for (const program of ['downloader', 'converter'])
        running.push(start(`${program}/dist/main.js`, [], environment));
      const seedArgs = ['--wiki', 'samplewiki', '--date', 'latest', '--split-bytes', '150000'];
      const seeded = await run('seed/dist/main.js', [...seedArgs, '--json'], environment);
      assert.equal(seeded.code, 0, seeded.stderr);
      const { planId } = JSON.parse(seeded.stdout) as { planId: string };
      const manifestKey = `runs/${RUN}/${planId}/manifest.json`;
      await until('the run is complete', async () => (await keysBelow(manifestKey)).length === 1, 120);

      const manifest = JSON.parse(await textOf(manifestKey)) as { result: { files: { file: string; rows: number }[] } };
      assert.ok(manifest.result.files.length >= 2);
      for (const { file, rows } of manifest.result.files) {
        const parts = await keysBelow(`rows/kind=articles-multistream/wiki_id=samplewiki/snapshot=2026-10-01/${file}/`);
        const texts = await Promise.all(parts.toSorted().map(textOf));
        const alone = join(folder, 'sample', 'samplewiki', '20261001', file);
        const { code } = await run('wikifleet/dist/convert.js', [alone, '--out', join(folder, 'rows.jsonl')]);
        assert.equal(code, 0);
        const expected = digestOf(await readFile(join(folder, 'rows.jsonl'), 'utf8'));
        assert.deepEqual(digestOf(texts.join('')), expected);
        assert.equal(expected.rows, rows);
      }
      const again = await run('seed/dist/main.js', seedArgs, environment);
      assert.match(again.stderr, /was there; enqueued 0 files/);

      const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'wikifleet' }));
      assert.deepEqual(uploads.Uploads ?? [], [], 'no upload is left');
      for (const url of Object.values(ENVIRONMENT).filter((value) => value.includes('/000000000000/'))) {
        const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
        const { Attributes } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] }),
        );
        assert.deepEqual(Object.values(Attributes ?? {}), ['0', '0'], url);
      }
      for (const queue of ['wikifleet-download', 'wikifleet-convert']) {
        const most = await mostOutstanding(queue, began);
        assert.ok(most !== undefined && most >= 1, `${queue}: ${most} outstanding`);
      }
      for (const { child, ended, output } of running) {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
        assert.equal((await ended).code, 0, output());
      }
    });
  });
});
