import assert from 'node:assert/strict';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import type { QueueAttributeName } from '@aws-sdk/client-sqs';
import { check, rejectsWith, useSqs } from './sqs-target.js';

describe('SQS conformance: queues', () => {
  const sqs = useSqs();

  check('queue-unknown', 'a queue that is not there is QueueDoesNotExist', async () => {
    const { url, name } = await sqs.newQueue();
    await rejectsWith(
      sqs.client.send(new GetQueueUrlCommand({ QueueName: sqs.newName() })),
      'AWS.SimpleQueueService.NonExistentQueue',
      'QueueDoesNotExist',
    );
    await rejectsWith(sqs.attributes(url.replace(name, sqs.newName()), 'All'), 'QueueDoesNotExist');
  });

  for (const name of ['with space', 'a'.repeat(81), 'dots.are.not', 'ümlaut'])
    check(`queue-name-${name.slice(0, 10)}`, `the name ${name.slice(0, 20)} is refused`, async () => {
      await rejectsWith(sqs.client.send(new CreateQueueCommand({ QueueName: name })), 'InvalidParameterValue');
    });

  const bad: readonly (readonly [QueueAttributeName, string])[] = [
    ['VisibilityTimeout', '43201'],
    ['VisibilityTimeout', 'soon'],
    ['DelaySeconds', '901'],
    ['MaximumMessageSize', '1023'],
    ['MaximumMessageSize', '1048577'],
    ['MessageRetentionPeriod', '59'],
    ['ReceiveMessageWaitTimeSeconds', '21'],
  ];
  for (const [attribute, value] of bad)
    check(`attribute-${attribute}-${value}`, `${attribute} ${value} is refused`, async () => {
      const { url } = await sqs.newQueue();
      const set = new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { [attribute]: value } });
      await rejectsWith(sqs.client.send(set), 'InvalidAttributeValue');
    });

  check('attribute-unknown', 'an unknown attribute is InvalidAttributeName', async () => {
    const { url } = await sqs.newQueue();
    const name = 'Colour' as QueueAttributeName;
    await rejectsWith(
      sqs.client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { [name]: 'red' } })),
      'InvalidAttributeName',
    );
    await rejectsWith(sqs.attributes(url, name), 'InvalidAttributeName');
  });

  check('create-different', 'creating it again with other attributes is QueueNameExists', async () => {
    const { name } = await sqs.newQueue({ VisibilityTimeout: '7' });
    const again = new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '8' } });
    await rejectsWith(sqs.client.send(again), 'QueueNameExists', 'QueueAlreadyExists');
  });

  check('create-same', 'creating it again with equal attributes, or with none, gives the same URL', async () => {
    const { name, url } = await sqs.newQueue({ VisibilityTimeout: '7' });
    for (const attributes of [{ VisibilityTimeout: '7' }, {}]) {
      const again = await sqs.client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
      assert.equal(again.QueueUrl, url);
    }
    assert.equal((await sqs.client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl, url);
  });

  check('attribute-defaults', 'a new queue has the documented defaults', async () => {
    const { url, name, arn } = await sqs.newQueue();
    const all = await sqs.attributes(url, 'All');
    assert.match(arn, new RegExp(`^arn:aws:sqs:us-east-1:[0-9]{12}:${name}$`));
    const expected = {
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      QueueArn: arn,
      ReceiveMessageWaitTimeSeconds: '0',
      SqsManagedSseEnabled: 'true',
      VisibilityTimeout: '30',
    };
    const { CreatedTimestamp: created, LastModifiedTimestamp: modified, ...rest } = all;
    assert.deepEqual(rest, expected);
    assert.ok(Math.abs(Number(created) - Date.now() / 1_000) < 60, `created ${created}, in Unix seconds`);
    assert.equal(modified, created);
  });

  check('attribute-set', 'attributes that are set come back, the others stay', async () => {
    const { url } = await sqs.newQueue({ DelaySeconds: '3' });
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    const changes = { VisibilityTimeout: '120', SqsManagedSseEnabled: 'false', Policy: policy };
    await sqs.client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: changes }));
    const { DelaySeconds: delay, ...rest } = await sqs.attributes(
      url,
      'DelaySeconds',
      'VisibilityTimeout',
      'SqsManagedSseEnabled',
      'Policy',
    );
    assert.equal(delay, '3');
    assert.deepEqual(rest, changes);
  });

  check('list-queues', 'lists by prefix, page by page', async () => {
    const queues = [await sqs.newQueue(), await sqs.newQueue(), await sqs.newQueue()];
    const prefix = queues[0]?.name.replace(/\d+$/, '') ?? '';
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await sqs.client.send(
        new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2, NextToken: token }),
      );
      assert.ok((page.QueueUrls ?? []).length <= 2);
      found.push(...(page.QueueUrls ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    for (const { url } of queues) assert.equal(found.filter((other) => other === url).length, 1);
    const none = await sqs.client.send(new ListQueuesCommand({ QueueNamePrefix: sqs.newName() }));
    assert.deepEqual(none.QueueUrls ?? [], []);
  });

  check('delete-queue', 'a deleted queue takes no message', async () => {
    const { url } = await sqs.newQueue();
    await sqs.client.send(new DeleteQueueCommand({ QueueUrl: url }));
    await rejectsWith(
      sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'late' })),
      'QueueDoesNotExist',
    );
  });

  check('purge', 'a purged queue is empty, messages in flight included', async () => {
    const { url } = await sqs.newQueue();
    for (const body of ['one', 'two'])
      await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
    await sqs.receiveOne(url);
    await sqs.client.send(new PurgeQueueCommand({ QueueUrl: url }));
    const counts = await sqs.attributes(url, 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible');
    assert.deepEqual(Object.values(counts), ['0', '0']);
  });

  check('purge-twice', 'a second purge within 60 s is PurgeQueueInProgress', async () => {
    const { url } = await sqs.newQueue();
    await sqs.client.send(new PurgeQueueCommand({ QueueUrl: url }));
    await rejectsWith(sqs.client.send(new PurgeQueueCommand({ QueueUrl: url })), 'PurgeQueueInProgress');
  });

  check('tags', 'tags come and go', async () => {
    const { url } = await sqs.newQueue();
    await sqs.client.send(new TagQueueCommand({ QueueUrl: url, Tags: { run: 'a', stage: 'test' } }));
    await sqs.client.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ['run'] }));
    const { Tags: tags } = await sqs.client.send(new ListQueueTagsCommand({ QueueUrl: url }));
    assert.deepEqual({ ...tags }, { stage: 'test' });
  });

  check('counts', 'counts what is visible, in flight and delayed', async () => {
    const { url } = await sqs.newQueue();
    for (const delay of [0, 0, 0, 60])
      await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'm', DelaySeconds: delay }));
    await sqs.receiveOne(url);
    assert.deepEqual(
      await sqs.attributes(
        url,
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ),
      {
        ApproximateNumberOfMessages: '2',
        ApproximateNumberOfMessagesNotVisible: '1',
        ApproximateNumberOfMessagesDelayed: '1',
      },
    );
  });

  const policies: readonly (readonly [string, (dead: string) => unknown])[] = [
    ['no ARN', () => ({ deadLetterTargetArn: 'dummy', maxReceiveCount: 3 })],
    ['a queue that is not there', (dead) => ({ deadLetterTargetArn: `${dead}-gone`, maxReceiveCount: 3 })],
    ['a count of 0', (dead) => ({ deadLetterTargetArn: dead, maxReceiveCount: 0 })],
    ['a count of 1001', (dead) => ({ deadLetterTargetArn: dead, maxReceiveCount: 1_001 })],
    ['no count', (dead) => ({ deadLetterTargetArn: dead })],
  ];
  for (const [what, policy] of policies)
    check(`redrive-policy-${what}`, `a redrive policy with ${what} is refused`, async () => {
      const dead = await sqs.newQueue();
      const { url } = await sqs.newQueue();
      const value = JSON.stringify(policy(dead.arn));
      await rejectsWith(
        sqs.client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { RedrivePolicy: value } })),
        'InvalidParameterValue',
        'InvalidAttributeValue',
      );
    });

  check('redrive-allow-policy', 'a dead-letter queue that denies all sources takes none', async () => {
    const dead = await sqs.newQueue({ RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }) });
    const policy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 3 });
    await rejectsWith(sqs.newQueue({ RedrivePolicy: policy }), 'InvalidParameterValue');
  });

  check('dead-letter-sources', 'lists the queues that name a dead-letter queue', async () => {
    const { source, dead } = await sqs.newPair(3);
    const { queueUrls: urls } = await sqs.client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.url }));
    assert.deepEqual(urls, [source.url]);
    const removal = { RedrivePolicy: '' };
    await sqs.client.send(new SetQueueAttributesCommand({ QueueUrl: source.url, Attributes: removal }));
    const after = await sqs.client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.url }));
    assert.deepEqual(after.queueUrls ?? [], []);
  });
});
