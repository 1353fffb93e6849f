import { checkRedriveAllowPolicy, jsonObject, parseRedrivePolicy } from './redrive-policy.js';
import { SqsError } from './sqs-error.js';

/** Attributes that a queue keeps, by name, in the form SQS returns them. */
export type QueueAttributes = ReadonlyMap<string, string>;

/** 1 MiB: the largest message, and the largest batch, since August 2025. */
export const MAX_MESSAGE_BYTES = 1_048_576;

interface IntegerAttribute {
  readonly minimum: number;
  readonly maximum: number;
  readonly initial: number;
}

/** Seconds, but for the size in bytes. Source: SetQueueAttributes in the API reference. */
const INTEGERS: ReadonlyMap<string, IntegerAttribute> = new Map([
  ['DelaySeconds', { minimum: 0, maximum: 900, initial: 0 }],
  ['MaximumMessageSize', { minimum: 1_024, maximum: MAX_MESSAGE_BYTES, initial: MAX_MESSAGE_BYTES }],
  ['MessageRetentionPeriod', { minimum: 60, maximum: 1_209_600, initial: 345_600 }],
  ['ReceiveMessageWaitTimeSeconds', { minimum: 0, maximum: 20, initial: 0 }],
  ['VisibilityTimeout', { minimum: 0, maximum: 43_200, initial: 30 }],
]);

/** Kept and given back as JSON; the empty string removes them. */
const DOCUMENTS: ReadonlySet<string> = new Set(['Policy', 'RedrivePolicy', 'RedriveAllowPolicy']);

/** Computed when asked for, never set. */
const COMPUTED_ATTRIBUTES: ReadonlySet<string> = new Set([
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
]);

const FIFO_ATTRIBUTES: ReadonlySet<string> = new Set([
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
]);
const KMS_ATTRIBUTES: ReadonlySet<string> = new Set(['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds']);

export function defaultAttributes(): QueueAttributes {
  const integers = [...INTEGERS].map(([name, range]): [string, string] => [name, String(range.initial)]);
  return new Map([...integers, ['SqsManagedSseEnabled', 'true']]);
}

/** Checks values that a client sets, each alone. Returns them in SQS's own form. */
export function checkAttributes(given: ReadonlyMap<string, string>): QueueAttributes {
  return new Map([...given].map(([name, value]) => [name, checkAttribute(name, value)]));
}

function checkAttribute(name: string, value: string): string {
  const range = INTEGERS.get(name);
  if (range !== undefined) {
    const number = Number(value);
    if (!/^\d{1,10}$/.test(value) || number < range.minimum || number > range.maximum)
      throw new SqsError(
        'InvalidAttributeValue',
        `Invalid value for the parameter ${name}. Expected ${range.minimum} to ${range.maximum}, received ${shorten(value)}.`,
      );
    return String(number);
  }
  if (DOCUMENTS.has(name)) {
    if (value !== '' && jsonObject(value) === undefined)
      throw new SqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}. Expected a JSON object.`);
    if (value !== '' && name === 'RedrivePolicy') parseRedrivePolicy(value);
    if (value !== '' && name === 'RedriveAllowPolicy') checkRedriveAllowPolicy(value);
    return value;
  }
  if (name === 'SqsManagedSseEnabled') {
    if (value !== 'true' && value !== 'false')
      throw new SqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}. Expected true or false.`);
    return value;
  }
  if (FIFO_ATTRIBUTES.has(name))
    throw unsupported(`Attribute ${name}: FIFO queues are not offered here, only standard ones.`);
  if (KMS_ATTRIBUTES.has(name)) throw unsupported(`Attribute ${name}: encryption with KMS keys is not offered here.`);
  throw new SqsError('InvalidAttributeName', `Unknown Attribute ${shorten(name)}.`);
}

export function isKnownAttribute(name: string): boolean {
  return (
    INTEGERS.has(name) ||
    DOCUMENTS.has(name) ||
    COMPUTED_ATTRIBUTES.has(name) ||
    FIFO_ATTRIBUTES.has(name) ||
    KMS_ATTRIBUTES.has(name) ||
    name === 'SqsManagedSseEnabled'
  );
}

/** `base` with `changes` over it; an emptied document is gone. */
export function mergeAttributes(base: QueueAttributes, changes: QueueAttributes): QueueAttributes {
  const merged = new Map([...base, ...changes]);
  return new Map([...merged].filter(([, value]) => value !== ''));
}

/** The first attribute whose given value is not the queue's, or undefined: what CreateQueue compares. */
export function firstDifference(current: QueueAttributes, given: QueueAttributes): string | undefined {
  for (const [name, value] of given)
    if (comparable(name, value) !== comparable(name, current.get(name) ?? '')) return name;
  return undefined;
}

function comparable(name: string, value: string): string {
  if (name === 'RedrivePolicy' && value !== '') return JSON.stringify(parseRedrivePolicy(value));
  return DOCUMENTS.has(name) && value !== '' ? JSON.stringify(JSON.parse(value)) : value;
}

function unsupported(message: string): SqsError {
  return new SqsError('UnsupportedOperation', message);
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
