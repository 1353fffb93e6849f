import { createHash, randomUUID } from 'node:crypto';
import { readBatch, runBatch } from './batch.js';
import type { Input } from './input.js';
import { FRESH } from './message.js';
import type { MessageContent } from './message.js';
import {
  FORBIDDEN_CHARACTER_MESSAGE,
  hasForbiddenCharacter,
  md5OfAttributes,
  readMessageAttributes,
  sizeOfAttributes,
} from './message-attributes.js';
import type { MessageAttributes } from './message-attributes.js';
import type { OperationContext, Output } from './operation.js';
import { MAX_MESSAGE_BYTES } from './queue-attributes.js';
import { weightOf } from './queue.js';
import type { Queue } from './queue.js';
import { SqsError, invalidValue } from './sqs-error.js';

/** Bytes that the messages of one queue may take in memory; a send beyond is refused with OverLimit. */
const MAX_QUEUE_BYTES = 256 * 1_048_576;
const GROUP_ID = /^[!-~]{1,128}$/;

export function sendMessage(context: OperationContext, input: Input): Output {
  return send(context, context.queue(input), input);
}

export function sendMessageBatch(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  const entries = readBatch(input);
  let bytes = 0;
  for (const entry of entries.values())
    bytes +=
      Buffer.byteLength(entry.string('MessageBody')) +
      sizeOfAttributes(readMessageAttributes(entry.inputMap('MessageAttributes')));
  if (bytes > MAX_MESSAGE_BYTES)
    throw new SqsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${bytes} bytes.`,
    );
  return runBatch(entries, (entry) => send(context, queue, entry));
}

function send(context: OperationContext, queue: Queue, input: Input): Output {
  const now = Date.now();
  const body = input.string('MessageBody');
  if (hasForbiddenCharacter(body)) throw new SqsError('InvalidMessageContents', FORBIDDEN_CHARACTER_MESSAGE);
  const attributes = readMessageAttributes(input.inputMap('MessageAttributes'));
  const limit = queue.integer('MaximumMessageSize');
  if (Buffer.byteLength(body) + sizeOfAttributes(attributes) > limit)
    throw new SqsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
    );
  const delay = input.optionalInteger('DelaySeconds') ?? queue.integer('DelaySeconds');
  if (delay < 0 || delay > 900) throw invalidValue('DelaySeconds', delay, 'DelaySeconds must be >= 0 and <= 900.');
  if (input.optionalString('MessageDeduplicationId') !== undefined)
    throw new SqsError('InvalidParameterValue', 'MessageDeduplicationId is not valid for this queue type.');
  const groupId = input.optionalString('MessageGroupId');
  if (groupId !== undefined && !GROUP_ID.test(groupId))
    throw invalidValue('MessageGroupId', groupId, 'It has 1 to 128 alphanumeric and punctuation characters.');
  const trace = readTraceHeader(input);
  const content: MessageContent = {
    id: randomUUID(),
    body,
    sentAt: now,
    ...(attributes === undefined ? {} : { attributes }),
    ...(trace === undefined ? {} : { traceHeader: trace }),
    ...(groupId === undefined ? {} : { groupId }),
  };
  requireRoom(queue, content);
  const put = { t: 'put', q: queue.name, m: content } as const;
  context.store.commit(delay === 0 ? put : { ...put, p: { ...FRESH, state: 'delayed', wakeAt: now + delay * 1_000 } });
  context.receiver.wake(queue);
  return {
    MessageId: content.id,
    MD5OfMessageBody: md5(body),
    ...(attributes === undefined ? {} : { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
    ...(trace === undefined ? {} : { MD5OfMessageSystemAttributes: md5OfAttributes(traceAttributes(trace)) }),
  };
}

/** @throws SqsError OverLimit when the queue holds as much as it may. */
export function requireRoom(queue: Queue, content: MessageContent): void {
  if (queue.weight + weightOf(content) > MAX_QUEUE_BYTES)
    throw new SqsError('OverLimit', `Queue ${queue.name} is full: its messages may take ${MAX_QUEUE_BYTES} bytes.`);
}

function readTraceHeader(input: Input): string | undefined {
  const given = input.inputMap('MessageSystemAttributes');
  for (const name of given.keys())
    if (name !== 'AWSTraceHeader')
      throw invalidValue('MessageSystemAttributes', name, 'Only AWSTraceHeader can be sent.');
  const header = given.get('AWSTraceHeader');
  if (header === undefined) return undefined;
  if (header.string('DataType') !== 'String')
    throw invalidValue('MessageSystemAttributes.AWSTraceHeader', header.string('DataType'), 'Its type must be String.');
  return header.string('StringValue');
}

function traceAttributes(trace: string): MessageAttributes {
  return { AWSTraceHeader: { DataType: 'String', StringValue: trace } };
}

/** `MD5OfMessageBody`, lower-case hex. */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
