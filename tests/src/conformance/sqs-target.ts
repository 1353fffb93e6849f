import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Message, QueueAttributeName, ReceiveMessageCommandInput } from '@aws-sdk/client-sqs';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import type { LocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { KNOWN_DIFFERENCES } from './sqs-known-differences.js';

/**
 * Where the suite runs: against `WIKIFLEET_CONFORMANCE_ENDPOINT`, else against our own cloud in a temporary folder.
 * `WIKIFLEET_CONFORMANCE_NAME` picks the known differences of what answers there.
 */
const endpointFromOutside = process.env['WIKIFLEET_CONFORMANCE_ENDPOINT'];
const differences = KNOWN_DIFFERENCES.get(process.env['WIKIFLEET_CONFORMANCE_NAME'] ?? '');

/** Names of queues of one run never meet those of another. */
const run = randomBytes(4).toString('hex');
let queuesMade = 0;

export interface TestQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
}

/** One test's view of the service: a client that does not retry, and queues that go when the suite ends. */
export class SqsTarget {
  #cloud: LocalCloud | undefined;
  #directory: string | undefined;
  #client: SQSClient | undefined;
  #endpoint = '';
  readonly #urls: string[] = [];

  get client(): SQSClient {
    assert.ok(this.#client, 'the target is open');
    return this.#client;
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  async open(): Promise<void> {
    if (endpointFromOutside === undefined) {
      this.#directory = await mkdtemp(join(tmpdir(), 'wikifleet-sqs-'));
      this.#cloud = await startLocalCloud({ directory: this.#directory });
    }
    this.#endpoint = endpointFromOutside ?? this.#cloud?.endpoint ?? '';
    this.#client = new SQSClient({
      endpoint: this.#endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  }

  async close(): Promise<void> {
    if (endpointFromOutside !== undefined)
      for (const url of this.#urls)
        await this.client.send(new DeleteQueueCommand({ QueueUrl: url })).catch(() => undefined);
    this.#client?.destroy();
    await this.#cloud?.close();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true });
  }

  newName(): string {
    queuesMade += 1;
    return `wikifleet-${run}-${queuesMade}`;
  }

  async newQueue(attributes: Partial<Record<QueueAttributeName, string>> = {}): Promise<TestQueue> {
    const name = this.newName();
    const { QueueUrl: url } = await this.client.send(
      new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
    );
    assert.ok(url);
    this.#urls.push(url);
    return { name, url, arn: (await this.attributes(url, 'QueueArn'))['QueueArn'] ?? '' };
  }

  /** A queue and its dead-letter queue. */
  async newPair(maxReceiveCount: number): Promise<{ readonly source: TestQueue; readonly dead: TestQueue }> {
    const dead = await this.newQueue();
    const policy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount });
    return { source: await this.newQueue({ RedrivePolicy: policy, VisibilityTimeout: '30' }), dead };
  }

  async attributes(url: string, ...names: QueueAttributeName[]): Promise<Partial<Record<string, string>>> {
    return (
      (await this.client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names }))).Attributes ?? {}
    );
  }

  async receive(url: string, more: Omit<ReceiveMessageCommandInput, 'QueueUrl'> = {}): Promise<Message[]> {
    const input = { QueueUrl: url, MessageSystemAttributeNames: ['All' as const], ...more };
    return (await this.client.send(new ReceiveMessageCommand(input))).Messages ?? [];
  }

  /** The one message that comes within `seconds`; fails where none does. */
  async receiveOne(
    url: string,
    seconds = 2,
    more: Omit<ReceiveMessageCommandInput, 'QueueUrl'> = {},
  ): Promise<Message> {
    const [message] = await this.receive(url, { WaitTimeSeconds: seconds, ...more });
    assert.ok(message, `a message within ${seconds} s`);
    return message;
  }
}

/** Opens a target around the tests of a `describe`. */
export function useSqs(): SqsTarget {
  const target = new SqsTarget();
  before(async () => target.open());
  after(async () => target.close());
  return target;
}

/**
 * A check by its id. Where the id is a known difference of what is tested, the check must fail, or is skipped if it does so only at
 * times; a difference that is gone fails the suite, so that the table stays true.
 */
export function check(id: string, title: string, run: () => Promise<void>): void {
  const difference = differences?.get(id);
  if (difference === undefined) {
    it(`${id}: ${title}`, run);
    return;
  }
  if (difference.kind === 'skipped') {
    it.skip(`${id}: ${title} (skipped: known difference: ${difference.why})`);
    return;
  }
  it(`${id}: differs as known: ${difference.why}`, async () => {
    await assert.rejects(run, () => true, `${id} passes now: take it out of the known differences`);
  });
}

/** The call must fail with this error: the SDK's name for it, or the code of the query protocol. */
export async function rejectsWith(call: Promise<unknown>, ...codes: string[]): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof Error);
    const code = 'Code' in error && typeof error.Code === 'string' ? error.Code : '';
    assert.ok(
      codes.includes(error.name) || codes.includes(code),
      `expected ${codes.join(' or ')}, received ${error.name} (${code}): ${error.message}`,
    );
    return true;
  });
}

/** Asks until the answer is there, at most 5 s. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(50)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new assert.AssertionError({ message: 'nothing within 5 s' });
}
