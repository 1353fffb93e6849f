import { readBatch, runBatch } from './batch.js';
import type { Input } from './input.js';
import type { Message } from './message.js';
import { md5OfAttributes, selectAttributes } from './message-attributes.js';
import type { OperationContext, Output } from './operation.js';
import type { Queue } from './queue.js';
import { inflightMessage, readHandle, writeHandle } from './receipt-handle.js';
import { md5 } from './send-operations.js';
import { SqsError, invalidValue } from './sqs-error.js';

/** SQS: no message stays hidden longer than 12 hours after it was received. */
const MAX_VISIBILITY_SECONDS = 43_200;

export async function receiveMessage(context: OperationContext, input: Input): Promise<Output> {
  const queue = context.queue(input);
  const maximum = input.optionalInteger('MaxNumberOfMessages') ?? 1;
  if (maximum < 1 || maximum > 10)
    throw invalidValue('MaxNumberOfMessages', maximum, 'Must be between 1 and 10, if provided.');
  const waitSeconds = input.optionalInteger('WaitTimeSeconds') ?? queue.integer('ReceiveMessageWaitTimeSeconds');
  if (waitSeconds < 0 || waitSeconds > 20)
    throw invalidValue('WaitTimeSeconds', waitSeconds, 'Must be >= 0 and <= 20, if provided.');
  const visibilitySeconds = readVisibility(input) ?? queue.integer('VisibilityTimeout');
  const system = [...input.strings('MessageSystemAttributeNames'), ...input.strings('AttributeNames')];
  const wanted = input.strings('MessageAttributeNames');
  const delivery = await context.receiver.receive({
    queue,
    maximum,
    waitSeconds,
    visibilitySeconds,
    signal: context.signal,
  });
  if (delivery === undefined) return {};
  context.onUndelivered(delivery.restore);
  return { Messages: delivery.messages.map((message) => describe(context, queue, message, system, wanted)) };
}

function describe(
  context: OperationContext,
  queue: Queue,
  message: Message,
  system: readonly string[],
  wanted: readonly string[],
): Output {
  const { content, progress } = message;
  const values: Readonly<Record<string, string | undefined>> = {
    SenderId: context.accountId,
    SentTimestamp: String(content.sentAt),
    ApproximateReceiveCount: String(progress.receives),
    ApproximateFirstReceiveTimestamp: String(progress.firstReceivedAt),
    DeadLetterQueueSourceArn: progress.sourceArn,
    AWSTraceHeader: content.traceHeader,
    MessageGroupId: content.groupId,
  };
  const shown = Object.entries(values).filter(
    ([name, value]) => value !== undefined && (system.includes('All') || system.includes(name)),
  );
  const attributes = selectAttributes(content.attributes, wanted);
  return {
    MessageId: content.id,
    ReceiptHandle: writeHandle(queue, message),
    MD5OfBody: md5(content.body),
    Body: content.body,
    ...(shown.length === 0 ? {} : { Attributes: Object.fromEntries(shown) }),
    // the digest is of what is returned, so that a receiver can check it
    ...(attributes === undefined
      ? {}
      : { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) }),
  };
}

export function deleteMessage(context: OperationContext, input: Input): Output {
  return deleteOne(context, context.queue(input), input);
}

export function deleteMessageBatch(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  return runBatch(readBatch(input), (entry) => deleteOne(context, queue, entry));
}

/** An older handle of a message that was received again succeeds and deletes nothing: SQS allows that, and no job may rely on more. */
function deleteOne(context: OperationContext, queue: Queue, input: Input): Output {
  const { message, latest } = readHandle(queue, input.string('ReceiptHandle'));
  if (message !== undefined && latest) context.store.commit({ t: 'delete', q: queue.name, id: message.content.id });
  return {};
}

export function changeMessageVisibility(context: OperationContext, input: Input): Output {
  return changeOne(context, context.queue(input), input);
}

export function changeMessageVisibilityBatch(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  return runBatch(readBatch(input), (entry) => changeOne(context, queue, entry));
}

function changeOne(context: OperationContext, queue: Queue, input: Input): Output {
  const handle = input.string('ReceiptHandle');
  const seconds = readVisibility(input);
  if (seconds === undefined)
    throw new SqsError('MissingParameter', 'The request must contain the parameter VisibilityTimeout.');
  const now = Date.now();
  const message = inflightMessage(queue, handle);
  const { progress } = message;
  if (now + seconds * 1_000 > progress.receivedAt + MAX_VISIBILITY_SECONDS * 1_000 && seconds > 0)
    throw invalidValue(
      'VisibilityTimeout',
      seconds,
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
    );
  const p =
    seconds === 0
      ? ({ ...progress, state: 'ready', wakeAt: 0 } as const)
      : { ...progress, wakeAt: now + seconds * 1_000 };
  context.store.commit({ t: 'set', q: queue.name, id: message.content.id, p });
  context.receiver.wake(queue);
  return {};
}

function readVisibility(input: Input): number | undefined {
  const seconds = input.optionalInteger('VisibilityTimeout');
  if (seconds !== undefined && (seconds < 0 || seconds > MAX_VISIBILITY_SECONDS))
    throw invalidValue('VisibilityTimeout', seconds, `Must be between 0 and ${MAX_VISIBILITY_SECONDS}, if provided.`);
  return seconds;
}
