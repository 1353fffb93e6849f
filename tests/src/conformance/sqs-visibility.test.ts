import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { check, rejectsWith, useSqs } from './sqs-target.js';

describe('SQS conformance: visibility and polling', () => {
  const sqs = useSqs();

  const sendTo = async (url: string, body = 'm', delay = 0): Promise<void> => {
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, DelaySeconds: delay }));
  };
  const change = async (url: string, message: Message, seconds: number): Promise<void> => {
    const input = { QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: seconds };
    await sqs.client.send(new ChangeMessageVisibilityCommand(input));
  };

  for (const [what, input] of [
    ['MaxNumberOfMessages 0', { MaxNumberOfMessages: 0 }],
    ['MaxNumberOfMessages 11', { MaxNumberOfMessages: 11 }],
    ['WaitTimeSeconds 21', { WaitTimeSeconds: 21 }],
    ['VisibilityTimeout 43201', { VisibilityTimeout: 43_201 }],
  ] as const)
    check(`receive-${what}`, `a receive with ${what} is refused`, async () => {
      const { url } = await sqs.newQueue();
      await rejectsWith(sqs.receive(url, input), 'InvalidParameterValue');
    });

  check('change-range', 'a visibility timeout beyond 12 hours is refused, in one change or in sum', async () => {
    const { url } = await sqs.newQueue();
    await sendTo(url);
    const message = await sqs.receiveOne(url);
    await rejectsWith(change(url, message, 43_201), 'InvalidParameterValue');
    await sleep(1_100);
    await rejectsWith(change(url, message, 43_200), 'InvalidParameterValue');
    await change(url, message, 43_000);
  });

  check('change-bad-handle', 'what is no handle is ReceiptHandleIsInvalid', async () => {
    const { url } = await sqs.newQueue();
    await rejectsWith(change(url, { ReceiptHandle: 'garbage' }, 10), 'ReceiptHandleIsInvalid');
  });

  check('change-other-queue', 'a handle of another queue is refused', async () => {
    const [one, other] = [await sqs.newQueue(), await sqs.newQueue()];
    await sendTo(one.url);
    const message = await sqs.receiveOne(one.url);
    await rejectsWith(change(other.url, message, 10), 'ReceiptHandleIsInvalid', 'InvalidParameterValue');
  });

  check('change-deleted', 'the handle of a deleted message is refused', async () => {
    const { url } = await sqs.newQueue();
    await sendTo(url);
    const message = await sqs.receiveOne(url);
    await sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
    await rejectsWith(change(url, message, 10), 'InvalidParameterValue');
  });

  const expired = async (): Promise<{ url: string; message: Message }> => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '1' });
    await sendTo(url);
    const message = await sqs.receiveOne(url);
    await sleep(1_300);
    return { url, message };
  };

  check('change-expired', 'an expired handle is refused', async () => {
    const { url, message } = await expired();
    await rejectsWith(change(url, message, 60), 'MessageNotInflight', 'InvalidParameterValue');
  });

  check('change-expired-visible', 'a change by an expired handle does not hide the message again', async () => {
    const { url, message } = await expired();
    await change(url, message, 60).catch(() => undefined);
    await sqs.receiveOne(url);
  });

  check('change-superseded', 'a handle of an earlier receive cannot change the visibility of a later one', async () => {
    const { url } = await sqs.newQueue();
    await sendTo(url);
    const first = await sqs.receiveOne(url, 2, { VisibilityTimeout: 0 });
    await sqs.receiveOne(url);
    await rejectsWith(change(url, first, 0), 'InvalidParameterValue', 'MessageNotInflight');
    assert.deepEqual(await sqs.receive(url), []);
  });

  check('change-batch', 'a batch of changes fails entry by entry', async () => {
    const { url } = await sqs.newQueue();
    await sqs.client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: ['a', 'b'].map((id) => ({ Id: id, MessageBody: id })) }),
    );
    const messages = [await sqs.receiveOne(url), await sqs.receiveOne(url)];
    const entries = [
      { Id: 'back', ReceiptHandle: messages[0]?.ReceiptHandle, VisibilityTimeout: 0 },
      { Id: 'bad', ReceiptHandle: 'garbage', VisibilityTimeout: 0 },
      { Id: 'range', ReceiptHandle: messages[1]?.ReceiptHandle, VisibilityTimeout: 43_201 },
    ];
    const result = await sqs.client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: entries }));
    assert.deepEqual(
      result.Successful?.map((entry) => entry.Id),
      ['back'],
    );
    assert.deepEqual(result.Failed?.map((entry) => entry.Id).sort(), ['bad', 'range']);
    assert.equal((await sqs.receiveOne(url)).Body, messages[0]?.Body);
  });

  check('timeout', 'a message comes back after its timeout, counted, with a new handle', async () => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '1' });
    await sendTo(url);
    const first = await sqs.receiveOne(url);
    assert.deepEqual(await sqs.receive(url), []);
    const second = await sqs.receiveOne(url, 3);
    assert.equal(second.MessageId, first.MessageId);
    assert.notEqual(second.ReceiptHandle, first.ReceiptHandle);
    assert.equal(second.Attributes?.ApproximateReceiveCount, '2');
    assert.equal(
      second.Attributes.ApproximateFirstReceiveTimestamp,
      first.Attributes?.ApproximateFirstReceiveTimestamp,
    );
  });

  check('timeout-punctual', 'a message whose timeout ends wakes a long poll within 500 ms', async () => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '1' });
    await sendTo(url);
    await sqs.receiveOne(url);
    const received = Date.now();
    await sqs.receiveOne(url, 5);
    const late = Date.now() - received - 1_000;
    assert.ok(late > -200 && late < 500, `came ${late} ms after its timeout`);
  });

  check('change-extend', 'a longer visibility counts from the change on', async () => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '1' });
    await sendTo(url);
    await change(url, await sqs.receiveOne(url), 3);
    assert.deepEqual(await sqs.receive(url, { WaitTimeSeconds: 2 }), []);
    await sqs.receiveOne(url, 4);
  });

  check('change-zero', 'visibility 0 gives a message back at once, and wakes a long poll', async () => {
    const { url } = await sqs.newQueue();
    await sendTo(url);
    const message = await sqs.receiveOne(url);
    const poll = sqs.receiveOne(url, 10);
    await sleep(300);
    const started = Date.now();
    await change(url, message, 0);
    assert.equal((await poll).Attributes?.ApproximateReceiveCount, '2');
    assert.ok(Date.now() - started < 8000, `after ${Date.now() - started} ms`);
  });

  check('receive-own-timeout', 'a receive’s own visibility timeout overrides the queue’s', async () => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '60' });
    await sendTo(url);
    await sqs.receiveOne(url, 2, { VisibilityTimeout: 1 });
    await sqs.receiveOne(url, 4);
  });

  check('poll-empty', 'a long poll of an empty queue ends when its time is over', async () => {
    const { url } = await sqs.newQueue({ ReceiveMessageWaitTimeSeconds: '2' });
    for (const [input, seconds] of [[{}, 2] as const, [{ WaitTimeSeconds: 1 }, 1] as const]) {
      const started = Date.now();
      assert.deepEqual(await sqs.receive(url, input), []);
      const elapsed = Date.now() - started;
      assert.ok(
        elapsed > seconds * 1_000 - 200 && elapsed < seconds * 1_000 + 15_000,
        `${elapsed} ms for ${seconds} s`,
      );
    }
  });

  check('poll-wakes', 'a message wakes a long poll of ten seconds long before its end, ten times', async () => {
    const { url } = await sqs.newQueue();
    for (let time = 0; time < 10; time += 1) {
      const poll = sqs.receiveOne(url, 10);
      await sleep(100);
      const sent = Date.now();
      await sendTo(url, `${time}`);
      assert.equal((await poll).Body, `${time}`);
      assert.ok(Date.now() - sent < 8000, `woke after ${Date.now() - sent} ms`);
    }
  });

  check('poll-delayed', 'a delayed message wakes a long poll', async () => {
    const { url } = await sqs.newQueue();
    await sendTo(url, 'm', 1);
    const sent = Date.now();
    await sqs.receiveOne(url, 10);
    assert.ok(Date.now() - sent < 9000, `woke after ${Date.now() - sent} ms`);
  });

  check('poll-one-each', 'of two long polls each message wakes one', async () => {
    const { url } = await sqs.newQueue();
    const polls = [sqs.receiveOne(url, 10), sqs.receiveOne(url, 10)];
    await sleep(200);
    await sendTo(url, 'first');
    await sendTo(url, 'second');
    const bodies = (await Promise.all(polls)).map((message) => message.Body);
    assert.deepEqual(bodies.sort(), ['first', 'second']);
  });

  check('poll-aborted', 'an aborted long poll takes no message, in 20 of 20', async () => {
    const { url } = await sqs.newQueue();
    for (let time = 0; time < 20; time += 1) {
      await abortPoll(url, 50);
      await sendTo(url, `${time}`);
      const message = await sqs.receiveOne(url, 2);
      assert.equal(message.Body, `${time}`);
      assert.equal(message.Attributes?.ApproximateReceiveCount, '1');
      await sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
    }
  });

  check(
    'poll-aborted-race',
    'a message that is sent while a long poll is aborted is not lost, in 20 of 20',
    async () => {
      const { url } = await sqs.newQueue();
      for (let time = 0; time < 20; time += 1) {
        const [got] = await Promise.all([
          abortPoll(url, 30),
          sleep(28 + (time % 5)).then(async () => sendTo(url, `${time}`)),
        ]);
        const message = got ?? (await sqs.receiveOne(url, 2));
        assert.equal(message.Body, `${time}`);
        await sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
      }
    },
  );

  /** What a poll that is aborted after so many milliseconds received before. */
  async function abortPoll(url: string, afterMs: number): Promise<Message | undefined> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), afterMs);
    try {
      const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 });
      return (await sqs.client.send(command, { abortSignal: abort.signal })).Messages?.[0];
    } catch (error) {
      assert.ok(error instanceof Error && error.name === 'AbortError', `aborted, not ${String(error)}`);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
});
