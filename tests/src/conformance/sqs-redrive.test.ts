import assert from 'node:assert/strict';
import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { ListMessageMoveTasksResultEntry, Message } from '@aws-sdk/client-sqs';
import { check, eventually, rejectsWith, useSqs } from './sqs-target.js';
import type { TestQueue } from './sqs-target.js';

describe('SQS conformance: dead letters and move tasks', () => {
  const sqs = useSqs();

  const start = async (source: string, destination?: string, rate?: number): Promise<string | undefined> => {
    const command = new StartMessageMoveTaskCommand({
      SourceArn: source,
      DestinationArn: destination,
      MaxNumberOfMessagesPerSecond: rate,
    });
    return (await sqs.client.send(command)).TaskHandle;
  };
  const latest = async (source: string): Promise<ListMessageMoveTasksResultEntry | undefined> =>
    (await sqs.client.send(new ListMessageMoveTasksCommand({ SourceArn: source }))).Results?.[0];
  const finished = async (source: string): Promise<ListMessageMoveTasksResultEntry> =>
    eventually(async () => {
      const task = await latest(source);
      return task?.Status === 'RUNNING' || task?.Status === 'CANCELLING' ? undefined : task;
    });
  const visible = async (queue: TestQueue): Promise<string | undefined> =>
    (await sqs.attributes(queue.url, 'ApproximateNumberOfMessages'))['ApproximateNumberOfMessages'];

  /** A message that the redrive policy of a pair (maximum 1) has moved: as sent, and as the dead-letter queue gives it. */
  const deadLetter = async (
    source: TestQueue,
    dead: TestQueue,
  ): Promise<{ sent: string | undefined; moved: Message }> => {
    const attributes = { note: { DataType: 'String', StringValue: 'kept' } };
    const input = { QueueUrl: source.url, MessageBody: 'poison', MessageAttributes: attributes };
    const { MessageId: sent } = await sqs.client.send(new SendMessageCommand(input));
    await sqs.receiveOne(source.url, 2, { VisibilityTimeout: 0 });
    assert.deepEqual(await sqs.receive(source.url, { VisibilityTimeout: 0 }), []);
    const moved = await sqs.receiveOne(dead.url, 2, { VisibilityTimeout: 0, MessageAttributeNames: ['All'] });
    return { sent, moved };
  };

  check('move-no-dead-letter-queue', 'a source that is no dead-letter queue is refused', async () => {
    const [one, other] = [await sqs.newQueue(), await sqs.newQueue()];
    await rejectsWith(start(one.arn, other.arn), 'InvalidParameterValue');
  });

  check('move-unknown', 'a source or destination that is not there is ResourceNotFoundException', async () => {
    const { dead } = await sqs.newPair(1);
    await rejectsWith(start(`${dead.arn}-gone`), 'ResourceNotFoundException');
    await rejectsWith(start(dead.arn, `${dead.arn}-gone`), 'ResourceNotFoundException');
  });

  check('move-bad-task', 'a task that is not there cannot be cancelled', async () => {
    const command = new CancelMessageMoveTaskCommand({ TaskHandle: 'garbage' });
    await rejectsWith(sqs.client.send(command), 'InvalidParameterValue');
  });

  check(
    'move-no-source',
    'a message sent to a dead-letter queue directly fails a task without a destination',
    async () => {
      const { dead } = await sqs.newPair(1);
      await sqs.client.send(new SendMessageCommand({ QueueUrl: dead.url, MessageBody: 'by hand' }));
      await start(dead.arn);
      assert.equal((await finished(dead.arn)).Status, 'FAILED');
    },
  );

  check('move-no-source-reason', 'and says CouldNotDetermineMessageSource; the message stays', async () => {
    const { dead } = await sqs.newPair(1);
    await sqs.client.send(new SendMessageCommand({ QueueUrl: dead.url, MessageBody: 'by hand' }));
    await start(dead.arn);
    assert.equal((await finished(dead.arn)).FailureReason, 'CouldNotDetermineMessageSource');
    assert.equal(await visible(dead), '1');
  });

  check('move-destination', 'with a destination it is moved there, attributes included', async () => {
    const { source, dead } = await sqs.newPair(1);
    const attributes = { reason: { DataType: 'String', StringValue: 'broken' } };
    await sqs.client.send(
      new SendMessageCommand({ QueueUrl: dead.url, MessageBody: 'by hand', MessageAttributes: attributes }),
    );
    await start(dead.arn, source.arn);
    const task = await finished(dead.arn);
    assert.deepEqual(
      [task.Status, task.ApproximateNumberOfMessagesMoved, task.ApproximateNumberOfMessagesToMove, task.DestinationArn],
      ['COMPLETED', 1, 1, source.arn],
    );
    assert.equal(task.TaskHandle, undefined);
    const message = await sqs.receiveOne(source.url, 2, { MessageAttributeNames: ['All'] });
    assert.deepEqual([message.Body, message.MessageAttributes?.['reason']?.StringValue], ['by hand', 'broken']);
    assert.equal(await visible(dead), '0');
  });

  check('move-count', 'a moved message was never received', async () => {
    const { source, dead } = await sqs.newPair(1);
    await sqs.client.send(new SendMessageCommand({ QueueUrl: dead.url, MessageBody: 'by hand' }));
    await start(dead.arn, source.arn);
    await finished(dead.arn);
    assert.equal((await sqs.receiveOne(source.url)).Attributes?.ApproximateReceiveCount, '1');
  });

  check('dead-letter', 'a message received maxReceiveCount times moves on the next receive, as it was', async () => {
    const { source, dead } = await sqs.newPair(1);
    const { sent, moved } = await deadLetter(source, dead);
    assert.deepEqual(
      [moved.MessageId, moved.Body, moved.MessageAttributes?.['note']?.StringValue],
      [sent, 'poison', 'kept'],
    );
    assert.equal(moved.Attributes?.DeadLetterQueueSourceArn, source.arn);
  });

  check('dead-letter-count', 'the receive count is of all queues', async () => {
    const { source, dead } = await sqs.newPair(1);
    const { moved } = await deadLetter(source, dead);
    assert.equal(moved.Attributes?.ApproximateReceiveCount, '2');
  });

  check('dead-letter-after-three', 'a message is received maxReceiveCount times before', async () => {
    const { source, dead } = await sqs.newPair(3);
    await sqs.client.send(new SendMessageCommand({ QueueUrl: source.url, MessageBody: 'm' }));
    for (const count of ['1', '2', '3']) {
      const message = await sqs.receiveOne(source.url, 2, { VisibilityTimeout: 0 });
      assert.equal(message.Attributes?.ApproximateReceiveCount, count);
    }
    assert.equal(await visible(dead), '0');
    assert.deepEqual(await sqs.receive(source.url), []);
    assert.equal(await visible(dead), '1');
  });

  check('move-back', 'without a destination a message goes back to its source', async () => {
    const { source, dead } = await sqs.newPair(1);
    await deadLetter(source, dead);
    await start(dead.arn);
    const task = await finished(dead.arn);
    assert.deepEqual([task.Status, task.DestinationArn], ['COMPLETED', undefined]);
    assert.equal((await sqs.receiveOne(source.url)).Body, 'poison');
  });

  check('move-back-count', 'and is counted from nothing', async () => {
    const { source, dead } = await sqs.newPair(1);
    await deadLetter(source, dead);
    await start(dead.arn);
    await finished(dead.arn);
    assert.equal((await sqs.receiveOne(source.url)).Attributes?.ApproximateReceiveCount, '1');
  });

  check('move-new-message', 'a redriven message is a new one: another id, another time of sending', async () => {
    const { source, dead } = await sqs.newPair(1);
    const { sent, moved } = await deadLetter(source, dead);
    await start(dead.arn);
    await finished(dead.arn);
    const message = await sqs.receiveOne(source.url);
    assert.notEqual(message.MessageId, sent);
    assert.ok(Number(message.Attributes?.SentTimestamp) > Number(moved.Attributes?.SentTimestamp));
  });

  check('move-cancel', 'one task a queue, at its rate, until it is cancelled', async () => {
    const { source, dead } = await sqs.newPair(1);
    const entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: 'm' }));
    await sqs.client.send(new SendMessageBatchCommand({ QueueUrl: dead.url, Entries: entries }));
    const handle = await start(dead.arn, source.arn, 2);
    const running = await latest(dead.arn);
    assert.deepEqual([running?.Status, running?.TaskHandle], ['RUNNING', handle]);
    assert.equal(running?.MaxNumberOfMessagesPerSecond, 2);
    await rejectsWith(start(dead.arn, source.arn), 'InvalidParameterValue');
    await sqs.client.send(new CancelMessageMoveTaskCommand({ TaskHandle: handle }));
    const task = await finished(dead.arn);
    assert.equal(task.Status, 'CANCELLED');
    assert.ok((task.ApproximateNumberOfMessagesMoved ?? 10) < 5, `${task.ApproximateNumberOfMessagesMoved} moved`);
  });
});

describe('SQS conformance: protocol', () => {
  const sqs = useSqs();

  const post = async (target: string, body: string): Promise<Response> =>
    fetch(sqs.endpoint, {
      method: 'POST',
      // LocalStack tells services and accounts apart by the signature's scope
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': target,
        Authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
      },
      body,
    });

  check('protocol-error', 'an error has its shape in the body and its old code in a header', async () => {
    const response = await post('AmazonSQS.GetQueueUrl', JSON.stringify({ QueueName: sqs.newName() }));
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('x-amzn-query-error'), 'AWS.SimpleQueueService.NonExistentQueue;Sender');
    const body = (await response.json()) as Record<string, unknown>;
    assert.match(String(body['__type']), /(^|#)QueueDoesNotExist$/);
    assert.equal(typeof body['message'], 'string');
  });

  check('protocol-unknown', 'an unknown operation is a client error', async () => {
    const response = await post('AmazonSQS.DoAll', '{}');
    assert.ok(response.status >= 400 && response.status < 500, `status ${response.status}`);
    await response.body?.cancel();
  });

  for (const [what, body] of [
    ['no JSON', '{"QueueName":'],
    ['a list', '[]'],
    ['a number as name', '{"QueueName":7}'],
  ] as const)
    check(`protocol-${what}`, `a body that is ${what} is a client error`, async () => {
      const response = await post('AmazonSQS.GetQueueUrl', body);
      assert.ok(response.status >= 400 && response.status < 500, `status ${response.status}`);
      await response.body?.cancel();
    });
});
