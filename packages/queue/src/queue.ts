import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  SQSClient,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { UsageError, messageOf } from '@wikifleet/domain/errors';

export interface QueueSettings {
  readonly url: string;
  readonly deadLetterUrl: string;
  readonly region: string;
  /** Where SQS is spoken; undefined: AWS itself. */
  readonly endpoint: string | undefined;
}

/** Messages of a queue as SQS counts them: approximate, exact about a minute after the last change. */
export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** SQS takes at most ten messages a batch. */
const BATCH = 10;
/** A long poll lasts 20 s; a connection on which nothing moves for longer is dead, and the SDK would wait on. */
const CONNECT_MS = 10_000;
const IDLE_MS = 60_000;
/** A job is shorter by far. With its reason, a longer body may pass what SQS takes, and would never leave its queue. */
const MAX_DEAD_CHARACTERS = 65_536;
const MAX_REASON_CHARACTERS = 1000;

/** A queue and its dead-letter queue. */
export class Queue {
  readonly url: string;
  readonly deadLetterUrl: string;
  readonly client: SQSClient;

  constructor(client: SQSClient, url: string, deadLetterUrl: string) {
    this.client = client;
    this.url = url;
    this.deadLetterUrl = deadLetterUrl;
  }

  /** The endpoint is set on the client, else the SDK follows the host in the queue's URL. */
  static connect(settings: QueueSettings): Queue {
    const client = new SQSClient({
      region: settings.region,
      maxAttempts: 5,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint, useQueueUrlAsEndpoint: false }),
    });
    return new Queue(client, settings.url, settings.deadLetterUrl);
  }

  /** The queue's name, for logs. */
  get name(): string {
    return this.url.slice(this.url.lastIndexOf('/') + 1);
  }

  /** Throws a `UsageError` where the queue cannot be reached. */
  async check(): Promise<void> {
    try {
      await this.depth();
    } catch (error) {
      throw new UsageError('QUEUE_UNREACHABLE', `the queue ${this.url} cannot be reached: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async depth(): Promise<QueueDepth> {
    return await depthOf(this.client, this.url);
  }

  async deadLetterDepth(): Promise<QueueDepth> {
    return await depthOf(this.client, this.deadLetterUrl);
  }

  /** Sends every body, ten a call; a body that SQS did not take in a batch is sent again, then it is an error. */
  async sendAll(bodies: readonly string[], signal?: AbortSignal): Promise<void> {
    for (let i = 0; i < bodies.length; i += BATCH) await this.#sendBatch(bodies.slice(i, i + BATCH), signal);
  }

  async #sendBatch(bodies: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    const options = signal === undefined ? {} : { abortSignal: signal };
    const answer = await this.client.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries }), options);
    // what was not said to be taken was not: a message lost here is a file that is never done
    const taken = new Set((answer.Successful ?? []).map(({ Id }) => Id));
    for (const { Id, MessageBody } of Entries) {
      if (taken.has(Id)) continue;
      await this.client.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody }), options);
    }
  }

  /**
   * Puts a message on the dead-letter queue with its reason as attributes; then it is to be deleted from its own. A body
   * that is far too long for a job is cut, and its reason says so.
   */
  async deadLetter(body: string, code: string, reason: string, signal: AbortSignal): Promise<void> {
    const attribute = (text: string): { DataType: 'String'; StringValue: string } => ({
      DataType: 'String',
      StringValue: printable(text) || 'unknown',
    });
    const cut = body.length > MAX_DEAD_CHARACTERS;
    const why = cut ? `${printable(reason).slice(0, 900)} (cut: the body had ${body.length} characters)` : reason;
    await this.client.send(
      new SendMessageCommand({
        QueueUrl: this.deadLetterUrl,
        // half of a pair is no text
        MessageBody: cut ? body.slice(0, MAX_DEAD_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '') : body,
        MessageAttributes: { code: attribute(code), reason: attribute(why) },
      }),
      { abortSignal: signal },
    );
  }

  async delete(receiptHandle: string, signal: AbortSignal): Promise<void> {
    await this.client.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: receiptHandle }), {
      abortSignal: signal,
    });
  }

  async changeVisibility(receiptHandle: string, seconds: number, signal: AbortSignal): Promise<void> {
    await this.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
      { abortSignal: signal },
    );
  }

  close(): void {
    this.client.destroy();
  }
}

/** SQS refuses attributes with control characters. */
function printable(text: string): string {
  return text
    .replaceAll(/[^\u0020-\uD7FF]/gu, ' ')
    .slice(0, MAX_REASON_CHARACTERS)
    .trim();
}

async function depthOf(client: SQSClient, url: string): Promise<QueueDepth> {
  const answer = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  const attributes = answer.Attributes ?? {};
  return {
    visible: Number(attributes['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    delayed: Number(attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
  };
}
