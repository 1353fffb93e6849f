import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  SQSClient,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { FleetError, UsageError, messageOf } from '@wikifleet/domain/errors';

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
    const failed = answer.Failed ?? [];
    if (failed.length === 0) return;
    for (const { Id, Message } of failed) {
      const body = bodies[Number(Id)];
      if (body === undefined) throw new FleetError('SEND_REFUSED', `${this.name}: a batch was refused: ${Message}`);
      await this.client.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody: body }), options);
    }
  }

  /** Puts a message on the dead-letter queue with its reason as attributes; then it is to be deleted from its own. */
  async deadLetter(body: string, code: string, reason: string, signal: AbortSignal): Promise<void> {
    const attribute = (text: string): { DataType: 'String'; StringValue: string } => ({
      DataType: 'String',
      StringValue: printable(text) || 'unknown',
    });
    await this.client.send(
      new SendMessageCommand({
        QueueUrl: this.deadLetterUrl,
        MessageBody: body,
        MessageAttributes: { code: attribute(code), reason: attribute(reason) },
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

/** SQS refuses attributes with control characters; 1,000 characters tell a reason. */
function printable(text: string): string {
  return text
    .replaceAll(/[^\u0020-\uD7FF]/gu, ' ')
    .slice(0, 1000)
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
