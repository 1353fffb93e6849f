import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { FleetError } from '@wikifleet/domain/errors';
import { LeasedConsumer } from './leased-consumer.js';
import type { ConsumerEvent, Delivery, Outcome } from './leased-consumer.js';
import { PollWatch } from './poll-watch.js';
import type { Silence } from './poll-watch.js';
import { Queue } from './queue.js';
import { FakeTime } from './testing/fake-time.js';
import { until } from './testing/sqs-harness.js';

const ACKNOWLEDGE: Outcome = { kind: 'acknowledge' };

/** Listens on loopback, and answers what `answer` writes; without it, nothing ever. */
class SilentServer {
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  received = 0;

  constructor(answer: (response: ServerResponse, request: number) => void = () => {}) {
    this.#server = createServer((request, response) => {
      this.received += 1;
      request.resume();
      answer(response, this.received);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  async listen(): Promise<Queue> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return Queue.connect({ url: `${endpoint}/q`, deadLetterUrl: `${endpoint}/d`, region: 'us-east-1', endpoint });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('a poll loop that went silent', function () {
  let time: FakeTime | undefined;
  let server: SilentServer | undefined;
  let queue: Queue | undefined;
  let consumer: LeasedConsumer | undefined;
  let events: ConsumerEvent[];
  let broken: FleetError[];
  beforeEach(() => {
    events = [];
    broken = [];
  });
  afterEach(async () => {
    const stopped = consumer?.stop(0);
    // what was begun in mocked time ends in it
    await time?.advance(3000);
    await stopped;
    consumer = undefined;
    time?.restore();
    time = undefined;
    queue?.close();
    await server?.close();
    server = undefined;
  });

  const start = (
    on: Queue,
    slots: number,
    watch: { silentMs: number; mostSilent?: number },
    handle: (delivery: Delivery) => Promise<Outcome> = async () => await Promise.resolve(ACKNOWLEDGE),
  ): LeasedConsumer => {
    consumer = new LeasedConsumer(on, {
      slots,
      handle,
      watch,
      onEvent: (event) => events.push(event),
      onBroken: (error) => broken.push(error),
    });
    consumer.start();
    return consumer;
  };

  it('is replaced while the queue never answers, and at last given up, loudly and once', async () => {
    server = new SilentServer();
    queue = await server.listen();
    const began = Date.now();
    const running = start(queue, 2, { silentMs: 200 });
    assert.equal(running.alive, true);
    await until('it is broken', () => broken.length > 0);
    const took = Date.now() - began;
    assert.ok(took >= 600, `three times 200 ms, not ${took}`);
    assert.equal(running.alive, false);
    await sleep(300);
    assert.deepEqual(
      broken.map(({ code }) => code),
      ['POLLING_SILENT'],
    );
    assert.equal(events.filter(({ event }) => event === 'poll-silent').length, 6, 'three of each slot');
    assert.ok(server.received >= 6, 'each was a request of its own');
    const stopping = Date.now();
    await running.stop(60_000);
    assert.ok(Date.now() - stopping < 30_000, 'its polls end by their abort');
    await until('no socket is left open', () => server?.sockets.size === 0);
  });

  it('goes on where a new poll is answered', async () => {
    const MD5OfBody = createHash('md5').update('job').digest('hex');
    const message = JSON.stringify({ Messages: [{ MessageId: 'm', ReceiptHandle: 'h', Body: 'job', MD5OfBody }] });
    server = new SilentServer((response, request) => {
      if (request < 3) return;
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(request === 3 ? message : '{}');
    });
    queue = await server.listen();
    const seen: string[] = [];
    start(queue, 1, { silentMs: 200, mostSilent: 4 }, async (delivery) => {
      seen.push(delivery.body);
      await sleep(500);
      return { kind: 'hand-back', seconds: 0 };
    });
    await until('the job came', () => seen.length === 1);
    assert.equal(events.filter(({ event }) => event === 'poll-silent').length, 2);
    await sleep(450);
    assert.equal(events.filter(({ event }) => event === 'poll-silent').length, 2, 'who works is not silent');
    assert.deepEqual(broken, []);
  });

  it('hands back unread what it receives after all', async () => {
    const polls: ((answer: unknown) => void)[] = [];
    const handedBack: unknown[] = [];
    /** A client that heeds no abort. */
    const client = {
      send: async ({ constructor, input }: { constructor: { name: string }; input: object }): Promise<unknown> => {
        if (constructor.name === 'ReceiveMessageCommand') return await new Promise((resolve) => polls.push(resolve));
        handedBack.push(input);
        return await Promise.resolve({});
      },
    } as unknown as SQSClient;
    let handled = 0;
    time = new FakeTime();
    const running = start(
      new Queue(client, 'http://127.0.0.1/q', 'dead'),
      1,
      { silentMs: 100, mostSilent: 50 },
      async () => {
        handled += 1;
        return await Promise.resolve(ACKNOWLEDGE);
      },
    );
    await time.until('it was replaced', () => polls.length === 2);
    polls[0]?.({ Messages: [{ MessageId: 'm', ReceiptHandle: 'old', Body: 'job' }] });
    await time.until('it is handed back', () => handedBack.length === 1);
    assert.deepEqual(handedBack, [{ QueueUrl: 'http://127.0.0.1/q', ReceiptHandle: 'old', VisibilityTimeout: 0 }]);
    assert.equal(handled, 0);
    const stopping = time.elapsed;
    let stopped = false;
    void running.stop(60_000).then(() => (stopped = true));
    await time.until('it has stopped', () => stopped);
    const took = time.elapsed - stopping;
    assert.ok(took >= 2000 && took <= 2020, `a poll that heeds no abort is waited for two seconds, not ${took} ms`);
  });

  it('is no loop that only hears errors', async () => {
    const client = { send: async () => await Promise.reject(new Error('connection reset')) } as unknown as SQSClient;
    time = new FakeTime();
    start(new Queue(client, 'http://127.0.0.1/q', 'dead'), 1, { silentMs: 2500 });
    await time.advance(10_000);
    // one at once, and one a second
    assert.deepEqual(
      events.map(({ event }) => event),
      Array(10).fill('poll-failed'),
    );
    assert.equal(consumer?.alive, true);
  });

  it('is given all its time again when the process itself stood still', async () => {
    const judged: Silence[] = [];
    const loop = {};
    time = new FakeTime();
    const watch = new PollWatch(1, { silentMs: 400 }, () => judged.push(watch.judge(loop)));
    try {
      watch.begin(loop);
      await time.advance(60);
      await time.jump(1000);
      await time.advance(200);
      assert.ok(judged.length >= 3);
      assert.deepEqual(
        judged.filter((silence) => silence !== 'none'),
        [],
      );
      await time.advance(400);
      assert.deepEqual(
        judged.filter((silence) => silence !== 'none'),
        ['replace'],
        'then it is silent all the same',
      );
    } finally {
      watch.close();
      watch.close();
    }
  });
});

describe('a handler that heeds no abort', () => {
  it('breaks the consumer where its lease was lost', async () => {
    let polled = 0;
    const client = {
      send: async ({ input }: { input: { WaitTimeSeconds?: number } }): Promise<unknown> => {
        if (input.WaitTimeSeconds === undefined) throw Object.assign(new Error('gone'), { name: 'MessageNotInflight' });
        polled += 1;
        await sleep(10);
        return polled > 1 ? {} : { Messages: [{ MessageId: 'm', ReceiptHandle: 'h', Body: 'job' }] };
      },
    } as unknown as SQSClient;
    const events: ConsumerEvent[] = [];
    const broken: FleetError[] = [];
    const consumer = new LeasedConsumer(new Queue(client, 'http://127.0.0.1/q', 'dead'), {
      slots: 1,
      lease: { visibilitySeconds: 1, extendEveryMs: 20 },
      stuckMs: 100,
      handle: async () => await new Promise<Outcome>(() => {}),
      onEvent: (event) => events.push(event),
      onBroken: (error) => broken.push(error),
    });
    consumer.start();
    await until('it is broken', () => broken.length > 0);
    assert.equal(consumer.alive, false);
    assert.deepEqual([broken[0]?.code, events.map(({ event }) => event)], ['JOB_STUCK', ['job-abandoned']]);
    await consumer.stop(0);
  });

  it('keeps neither its message nor the stop', async () => {
    const calls: unknown[] = [];
    let polled = 0;
    const client = {
      send: async ({
        input,
      }: {
        input: { VisibilityTimeout?: number; WaitTimeSeconds?: number };
      }): Promise<unknown> => {
        if (input.WaitTimeSeconds === undefined) {
          calls.push(input.VisibilityTimeout);
          return {};
        }
        polled += 1;
        await sleep(10);
        return polled > 1 ? {} : { Messages: [{ MessageId: 'm', ReceiptHandle: 'h', Body: 'job' }] };
      },
    } as unknown as SQSClient;
    const events: ConsumerEvent[] = [];
    const consumer = new LeasedConsumer(new Queue(client, 'http://127.0.0.1/q', 'dead'), {
      slots: 1,
      handle: async ({ describe }) => {
        describe({ file: 'f' });
        return await new Promise<Outcome>(() => {});
      },
      onEvent: (event) => events.push(event),
    });
    const time = new FakeTime();
    try {
      consumer.start();
      await time.until('it is busy', () => consumer.busy === 1);
      const began = time.elapsed;
      let stopped = false;
      void consumer.stop(100).then(() => (stopped = true));
      await time.until('it has stopped', () => stopped);
      const took = time.elapsed - began;
      assert.ok(took >= 1100 && took <= 1120, `${took} ms`);
    } finally {
      time.restore();
    }
    assert.deepEqual(calls, [0]);
    const said = events.map(({ event, messageId, receiveCount, fields }) => [event, messageId, receiveCount, fields]);
    assert.deepEqual(said, [
      ['job-abandoned', 'm', 1, { file: 'f' }],
      ['settled', 'm', 1, { file: 'f' }],
    ]);
  });
});
