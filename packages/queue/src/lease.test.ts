import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { FleetError } from '@wikifleet/domain/errors';
import { Lease } from './lease.js';
import { Queue } from './queue.js';
import { FakeTime } from './testing/fake-time.js';
import { receive, startSqs } from './testing/sqs-harness.js';
import type { LoopbackSqs } from './testing/sqs-harness.js';

const FAST = { visibilitySeconds: 1, extendEveryMs: 100, marginMs: 200 };

/** A queue whose calls `answer` makes; what is asked for is written down as `extend`, `back` or `delete`. */
function fakeQueue(answer: (call: string, signal: AbortSignal) => Promise<void>): { queue: Queue; calls: string[] } {
  const calls: string[] = [];
  const send = async (
    { input }: { input: { VisibilityTimeout?: number } },
    { abortSignal }: { abortSignal: AbortSignal },
  ): Promise<unknown> => {
    const seconds = input.VisibilityTimeout;
    const call = seconds === undefined ? 'delete' : seconds === FAST.visibilitySeconds ? 'extend' : 'back';
    calls.push(call);
    await answer(call, abortSignal);
    return {};
  };
  return { queue: new Queue({ send } as unknown as SQSClient, 'url', 'dead'), calls };
}

function named(name: string): Error {
  return Object.assign(new Error(`${name}, says the test`), { name });
}

describe('Lease', () => {
  let sqs: LoopbackSqs;
  let lease: Lease | undefined;
  let time: FakeTime;
  before(async () => {
    sqs = await startSqs();
  });
  beforeEach(() => {
    time = new FakeTime();
  });
  afterEach(() => {
    lease?.release();
    time.restore();
  });
  after(async () => await sqs.close());

  /** A queue with one message in flight for a second. */
  const inFlight = async (): Promise<{ queue: Queue; handle: string }> => {
    const queue = await sqs.makeQueue();
    await queue.sendAll(['job']);
    const [message] = await receive(queue, queue.url, 1);
    assert.ok(message?.ReceiptHandle);
    return { queue, handle: message.ReceiptHandle };
  };

  it('extends no further than SQS allows, and is lost before its message shows again', async () => {
    const asked: number[] = [];
    const send = async ({ input }: { input: { VisibilityTimeout: number } }): Promise<unknown> => {
      asked.push(input.VisibilityTimeout);
      return await Promise.resolve({});
    };
    const queue = new Queue({ send } as unknown as SQSClient, 'url', 'dead');
    lease = new Lease(queue, 'handle', { visibilitySeconds: 4, extendEveryMs: 1000, marginMs: 500, maxSeconds: 10 });
    const began = time.elapsed;
    await time.until('the lease is lost', () => lease?.lost === true, 20_000);
    const took = time.elapsed - began;
    assert.ok(took > 8000 && took <= 9500, `${took} ms`);
    assert.deepEqual(asked.slice(0, 6), [4, 4, 4, 4, 4, 4]);
    assert.ok(asked.at(-1) === 1 || asked.at(-1) === 2, asked.join(', '));
    assert.match(String(lease.signal.reason), /LEASE_LOST|12 hours/);
    assert.match((lease.signal.reason as Error).message, /SQS hides a message for no longer than 12 hours/);
  });

  it('keeps its message hidden past the visibility, then deletes it', async () => {
    const { queue, handle } = await inFlight();
    const extensions: Promise<void>[] = [];
    const changeVisibility = queue.changeVisibility.bind(queue);
    queue.changeVisibility = async (...args) => {
      const extension = changeVisibility(...args);
      extensions.push(extension);
      await extension;
    };
    lease = new Lease(queue, handle, FAST);
    for (let step = 0; step < 15; step += 1) {
      await time.advance(100);
      await Promise.all(extensions);
      assert.deepEqual(await receive(queue), [], 'nobody else gets it');
    }
    assert.equal(extensions.length, 15);
    assert.equal(lease.signal.aborted, false);
    await lease.acknowledge();
    assert.deepEqual(await queue.depth(), { visible: 0, inFlight: 0, delayed: 0 });
  });

  it('hands back at once, after its job was aborted too', async () => {
    const { queue, handle } = await inFlight();
    lease = new Lease(queue, handle, FAST);
    lease.abort(new FleetError('SERVICE_STOPPED', 'the service stops'));
    assert.equal(lease.lost, false);
    await lease.handBack(0);
    assert.equal((await receive(queue)).length, 1);
  });

  it('deletes after its job was aborted', async () => {
    const { queue, handle } = await inFlight();
    lease = new Lease(queue, handle, FAST);
    lease.abort(new FleetError('SERVICE_STOPPED', 'the service stops'));
    await lease.acknowledge();
    assert.equal((await queue.depth()).inFlight, 0);
  });

  it('is lost when somebody else deleted its message', async () => {
    const { queue, handle } = await inFlight();
    lease = new Lease(queue, handle, FAST);
    await queue.client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: handle }));
    await time.advance(FAST.extendEveryMs);
    const { signal } = lease;
    if (!signal.aborted) await once(signal, 'abort');
    assert.equal(time.elapsed, FAST.extendEveryMs, 'at the next extension, not at the deadline');
    assert.equal(lease.lost, true);
    assert.ok(lease.signal.reason instanceof FleetError);
    assert.equal(lease.signal.reason.code, 'LEASE_LOST');
  });

  for (const name of [
    'ReceiptHandleIsInvalid',
    'MessageNotInflight',
    'InvalidParameterValue',
    'InvalidParameterValueException',
    'QueueDoesNotExist',
  ]) {
    it(`is lost at once by ${name}`, async () => {
      const { queue, calls } = fakeQueue(async () => await Promise.reject(named(name)));
      lease = new Lease(queue, 'handle', { ...FAST, extendEveryMs: 10 });
      await time.until('the lease is lost', () => lease?.lost === true);
      assert.deepEqual([calls, time.elapsed], [['extend'], 10]);
    });
  }

  for (const [what, answer] of [
    ['is refused', async () => await Promise.reject(named('InternalError'))],
    ['is not answered', async () => await new Promise<void>(() => {})],
  ] as const) {
    it(`is lost before its message shows again, when an extension ${what}`, async () => {
      const { queue } = fakeQueue(answer);
      // the tick before the deadline comes too early, the one after it too late
      lease = new Lease(queue, 'handle', { visibilitySeconds: 1, extendEveryMs: 450, marginMs: 200 });
      await time.until('the lease is lost', () => lease?.lost === true);
      assert.equal(time.elapsed, 800);
    });
  }

  it('extends four times in its visibility and is lost an eighth before its end, where nothing else is said', async () => {
    const at: number[] = [];
    const { queue } = fakeQueue(async () => {
      at.push(time.elapsed);
      return await Promise.reject(named('InternalError'));
    });
    lease = new Lease(queue, 'handle', { visibilitySeconds: 1 });
    await time.until('the lease is lost', () => lease?.lost === true);
    assert.deepEqual([at, time.elapsed], [[250, 500, 750], 875]);
  });

  it('outlives extensions that fail now and then', async () => {
    let turn = 0;
    const { queue, calls } = fakeQueue(async () => {
      turn += 1;
      if (turn % 3 !== 0) throw named('ThrottlingException');
      await Promise.resolve();
    });
    lease = new Lease(queue, 'handle', FAST);
    await time.advance(1300);
    assert.equal(lease.signal.aborted, false);
    assert.equal(calls.length, 13);
  });

  it('hands back after the extension that is under way, which would hide the message again', async () => {
    const ended: string[] = [];
    const { queue, calls } = fakeQueue(async (call) => {
      if (call === 'extend') await sleep(100);
      ended.push(call);
    });
    lease = new Lease(queue, 'handle', { ...FAST, extendEveryMs: 10 });
    await time.until('an extension is under way', () => calls.length > 0);
    const handedBack = lease.handBack(0);
    await time.advance(100);
    await handedBack;
    assert.deepEqual(ended, ['extend', 'back']);
  });

  it('is not lost by an extension that finds its message deleted', async () => {
    const { queue, calls } = fakeQueue(async (call) => {
      if (call !== 'extend') return;
      await sleep(50);
      throw named('InvalidParameterValueException');
    });
    lease = new Lease(queue, 'handle', { ...FAST, extendEveryMs: 10 });
    await time.until('an extension is under way', () => calls.length > 0);
    await lease.acknowledge();
    await time.advance(80);
    assert.equal(lease.signal.aborted, false);
  });

  it('asks for nothing after its release, which may come twice', async () => {
    const { queue, calls } = fakeQueue(async () => await Promise.resolve());
    lease = new Lease(queue, 'handle', { ...FAST, extendEveryMs: 10 });
    lease.release();
    lease.release();
    await time.advance(50);
    assert.deepEqual(calls, []);
    assert.equal(getEventListeners(lease.signal, 'abort').length, 0);
  });
});
