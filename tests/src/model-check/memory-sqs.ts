/** A message as SQS holds it. */
export interface MemoryMessage {
  readonly id: string;
  readonly body: string;
  /** Whether somebody forged it: no program of the fleet sent it. */
  readonly isForged: boolean;
  receiveCount: number;
  /** Of the last receive; null while the message is visible. */
  handle: string | null;
}

interface SqsInput {
  readonly QueueUrl?: string;
  readonly MessageBody?: string;
  readonly Entries?: readonly { readonly Id: string; readonly MessageBody: string }[];
  readonly ReceiptHandle?: string;
}

interface SqsCommand {
  readonly constructor: { readonly name: string };
  readonly input: object;
}

/** SQS moves a message to the dead-letter queue instead of delivering it more often. */
export const MAX_RECEIVES = 20;

export const DOWNLOADS = 'https://sqs/downloads';
export const CONVERTS = 'https://sqs/converts';
export const DOWNLOADS_DEAD = 'https://sqs/downloads-dead';
export const CONVERTS_DEAD = 'https://sqs/converts-dead';

export type QueueUrl = typeof DOWNLOADS | typeof CONVERTS;

/** The queues of a fleet in memory. A message is delivered in any order; when it shows again is the scheduler's choice. */
export class MemorySqs {
  readonly queues = new Map<string, MemoryMessage[]>(
    [DOWNLOADS, CONVERTS, DOWNLOADS_DEAD, CONVERTS_DEAD].map((url) => [url, []]),
  );
  #count = 0;

  of(url: string): MemoryMessage[] {
    const queue = this.queues.get(url);
    if (queue === undefined) throw new Error(`the model of SQS has no queue ${url}`);
    return queue;
  }

  send(url: string, body: string, isForged = false, receiveCount = 0): MemoryMessage {
    this.#count += 1;
    const message = { id: `m${this.#count}`, body, isForged, receiveCount, handle: null };
    this.of(url).push(message);
    return message;
  }

  /** Delivers a message that is visible; null where SQS moves it to the dead-letter queue instead. */
  receive(url: QueueUrl, message: MemoryMessage): string | null {
    if (message.receiveCount >= MAX_RECEIVES) {
      const queue = this.of(url);
      queue.splice(queue.indexOf(message), 1);
      this.of(`${url}-dead`).push({ ...message });
      return null;
    }
    message.receiveCount += 1;
    message.handle = `${message.id}/${message.receiveCount}`;
    return message.handle;
  }

  apply(command: SqsCommand): object {
    const { QueueUrl = '', MessageBody = '', Entries = [], ReceiptHandle = '' } = command.input as SqsInput;
    const queue = this.of(QueueUrl);
    switch (command.constructor.name) {
      case 'SendMessageCommand':
        return { MessageId: this.send(QueueUrl, MessageBody).id };
      case 'SendMessageBatchCommand':
        for (const { MessageBody: body } of Entries) this.send(QueueUrl, body);
        return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
      case 'DeleteMessageCommand': {
        // a handle of an earlier receive deletes, too: the work of that receive is done
        const at = queue.findIndex(({ id }) => ReceiptHandle.startsWith(`${id}/`));
        if (at >= 0) queue.splice(at, 1);
        return {};
      }
      case 'ChangeMessageVisibilityCommand': {
        const message = queue.find(({ handle }) => handle === ReceiptHandle);
        if (message !== undefined) message.handle = null;
        return {};
      }
      default:
        throw new Error(`the model of SQS has no ${command.constructor.name}`);
    }
  }
}
