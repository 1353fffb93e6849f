import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateQueueCommand, SetQueueAttributesCommand, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import type { ListMessageMoveTasksResultEntry, SQSClient } from '@aws-sdk/client-sqs';
import { codeOf } from '@wikifleet/domain/errors';
import { readDeadLetters } from './dead-letters.js';
import { moveMessagesBack } from './move-messages.js';
import { Queue } from './queue.js';
import { receive, startSqs } from './testing/sqs-harness.js';
import type { LoopbackSqs } from './testing/sqs-harness.js';

const { signal } = new AbortController();

function arnOf(url: string): string {
  return `arn:aws:sqs:us-east-1:000000000000:${url.slice(url.lastIndexOf('/') + 1)}`;
}

describe('moveMessagesBack', function () {
  let sqs: LoopbackSqs;
  let queue: Queue;
  before(async () => {
    sqs = await startSqs();
  });
  beforeEach(async () => {
    queue = await sqs.makeQueue();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(queue.deadLetterUrl), maxReceiveCount: 20 });
    await queue.client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { RedrivePolicy } }));
  });
  after(async () => await sqs.close());

  it('moves back what our own hand put there, and its receive count begins anew', async () => {
    for (let i = 0; i < 3; i += 1) await queue.deadLetter(`job ${i}`, 'GIVEN_UP', 'received 19 times', signal);
    for (let i = 0; i < 4; i += 1) await readDeadLetters(queue, { max: 3 });
    const seen: number[] = [];
    const moved = await moveMessagesBack(queue, { pollMs: 20, onProgress: (progress) => seen.push(progress.moved) });
    assert.equal(moved, 3);
    assert.equal(seen.at(-1), 3);
    assert.deepEqual(await queue.deadLetterDepth(), { visible: 0, inFlight: 0, delayed: 0 });
    const messages = await receive(queue);
    assert.deepEqual(messages.map(({ Body }) => Body).toSorted(), ['job 0', 'job 1', 'job 2']);
    for (const { Attributes } of messages) assert.equal(Attributes?.ApproximateReceiveCount, '1');
  });

  it('takes no earlier task for its own', async () => {
    for (let round = 1; round <= 3; round += 1) {
      for (let i = 0; i < round; i += 1) await queue.deadLetter('job', 'CODE', 'why', signal);
      assert.equal(await moveMessagesBack(queue, { pollMs: 20 }), round);
    }
    assert.equal((await queue.depth()).visible, 6);
  });

  it('goes at its rate', async () => {
    for (let i = 0; i < 5; i += 1) await queue.deadLetter('job', 'CODE', 'why', signal);
    const began = Date.now();
    assert.equal(await moveMessagesBack(queue, { rate: 10, pollMs: 20 }), 5);
    assert.ok(Date.now() - began >= 400);
  });

  it('watches a task that is under way', async () => {
    for (let i = 0; i < 5; i += 1) await queue.deadLetter('job', 'CODE', 'why', signal);
    const first = moveMessagesBack(queue, { rate: 5, pollMs: 20 });
    let joined = false;
    while ((await queue.depth()).visible === 0);
    assert.equal(await moveMessagesBack(queue, { pollMs: 20, onJoined: () => (joined = true) }), 5);
    assert.equal(joined, true);
    assert.equal(await first, 5);
  });

  it('does not move for ever what fails again at once', async () => {
    // so many that the first are back before the last is moved, on a slow machine too
    for (let i = 0; i < 80; i += 1) await queue.deadLetter('job', 'CODE', 'why', signal);
    let moving = true;
    // workers that give up whatever comes
    const workers = (async () => {
      while (moving) {
        for (const { Body = '', ReceiptHandle = '' } of await receive(queue)) {
          await queue.deadLetter(Body, 'CODE', 'why', signal);
          await queue.delete(ReceiptHandle, signal);
        }
      }
    })();
    await assert.rejects(moveMessagesBack(queue, { rate: 100, pollMs: 20 }), { code: 'MOVE_CIRCLES' });
    moving = false;
    await workers;
    const { visible } = await queue.depth();
    await sleep(200);
    assert.equal((await queue.depth()).visible, visible, 'nothing is moved any more');
  });

  it('refuses while somebody moves them elsewhere', async () => {
    for (let i = 0; i < 5; i += 1) await queue.deadLetter('job', 'CODE', 'why', signal);
    const QueueName = `elsewhere-${Date.now()}`;
    await queue.client.send(new CreateQueueCommand({ QueueName }));
    const task = { SourceArn: arnOf(queue.deadLetterUrl), DestinationArn: arnOf(`/${QueueName}`) };
    await queue.client.send(new StartMessageMoveTaskCommand({ ...task, MaxNumberOfMessagesPerSecond: 4 }));
    await assert.rejects(moveMessagesBack(queue), (error: Error) => {
      assert.equal(codeOf(error), 'MOVE_UNDER_WAY');
      return error.message.includes(task.DestinationArn);
    });
  });

  describe('where SQS', () => {
    /** A queue whose tasks are listed so, a list a look; the last one stays. */
    function answering(...looks: ListMessageMoveTasksResultEntry[][]): { queue: Queue; started: unknown[] } {
      const started: unknown[] = [];
      const client = {
        send: async (command: { input: { QueueUrl?: string } }): Promise<unknown> => {
          const { input } = command;
          if (input.QueueUrl !== undefined) return await Promise.resolve({ Attributes: { QueueArn: input.QueueUrl } });
          if (command instanceof StartMessageMoveTaskCommand) started.push(command.input);
          else return { Results: looks.length > 1 ? looks.shift() : looks[0] };
          return {};
        },
      };
      return { queue: new Queue(client as unknown as SQSClient, 'jobs', 'dead'), started };
    }
    const old = { StartedTimestamp: 1, Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 7 };
    const task = { StartedTimestamp: 2, ApproximateNumberOfMessagesMoved: 3 };

    it('lists the new task late, it is waited for, and its destination was named', async () => {
      const { queue: late, started } = answering([old], [old], [old], [{ ...task, Status: 'COMPLETED' }, old]);
      assert.equal(await moveMessagesBack(late, { pollMs: 1, rate: 9 }), 3);
      assert.deepEqual(started, [{ SourceArn: 'dead', DestinationArn: 'jobs', MaxNumberOfMessagesPerSecond: 9 }]);
    });

    const ends: [what: string, look: ListMessageMoveTasksResultEntry[], code: string, message: RegExp][] = [
      [
        'gives up',
        [{ ...task, Status: 'FAILED', FailureReason: 'AccessDenied' }],
        'MOVE_FAILED',
        /FAILED: AccessDenied/,
      ],
      ['is told to stop', [{ ...task, Status: 'CANCELLED' }], 'MOVE_FAILED', /CANCELLED$/],
      ['never lists the task', [old], 'MOVE_LOST', /no longer lists/],
    ];
    for (const [what, look, code, message] of ends) {
      it(`${what}, it throws ${code}`, async () => {
        await assert.rejects(moveMessagesBack(answering([old], look).queue, { pollMs: 1 }), (error: Error) => {
          assert.equal(codeOf(error), code);
          return message.test(error.message);
        });
      });
    }
  });
});
