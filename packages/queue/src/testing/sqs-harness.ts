import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { Queue } from '../queue.js';

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

export interface LoopbackSqs {
  readonly endpoint: string;
  /** A new queue with its dead-letter queue, and a client of its own. */
  readonly makeQueue: () => Promise<Queue>;
  readonly close: () => Promise<void>;
}

export async function startSqs(): Promise<LoopbackSqs> {
  const directory = await mkdtemp(join(tmpdir(), 'wikifleet-queue-'));
  const { endpoint, close } = await startLocalCloud({ directory, port: 0 });
  const queues: Queue[] = [];
  return {
    endpoint,
    makeQueue: async () => {
      const url = (name: string): string => `${endpoint}/000000000000/${name}-${queues.length}`;
      const place = { region: 'us-east-1', endpoint };
      const queue = Queue.connect({ url: url('jobs'), deadLetterUrl: url('dead'), ...place });
      for (const QueueName of [`jobs-${queues.length}`, `dead-${queues.length}`]) {
        await queue.client.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '30' } }));
      }
      queues.push(queue);
      return queue;
    },
    close: async () => {
      for (const queue of queues) queue.close();
      await close();
      await rm(directory, { recursive: true });
    },
  };
}

/** What is visible now, ten at most; it is hidden for a minute afterwards. */
export async function receive(queue: Queue, url = queue.url, visibilitySeconds = 60): Promise<Message[]> {
  const { Messages = [] } = await queue.client.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: visibilitySeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  );
  return Messages;
}

/** Waits until something holds; throws after 30 seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`expected within 30 s: ${what}`);
    await sleep(5);
  }
}
