import assert from 'node:assert/strict';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { publishOutstanding } from './publish-outstanding.js';
import type { MetricDatum } from './publish-outstanding.js';
import { startSqs } from './testing/sqs-harness.js';
import type { LoopbackSqs } from './testing/sqs-harness.js';

describe('publishOutstanding', () => {
  let sqs: LoopbackSqs;
  before(async () => {
    sqs = await startSqs();
  });
  after(async () => await sqs.close());

  const { signal } = new AbortController();

  it('throws what the call throws', async () => {
    const queue = await sqs.makeQueue();
    const put = async (): Promise<never> => await Promise.reject(new Error('AccessDenied'));
    await assert.rejects(publishOutstanding(queue, put, { signal }), /AccessDenied/);
  });

  it('puts nothing when it is aborted meanwhile', async () => {
    const queue = await sqs.makeQueue();
    const put = async (): Promise<void> => await Promise.reject(new Error('it was put'));
    const aborted = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(publishOutstanding(queue, put, { signal: aborted }), /stopped/);
  });

  it('counts what is visible, in flight and delayed, under the name of the queue alone', async () => {
    const queue = await sqs.makeQueue();
    await queue.sendAll(['a', 'b', 'c']);
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'later', DelaySeconds: 60 }));
    await queue.client.send(new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 1 }));
    const data: MetricDatum[] = [];
    const put = async (datum: MetricDatum): Promise<void> => await Promise.resolve(void data.push(datum));
    assert.equal(await publishOutstanding(queue, put, { signal }), 4);
    assert.equal(await publishOutstanding(queue, put, { signal, atLeast: 3 }), 4);
    assert.equal(await publishOutstanding(queue, put, { signal, atLeast: 9 }), 9);
    assert.equal(data.length, 3);
    const { Timestamp, ...datum } = data[0] as MetricDatum;
    assert.ok(Math.abs(Timestamp.getTime() - Date.now()) < 60_000);
    assert.deepEqual(datum, {
      MetricName: 'Outstanding',
      Dimensions: [{ Name: 'QueueName', Value: queue.name }],
      Value: 4,
      Unit: 'Count',
      StorageResolution: 1,
    });
  });
});
