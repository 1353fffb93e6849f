import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import type { LocalCloud } from '@wikifleet/local-cloud/local-cloud';

const run = promisify(execFile);
const readyScript = fileURLToPath(new URL('../../../docker/init/ready.sh', import.meta.url));

/** The path of an `aws`. */
const aws = process.env['WIKIFLEET_AWS_CLI'] ?? '';

describe('the AWS command line against the loopback cloud', function () {
  this.timeout(120_000);
  let folder: string;
  let cloud: LocalCloud | undefined;
  let env: NodeJS.ProcessEnv;

  before(async function () {
    if (aws === '') this.skip('WIKIFLEET_AWS_CLI');
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-aws-'));
    cloud = await startLocalCloud({ directory: folder });
    env = {
      PATH: [dirname(aws), process.env['PATH'] ?? ''].join(delimiter),
      // No settings of whoever runs this
      HOME: folder,
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
    };
  });
  after(async () => {
    await cloud?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  // Version 1 does not take AWS_ENDPOINT_URL for SQS where a queue's URL is named
  const call = async (...args: string[]) =>
    (await run(aws, ['--endpoint-url', cloud?.endpoint ?? '', ...args], { env, maxBuffer: 1e7 })).stdout;
  const queueUrl = (name: string) => `${cloud?.endpoint}/000000000000/${name}`;

  it('makes bucket and queues by the init script, and again', async () => {
    await run('bash', [readyScript], { env });
    await call(
      'sqs',
      'set-queue-attributes',
      '--queue-url',
      queueUrl('wikifleet-convert'),
      '--attributes',
      'VisibilityTimeout=7',
    );
    await run('bash', [readyScript], { env });
    for (const name of ['wikifleet-download', 'wikifleet-convert']) {
      const args = ['--queue-url', queueUrl(name), '--attribute-names', 'All', '--query', 'Attributes'];
      const attributes = JSON.parse(await call('sqs', 'get-queue-attributes', ...args)) as Record<string, string>;
      assert.equal(attributes['VisibilityTimeout'], '120');
      assert.equal(attributes['MessageRetentionPeriod'], '864000');
      const policy = JSON.parse(attributes['RedrivePolicy'] ?? '') as Record<string, unknown>;
      assert.equal(policy['deadLetterTargetArn'], `arn:aws:sqs:us-east-1:000000000000:${name}-dead-letter`);
      assert.equal(Number(policy['maxReceiveCount']), 20);
    }
  });

  it('copies a large file there and back, lists it, and deletes it', async () => {
    const bytes = randomBytes(20_000_000);
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    await writeFile(from, bytes);
    await call('s3', 'cp', '--only-show-errors', from, 's3://wikifleet/raw/ä file.bz2');
    assert.match(await call('s3', 'ls', 's3://wikifleet/raw/'), /20000000 ä file\.bz2/);
    await call('s3', 'cp', '--only-show-errors', 's3://wikifleet/raw/ä file.bz2', to);
    assert.ok(bytes.equals(await readFile(to)));
    await call('s3', 'rm', '--only-show-errors', 's3://wikifleet/raw/ä file.bz2');
    assert.equal(await call('s3', 'ls', 's3://wikifleet/'), '');
  });

  it('fails on an object that is not there', async () => {
    await assert.rejects(call('s3', 'cp', 's3://wikifleet/none', join(folder, 'none')), /404|Not Found/);
  });

  it('sends a message, receives and deletes it', async () => {
    const url = queueUrl('wikifleet-download');
    await call('sqs', 'send-message', '--queue-url', url, '--message-body', '{"hello":"wörld"}');
    const answer = JSON.parse(await call('sqs', 'receive-message', '--queue-url', url, '--wait-time-seconds', '5')) as {
      Messages: { Body: string; ReceiptHandle: string }[];
    };
    const [message] = answer.Messages;
    assert.equal(message?.Body, '{"hello":"wörld"}');
    await call('sqs', 'delete-message', '--queue-url', url, '--receipt-handle', message?.ReceiptHandle ?? '');
    const args = [
      '--attribute-names',
      'All',
      '--query',
      'Attributes.ApproximateNumberOfMessagesNotVisible',
      '--output',
      'text',
    ];
    assert.equal((await call('sqs', 'get-queue-attributes', '--queue-url', url, ...args)).trim(), '0');
  });
});
