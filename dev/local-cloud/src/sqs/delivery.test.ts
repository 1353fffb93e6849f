import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, counts, createQueue, receive, startChild, startSqs, withDirectory } from '../testing/sqs-harness.js';
import type { Json, RunningSqs } from '../testing/sqs-harness.js';

/** A bare connection, so that a test decides what is read of an answer and how the connection ends. */
async function openConnection(endpoint: string): Promise<Socket> {
  const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket.pause();
}

/** On an open connection a write is with the kernel when this returns. */
function writeRequest(socket: Socket, operation: string, input: Json): void {
  const body = JSON.stringify(input);
  const target = `Host: localhost\r\nX-Amz-Target: AmazonSQS.${operation}`;
  socket.write(`POST / HTTP/1.1\r\n${target}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

async function sendReceive(endpoint: string, url: string, more: Json = {}): Promise<Socket> {
  const socket = await openConnection(endpoint);
  writeRequest(socket, 'ReceiveMessage', { QueueUrl: url, WaitTimeSeconds: 10, ...more });
  return socket;
}

function sleepHere(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

async function withQueue(run: (sqs: RunningSqs, url: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const sqs = await startSqs(directory);
    try {
      await run(sqs, await createQueue(sqs.endpoint, 'jobs'));
    } finally {
      await sqs.close();
    }
  });
}

const send = async (sqs: RunningSqs, url: string, body = 'm'): Promise<unknown> =>
  call(sqs.endpoint, 'SendMessage', { QueueUrl: url, MessageBody: body });
const receiveCount = (message: Json | undefined): unknown =>
  (message?.['Attributes'] as Json | undefined)?.['ApproximateReceiveCount'];

describe('Delivery', () => {
  it('takes back a receive whose answer was sent and never read, uncounted', async () => {
    await withQueue(async (sqs, url) => {
      await send(sqs, url, 'x'.repeat(1_000_000));
      const socket = await sendReceive(sqs.endpoint, url);
      await sleep(150);
      assert.deepEqual(await counts(sqs.endpoint, url), { visible: 0, inflight: 1, delayed: 0 });
      socket.destroy();
      const [message] = await receive(sqs.endpoint, url, { WaitTimeSeconds: 2 });
      assert.equal(receiveCount(message), '1');
    });
  });

  it('takes back a small one, too, from the reset that follows', async () => {
    await withDirectory(async (directory) => {
      const { endpoint, kill } = await startChild(directory);
      const url = await createQueue(endpoint, 'jobs');
      for (let time = 0; time < 5; time += 1) {
        const socket = await sendReceive(endpoint, url);
        const sender = await openConnection(endpoint);
        await sleep(50);
        writeRequest(sender, 'SendMessage', { QueueUrl: url, MessageBody: `${time}` });
        // this whole process sleeps: the answer to the poll comes meanwhile, and nobody reads it from the kernel
        sleepHere(200);
        socket.destroy();
        sender.resume();
        const [message] = await receive(endpoint, url, { WaitTimeSeconds: 2 });
        assert.deepEqual([message?.['Body'], receiveCount(message)], [`${time}`, '1']);
        await call(endpoint, 'DeleteMessage', { QueueUrl: url, ReceiptHandle: message?.['ReceiptHandle'] });
        sender.destroy();
      }
      await kill();
    });
  });

  it('gives nothing to a poll whose client has gone', async () => {
    await withQueue(async (sqs, url) => {
      const gone = await sendReceive(sqs.endpoint, url);
      await sleep(50);
      gone.destroy();
      await send(sqs, url);
      const [message] = await receive(sqs.endpoint, url);
      assert.equal(receiveCount(message), '1');
    });
  });

  it('hides what was read, though the client closes right after', async () => {
    await withQueue(async (sqs, url) => {
      await send(sqs, url);
      const socket = await sendReceive(sqs.endpoint, url);
      socket.resume();
      await once(socket, 'data');
      socket.destroy();
      await sleep(200);
      assert.deepEqual(await counts(sqs.endpoint, url), { visible: 0, inflight: 1, delayed: 0 });
    });
  });

  it('loses none of 200 messages to pollers that vanish at any moment', async function () {
    await withQueue(async (sqs, url) => {
      let vanishing = true;
      let read = '';
      const vanish = async (milliseconds: number): Promise<void> => {
        while (vanishing) {
          const socket = await sendReceive(sqs.endpoint, url, { MaxNumberOfMessages: 10 });
          socket.on('data', (data) => {
            read += String(data);
          });
          socket.resume();
          await sleep(milliseconds);
          socket.destroy();
        }
      };
      const pollers = [0, 1, 2, 3, 5].map(vanish);
      for (let index = 0; index < 200; index += 1) {
        await send(sqs, url, `${index}`);
        await sleep(2);
      }
      vanishing = false;
      await Promise.all(pollers);
      await sleep(100);
      const found = new Set<unknown>();
      for (;;) {
        const messages = await receive(sqs.endpoint, url, { WaitTimeSeconds: 1 });
        if (messages.length === 0) break;
        for (const message of messages) found.add(message['Body']);
      }
      const delivered = new Set([...read.matchAll(/"Body":"(\d+)"/g)].map((match) => match[1]));
      const lost = Array.from({ length: 200 }, (_, index) => `${index}`).filter(
        (body) => !found.has(body) && !delivered.has(body),
      );
      assert.deepEqual(lost, []);
    });
  });

  it('ends open polls at once when the service closes', async () => {
    await withDirectory(async (directory) => {
      const sqs = await startSqs(directory);
      const url = await createQueue(sqs.endpoint, 'jobs');
      const poll = receive(sqs.endpoint, url, { WaitTimeSeconds: 20 });
      await sleep(100);
      const start = Date.now();
      await sqs.close();
      assert.deepEqual(await poll, []);
      assert.ok(Date.now() - start < 10_000, `closed after ${Date.now() - start} ms`);
    });
  });

  it('does not move a message to and fro between queues that are each other’s dead-letter queue', async () => {
    await withQueue(async (sqs, one) => {
      const other = await createQueue(sqs.endpoint, 'other');
      const policy = (name: string): Json => ({
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
          maxReceiveCount: 1,
        }),
      });
      await call(sqs.endpoint, 'SetQueueAttributes', { QueueUrl: one, Attributes: policy('other') });
      await call(sqs.endpoint, 'SetQueueAttributes', { QueueUrl: other, Attributes: policy('jobs') });
      await send(sqs, one);
      const seen: unknown[] = [];
      for (const url of [one, other, one, other]) {
        const poll = receive(sqs.endpoint, url, { WaitTimeSeconds: 2, VisibilityTimeout: 0 });
        // the receive on the first queue is what moves it
        const [message] = url === other ? (await receive(sqs.endpoint, one), await poll) : await poll;
        seen.push(receiveCount(message));
        if (url === other) await receive(sqs.endpoint, other);
      }
      assert.deepEqual(seen, ['1', '2', '3', '4']);
    });
  });

  it('refuses a body beyond 8 MiB', async () => {
    await withQueue(async (sqs, url) => {
      await assert.rejects(send(sqs, url, 'x'.repeat(9 * 1_048_576)), /RequestEntityTooLarge/);
    });
  });
});
