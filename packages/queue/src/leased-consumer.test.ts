import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { LeasedConsumer } from './leased-consumer.js';
import type { ConsumerEvent, Delivery, Outcome } from './leased-consumer.js';
import { Queue } from './queue.js';
import { FakeTime } from './testing/fake-time.js';
import { receive, startSqs, until } from './testing/sqs-harness.js';
import type { LoopbackSqs } from './testing/sqs-harness.js';

const ACKNOWLEDGE: Outcome = { kind: 'acknowledge' };
const EMPTY = { visible: 0, inFlight: 0, delayed: 0 };

describe('LeasedConsumer', () => {
  let sqs: LoopbackSqs;
  let queue: Queue;
  let consumer: LeasedConsumer | undefined;
  let events: ConsumerEvent[];
  before(async () => {
    sqs = await startSqs();
  });
  beforeEach(async () => {
    events = [];
    queue = await sqs.makeQueue();
  });
  afterEach(async () => await consumer?.stop(0));
  after(async () => await sqs.close());

  const start = (
    handle: (delivery: Delivery) => Promise<Outcome>,
    options: { slots?: number; queue?: Queue; lease?: object } = {},
  ): LeasedConsumer => {
    consumer = new LeasedConsumer(options.queue ?? queue, {
      slots: options.slots ?? 1,
      handle,
      onEvent: (event) => events.push(event),
      ...(options.lease === undefined ? {} : { lease: options.lease }),
    });
    consumer.start();
    return consumer;
  };
  /** A handler that ends by its signal alone. */
  const untilAborted = async ({ signal }: Delivery): Promise<Outcome> => {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return { kind: 'hand-back', seconds: 0 };
  };

  it('gives each slot one message, and works in parallel', async () => {
    let most = 0;
    const seen: string[] = [];
    await queue.sendAll(['a', 'b', 'c', 'd', 'e', 'f']);
    const running = start(
      async ({ body }) => {
        seen.push(body);
        most = Math.max(most, running.busy);
        await sleep(100);
        return ACKNOWLEDGE;
      },
      { slots: 3 },
    );
    await until('three are under work', () => running.busy === 3);
    assert.equal((await queue.depth()).inFlight, 3, 'no message waits in a worker');
    await until('all are done', () => seen.length === 6 && running.busy === 0);
    assert.deepEqual(seen.toSorted(), ['a', 'b', 'c', 'd', 'e', 'f']);
    assert.equal(most, 3);
    assert.deepEqual(await queue.depth(), EMPTY);
  });

  it('says how often a message was received', async () => {
    await queue.sendAll(['a']);
    const counts: number[] = [];
    start(async ({ receiveCount, messageId }) => {
      assert.match(messageId, /^[0-9a-f-]{36}$/);
      counts.push(receiveCount);
      return await Promise.resolve(counts.length < 3 ? { kind: 'hand-back', seconds: 0 } : ACKNOWLEDGE);
    });
    await until('it was received three times', () => counts.length === 3);
    assert.deepEqual(counts, [1, 2, 3]);
  });

  it('hands back a message whose handler threw, after 30 s, and goes on', async () => {
    await queue.sendAll(['bad', 'good']);
    const seen: string[] = [];
    start(
      // not even a promise
      ({ body }) => {
        seen.push(body);
        if (body === 'bad') throw new FleetError('BROKEN', 'the handler broke');
        return Promise.resolve(ACKNOWLEDGE);
      },
    );
    await until('both were seen', () => seen.length === 2 && consumer?.busy === 0);
    assert.deepEqual(await queue.depth(), { visible: 0, inFlight: 1, delayed: 0 });
    const failed = events.find(({ event }) => event === 'settle-failed');
    assert.deepEqual([failed?.level, failed?.code, failed?.message], ['error', 'BROKEN', 'the handler broke']);
  });

  it('moves what can never succeed to the dead-letter queue, reason first', async () => {
    await queue.sendAll(['bad']);
    start(async () => await Promise.resolve({ kind: 'dead-letter', code: 'JOB_MALFORMED', reason: 'no\njob' }));
    await until('it is settled', () => events.some(({ event }) => event === 'settled'));
    const [message] = await receive(queue, queue.deadLetterUrl);
    assert.equal(message?.Body, 'bad');
    assert.equal(message.MessageAttributes?.['code']?.StringValue, 'JOB_MALFORMED');
    assert.equal(message.MessageAttributes['reason']?.StringValue, 'no job');
    assert.deepEqual(await queue.depth(), EMPTY);
  });

  it('keeps a message that could not be put on the dead-letter queue', async () => {
    const place = { region: 'us-east-1', endpoint: sqs.endpoint };
    const other = Queue.connect({ url: queue.url, deadLetterUrl: `${queue.url}-none`, ...place });
    await queue.sendAll(['bad']);
    start(async () => await Promise.resolve({ kind: 'dead-letter', code: 'X', reason: 'y' }), { queue: other });
    await until('it failed', () => events.some(({ event }) => event === 'settle-failed'));
    assert.equal((await queue.depth()).inFlight, 1);
    await consumer?.stop(0);
    other.close();
  });

  it('neither acknowledges nor hands back a message whose lease was lost', async () => {
    await queue.sendAll(['a']);
    let reason: unknown;
    const lease = { visibilitySeconds: 5, extendEveryMs: 20, marginMs: 500 };
    start(
      async ({ signal }) => {
        // the message is gone: the handle is stale
        await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
        await until('the lease is lost', () => signal.aborted);
        reason = signal.reason;
        return ACKNOWLEDGE;
      },
      { lease },
    );
    await until('it is over', () => reason !== undefined && consumer?.busy === 0);
    assert.ok(reason instanceof FleetError && reason.code === 'LEASE_LOST');
    assert.deepEqual(
      events.filter(({ event }) => event !== 'poll-failed'),
      [],
    );
  });

  describe('stop', () => {
    it('ends idle slots at once, and may come before the start or twice', async () => {
      const running = start(async () => await Promise.resolve(ACKNOWLEDGE), { slots: 32 });
      await sleep(50);
      const began = Date.now();
      await Promise.all([running.stop(10_000), running.stop(10_000)]);
      assert.ok(Date.now() - began < 5000, 'long before its grace');
      const never = new LeasedConsumer(queue, { slots: 2, handle: untilAborted, onEvent: () => {} });
      await never.stop(10_000);
      await queue.sendAll(['a']);
      await sleep(50);
      assert.equal((await receive(queue)).length, 1, 'nobody receives any more');
      assert.deepEqual(events, []);
    });

    it('lets a busy slot end within its grace', async () => {
      await queue.sendAll(['a', 'b']);
      let aborted = false;
      const running = start(async ({ signal }) => {
        await sleep(200);
        aborted ||= signal.aborted;
        return ACKNOWLEDGE;
      });
      await until('it is busy', () => running.busy === 1);
      await running.stop(10_000);
      assert.equal(aborted, false);
      assert.deepEqual(await queue.depth(), { visible: 1, inFlight: 0, delayed: 0 });
    });

    it('aborts a busy slot after its grace, and its message shows at once', async () => {
      await queue.sendAll(['a']);
      const running = start(untilAborted, { slots: 2 });
      await until('it is busy', () => running.busy === 1);
      const began = Date.now();
      await running.stop(100);
      const took = Date.now() - began;
      assert.ok(took >= 95, `${took} ms`);
      assert.equal((await receive(queue)).length, 1);
    });

    it('is hurried by abortJobs', async () => {
      await queue.sendAll(['a']);
      const running = start(untilAborted);
      await until('it is busy', () => running.busy === 1);
      const stopped = running.stop(60_000);
      running.abortJobs();
      await stopped;
      assert.equal((await queue.depth()).visible, 1);
    });

    it('has every message settled when it resolves, also one that arrives meanwhile', async () => {
      for (const ms of [0, 1, 2, 4, 8, 16]) {
        await queue.sendAll(['a', 'b', 'c']);
        const running = start(async () => await Promise.resolve({ kind: 'hand-back', seconds: 0 }), { slots: 3 });
        await sleep(ms);
        await running.stop(60_000);
        assert.equal(running.busy, 0);
        // an aborted poll may have its message hidden, as with SQS itself; none that reached us may be
        const { inFlight } = await queue.depth();
        assert.ok(inFlight <= 3);
        const settled = events.filter(({ event }) => event === 'settled').length;
        await sleep(30);
        assert.equal(events.filter(({ event }) => event === 'settled').length, settled, `nothing after ${ms} ms`);
      }
    });

    it('hands back unread what arrived in the long poll that was open', async () => {
      let arrive: () => void = () => {};
      const handedBack: unknown[] = [];
      /** A client whose answer to a poll comes when its abort comes too late. */
      const client = {
        send: async ({ constructor, input }: { constructor: { name: string }; input: object }): Promise<unknown> => {
          if (constructor.name !== 'ReceiveMessageCommand') {
            await sleep(50);
            handedBack.push(input);
            return {};
          }
          await new Promise<void>((resolve) => {
            arrive = resolve;
          });
          return { Messages: [{ MessageId: 'm', ReceiptHandle: 'handle', Body: 'job' }] };
        },
      } as unknown as SQSClient;
      let handled = false;
      const running = start(
        async () => {
          handled = true;
          return await Promise.resolve(ACKNOWLEDGE);
        },
        { queue: new Queue(client, 'http://127.0.0.1/q', 'dead') },
      );
      await sleep(10);
      const stopped = running.stop(1000);
      arrive();
      await stopped;
      assert.equal(handled, false);
      assert.deepEqual(handedBack, [{ QueueUrl: 'http://127.0.0.1/q', ReceiptHandle: 'handle', VisibilityTimeout: 0 }]);
      assert.ok(events.some(({ event }) => event === 'handed-back-unread'));
    });
  });

  it('waits after a poll that failed, and goes on when the queue is there again', async () => {
    let polls = 0;
    const client = {
      send: async (): Promise<unknown> => {
        polls += 1;
        return await Promise.reject(Object.assign(new Error('no key'), { name: 'KmsDisabled' }));
      },
    } as unknown as SQSClient;
    const time = new FakeTime();
    try {
      const running = start(async () => await Promise.reject(new PermanentError('X', 'never')), {
        queue: new Queue(client, 'http://127.0.0.1/q', 'dead'),
      });
      await time.advance(900);
      assert.equal(polls, 1, 'it does not ask as fast as it can');
      assert.deepEqual(
        events.map(({ level, event }) => [level, event]),
        [['warn', 'poll-failed']],
      );
      await time.advance(1000);
      assert.equal(polls, 2);
      const began = time.elapsed;
      let stopped = false;
      void running.stop(1000).then(() => (stopped = true));
      await time.until('it has stopped', () => stopped);
      assert.ok(time.elapsed - began < 100, 'the wait ends by the stop');
    } finally {
      time.restore();
    }
  });
});
