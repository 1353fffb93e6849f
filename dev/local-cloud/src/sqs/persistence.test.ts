import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, counts, createQueue, receive, startChild, startSqs, withDirectory } from '../testing/sqs-harness.js';

describe('SqsService after a restart', () => {
  it('has every acknowledged message after SIGKILL in the middle of sends and deletes, five times over', async function () {
    await withDirectory(async (directory) => {
      const acknowledged = new Set<string>();
      const deleted = new Set<string>();
      const inDoubt = new Set<string>();
      for (let time = 0; time < 5; time += 1) {
        const { endpoint, kill } = await startChild(directory);
        const url = await createQueue(endpoint, 'jobs', { VisibilityTimeout: '0' });
        let next = 0;
        const send = async (): Promise<void> => {
          for (;;) {
            next += 1;
            const body = `${time}-${next} ${'x'.repeat(next % 5_000)}`;
            await call(endpoint, 'SendMessage', { QueueUrl: url, MessageBody: body });
            acknowledged.add(body);
          }
        };
        const consume = async (): Promise<void> => {
          for (;;) {
            const [message] = await receive(endpoint, url, { MaxNumberOfMessages: 1, WaitTimeSeconds: 1 });
            if (message === undefined) continue;
            const body = String(message['Body']);
            inDoubt.add(body);
            await call(endpoint, 'DeleteMessage', { QueueUrl: url, ReceiptHandle: message['ReceiptHandle'] });
            deleted.add(body);
          }
        };
        const clients = [send(), send(), send(), send(), consume()].map(async (client) =>
          client.catch(() => undefined),
        );
        const before = acknowledged.size;
        while (acknowledged.size < before + 150 + 40 * time) await sleep(1);
        await kill();
        await Promise.all(clients);
      }
      // what a killed write may leave
      await appendFile(join(directory, 'queues.jsonl'), '{"t":"put","q":"jobs","m":{"id":"to');
      const { endpoint, close } = await startSqs(directory);
      const url = await createQueue(endpoint, 'jobs');
      const found = new Set<string>();
      for (;;) {
        const messages = await receive(endpoint, url, { VisibilityTimeout: 600 });
        if (messages.length === 0) break;
        for (const message of messages) found.add(String(message['Body']));
      }
      await close();
      assert.ok(acknowledged.size > 1_000 && deleted.size > 50, `${acknowledged.size} sent, ${deleted.size} deleted`);
      const lost = [...acknowledged].filter((body) => !found.has(body) && !inDoubt.has(body));
      const back = [...deleted].filter((body) => found.has(body));
      assert.deepEqual({ lost, back }, { lost: [], back: [] });
    });
  });

  it('keeps messages in flight and delayed until their time, with counts and handles', async () => {
    await withDirectory(async (directory) => {
      const first = await startSqs(directory);
      const url = await createQueue(first.endpoint, 'jobs', { VisibilityTimeout: '2' });
      const attributes = { kind: { DataType: 'String', StringValue: 'kept' } };
      await call(first.endpoint, 'SendMessage', { QueueUrl: url, MessageBody: 'two', MessageAttributes: attributes });
      await call(first.endpoint, 'SendMessage', { QueueUrl: url, MessageBody: 'long' });
      await call(first.endpoint, 'SendMessage', { QueueUrl: url, MessageBody: 'delayed', DelaySeconds: 3 });
      const received = await receive(first.endpoint, url);
      const long = received.find((message) => message['Body'] === 'long')?.['ReceiptHandle'];
      await call(first.endpoint, 'ChangeMessageVisibility', {
        QueueUrl: url,
        ReceiptHandle: long,
        VisibilityTimeout: 600,
      });
      const start = Date.now();
      await first.close();

      const second = await startSqs(directory);
      assert.deepEqual(await counts(second.endpoint, url), { visible: 0, inflight: 2, delayed: 1 });
      const [back] = await receive(second.endpoint, url, { WaitTimeSeconds: 10, MessageAttributeNames: ['All'] });
      const waited = Date.now() - start;
      assert.ok(waited > 1_000 && waited < 30_000, `came after ${waited} ms`);
      assert.equal(back?.['Body'], 'two');
      assert.deepEqual(back['MessageAttributes'], attributes);
      assert.equal((back['Attributes'] as Record<string, unknown>)['ApproximateReceiveCount'], '2');
      await call(second.endpoint, 'DeleteMessage', { QueueUrl: url, ReceiptHandle: long });
      await call(second.endpoint, 'DeleteMessage', { QueueUrl: url, ReceiptHandle: back['ReceiptHandle'] });
      const [delayed] = await receive(second.endpoint, url, { WaitTimeSeconds: 10 });
      assert.equal(delayed?.['Body'], 'delayed');
      await second.close();
      await second.close();
    });
  });

  it('goes on with a move task, and remembers queues, tags, policies and purges', async () => {
    await withDirectory(async (directory) => {
      const first = await startSqs(directory);
      const dead = await createQueue(first.endpoint, 'dead');
      const arn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;
      const policy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: '3' });
      const source = await createQueue(first.endpoint, 'source', { RedrivePolicy: policy, DelaySeconds: '1' });
      await call(first.endpoint, 'TagQueue', { QueueUrl: source, Tags: { kept: 'yes' } });
      const purged = await createQueue(first.endpoint, 'purged');
      await call(first.endpoint, 'SendMessage', { QueueUrl: purged, MessageBody: 'gone' });
      await call(first.endpoint, 'PurgeQueue', { QueueUrl: purged });
      await createQueue(first.endpoint, 'dropped');
      await call(first.endpoint, 'DeleteQueue', { QueueUrl: purged.replace('purged', 'dropped') });
      const entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: `${index}` }));
      await call(first.endpoint, 'SendMessageBatch', { QueueUrl: dead, Entries: entries });
      await call(first.endpoint, 'StartMessageMoveTask', {
        SourceArn: arn('dead'),
        DestinationArn: arn('source'),
        MaxNumberOfMessagesPerSecond: 10,
      });
      await sleep(250);
      await first.close();

      const second = await startSqs(directory);
      const { QueueUrls: urls } = await call(second.endpoint, 'ListQueues', {});
      assert.equal(Array.isArray(urls) && urls.length, 3);
      const tasks = async (): Promise<unknown> =>
        (await call(second.endpoint, 'ListMessageMoveTasks', { SourceArn: arn('dead') }))['Results'];
      let task: unknown;
      for (let wait = 0; wait < 60; wait += 1) {
        task = ((await tasks()) as Record<string, unknown>[])[0]?.['Status'];
        if (task === 'COMPLETED') break;
        await sleep(50);
      }
      assert.equal(task, 'COMPLETED');
      assert.deepEqual(await counts(second.endpoint, source), { visible: 10, inflight: 0, delayed: 0 });
      assert.deepEqual(await counts(second.endpoint, purged), { visible: 0, inflight: 0, delayed: 0 });
      assert.deepEqual(await call(second.endpoint, 'ListQueueTags', { QueueUrl: source }), { Tags: { kept: 'yes' } });
      assert.equal(
        await createQueue(second.endpoint, 'source', { RedrivePolicy: policy, DelaySeconds: '1' }),
        source.replace(first.endpoint, second.endpoint),
      );
      await second.close();
    });
  });
});
