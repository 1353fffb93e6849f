import assert from 'node:assert/strict';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { run, until } from '../end-to-end/programs.js';

const endpoint = process.env['WIKIFLEET_LOCALSTACK_ENDPOINT'] ?? '';

interface Depth {
  readonly queues: readonly {
    readonly queue: string;
    readonly visible: readonly (number | null)[];
    readonly inFlight: readonly (number | null)[];
  }[];
}

describe('fleet depth on LocalStack', function () {
  this.timeout(200_000);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint: endpoint || 'http://127.0.0.1:9', region: 'us-east-1', credentials });
  // queues of this test alone: what others had would be in their past
  const names = ['download', 'convert', 'download-dead', 'convert-dead'].map((name) => `depth-${process.pid}-${name}`);
  const urls = names.map((name) => `${endpoint}/000000000000/${name}`);
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    WIKIFLEET_DOWNLOAD_QUEUE_URL: urls[0] ?? '',
    WIKIFLEET_CONVERT_QUEUE_URL: urls[1] ?? '',
    WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: urls[2] ?? '',
    WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: urls[3] ?? '',
  };

  before(async function () {
    if (endpoint === '') return this.skip('WIKIFLEET_LOCALSTACK_ENDPOINT');
    for (const QueueName of names) await sqs.send(new CreateQueueCommand({ QueueName }));
  });
  after(async () => {
    if (endpoint !== '') for (const QueueUrl of urls) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    sqs.destroy();
  });

  it('has what is visible and in flight as CloudWatch got it from SQS, and draws it', async () => {
    const QueueUrl = urls[1] ?? '';
    for (const MessageBody of ['1', '2', '3', '4', '5', '6', '7'])
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 2, VisibilityTimeout: 600 }));
    const deepest = (values: readonly (number | null)[] = []): number =>
      values.reduce<number>((a, b) => Math.max(a, b ?? 0), 0);
    // SQS tells CloudWatch once a minute
    await until(
      'CloudWatch has the messages in flight',
      async () => {
        const { code, stdout, stderr } = await run(
          'fleet/dist/main.js',
          ['depth', '--hours', '1', '--json'],
          environment,
        );
        assert.equal(code, 0, stderr);
        const { queues } = JSON.parse(stdout) as Depth;
        const found = queues.find(({ queue }) => queue === names[1]);
        return deepest(found?.visible) >= 5 && deepest(found?.inFlight) === 2;
      },
      150,
    );
    const { stdout } = await run('fleet/dist/main.js', ['depth', '--hours', '1'], environment);
    assert.match(stdout, new RegExp(`^${names[1]}: visible 5, in flight 2, published by the fleet not known`, 'm'));
    assert.match(stdout, /^ +[79] ┤ +█+/m);
    assert.match(stdout, new RegExp(`^${names[0]}: (empty all this time|CloudWatch has nothing)`, 'm'));
  });
});
