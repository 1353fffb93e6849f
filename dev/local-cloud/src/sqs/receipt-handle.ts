import { SqsError, invalidValue } from './sqs-error.js';
import type { Message } from './message.js';
import type { Queue } from './queue.js';

/** An opaque handle that says queue, message and receive. */
export function writeHandle(queue: Queue, message: Message): string {
  return Buffer.from(`${queue.name} ${message.content.id} ${message.progress.receipt}`).toString('base64');
}

/** A handle of this queue; its message may be gone, and may have been received again. */
export interface Handle {
  readonly message: Message | undefined;
  /** Whether it is of the message's most recent receive. */
  readonly latest: boolean;
}

/** @throws SqsError ReceiptHandleIsInvalid for what is no handle, or one of another queue. */
export function readHandle(queue: Queue, handle: string): Handle {
  const parts = handle.length > 1_024 ? [] : Buffer.from(handle, 'base64').toString().split(' ');
  const [name, id, receipt] = parts;
  if (parts.length !== 3 || name !== queue.name || id === undefined || !receipt)
    throw new SqsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle.slice(0, 1_024)}" is not a valid receipt handle.`,
    );
  const message = queue.find(id);
  return { message, latest: message?.progress.receipt === receipt };
}

/**
 * The message whose visibility this handle may change.
 * @throws SqsError InvalidParameterValue when it was deleted or received again, MessageNotInflight when it is visible again.
 */
export function inflightMessage(queue: Queue, handle: string): Message {
  const { message, latest } = readHandle(queue, handle);
  if (message === undefined || !latest)
    throw invalidValue(
      'ReceiptHandle',
      handle,
      'Message does not exist or is not available for visibility timeout change.',
    );
  if (message.progress.state !== 'inflight')
    throw new SqsError('MessageNotInflight', 'The specified message is not in flight: its visibility timeout is over.');
  return message;
}
