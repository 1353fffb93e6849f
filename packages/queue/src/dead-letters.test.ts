import assert from 'node:assert/strict';
import { ChangeMessageVisibilityBatchCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { MAX_BODY_CHARACTERS, readDeadLetters } from './dead-letters.js';
import { Queue } from './queue.js';
import { receive, startSqs } from './testing/sqs-harness.js';
import type { LoopbackSqs } from './testing/sqs-harness.js';

const { signal } = new AbortController();

describe('readDeadLetters', function () {
  // a listing ends with a poll of a second that finds nothing
  let sqs: LoopbackSqs;
  let queue: Queue;
  before(async () => {
    sqs = await startSqs();
  });
  beforeEach(async () => {
    queue = await sqs.makeQueue();
  });
  after(async () => await sqs.close());

  const bodies = (letters: readonly { body: string }[]): string[] => letters.map(({ body }) => body).toSorted();

  it('says of an empty queue that nothing is there', async () => {
    assert.deepEqual(await readDeadLetters(queue, { max: 10 }), { letters: [], more: 0 });
  });

  it('lists each message once with its reason, and hides none afterwards', async () => {
    const sent = Array.from({ length: 25 }, (_, i) => `job ${i}`);
    for (const body of sent) await queue.deadLetter(body, 'CODE', `why ${body}`, signal);
    const began = Date.now();
    for (let listing = 1; listing <= 2; listing += 1) {
      const { letters, more } = await readDeadLetters(queue, { max: 100 });
      assert.equal(more, 0);
      assert.deepEqual(bodies(letters), sent.toSorted());
      for (const { code, reason, body, receiveCount, sentAt } of letters) {
        assert.deepEqual([code, reason, receiveCount], ['CODE', `why ${body}`, listing]);
        assert.ok(sentAt !== null && Math.abs(sentAt.getTime() - began) < 5000);
      }
      assert.deepEqual(await queue.deadLetterDepth(), { visible: 25, inFlight: 0, delayed: 0 });
    }
  });

  it('lists the oldest first', async () => {
    for (const body of ['a', 'b', 'c']) await queue.deadLetter(body, 'CODE', 'why', signal);
    const { letters } = await readDeadLetters(queue, { max: 10 });
    const times = letters.map(({ sentAt }) => sentAt?.getTime() ?? Number.NaN);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  for (const max of [1, 9, 10, 11]) {
    it(`lists ${max} at most, says how many more there are, and hides none of them`, async () => {
      for (let i = 0; i < 12; i += 1) await queue.deadLetter(`job ${i}`, 'CODE', 'why', signal);
      const { letters, more } = await readDeadLetters(queue, { max });
      assert.deepEqual([letters.length, more], [max, 12 - max]);
      assert.equal((await queue.deadLetterDepth()).visible, 12);
    });
  }

  it('counts as more what others hold', async () => {
    for (const body of ['a', 'b', 'c']) await queue.deadLetter(body, 'CODE', 'why', signal);
    assert.equal((await receive(queue, queue.deadLetterUrl, 60)).length, 3);
    await queue.deadLetter('d', 'CODE', 'why', signal);
    const { letters, more } = await readDeadLetters(queue, { max: 100 });
    assert.deepEqual([bodies(letters), more], [['d'], 3]);
  });

  it('lists what SQS moved itself: without a reason', async () => {
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.deadLetterUrl, MessageBody: 'x' }));
    const { letters } = await readDeadLetters(queue, { max: 10 });
    assert.deepEqual([letters[0]?.body, letters[0]?.code, letters[0]?.reason], ['x', null, null]);
  });

  it('holds no more of a body than a job may have', async () => {
    const QueueUrl = queue.deadLetterUrl;
    await queue.client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x'.repeat(1024 * 1024) }));
    const { letters } = await readDeadLetters(queue, { max: 10 });
    assert.equal(letters[0]?.body.length, MAX_BODY_CHARACTERS);
  });

  it('lists a message once that shows again meanwhile, ends, and hands it back by its last handle', async () => {
    const batches = [['a', 'b'], ['b', 'c'], ['a'], ['d']];
    const back: unknown[] = [];
    const send = async (command: object): Promise<unknown> => {
      if (command instanceof ChangeMessageVisibilityBatchCommand) back.push(...(command.input.Entries ?? []));
      if (!(command instanceof ReceiveMessageCommand)) return await Promise.resolve({});
      const handle = `of ${batches.length}`;
      return {
        Messages: batches.shift()?.map((id) => ({ MessageId: id, Body: id, ReceiptHandle: `${id} ${handle}` })),
      };
    };
    const client = { send } as unknown as SQSClient;
    const { letters } = await readDeadLetters(new Queue(client, 'jobs', 'dead'), { max: 100 });
    assert.deepEqual(bodies(letters), ['a', 'b', 'c']);
    assert.deepEqual(
      back,
      ['a of 2', 'b of 3', 'c of 3'].map((ReceiptHandle, i) => ({ Id: `${i}`, ReceiptHandle, VisibilityTimeout: 0 })),
    );
  });

  it('hands back what it has when the listing fails', async () => {
    await queue.deadLetter('a', 'CODE', 'why', signal);
    queue.deadLetterDepth = async () => await Promise.reject(new Error('no depth'));
    await assert.rejects(readDeadLetters(queue, { max: 1 }), /no depth/);
    assert.equal((await receive(queue, queue.deadLetterUrl)).length, 1);
  });
});
