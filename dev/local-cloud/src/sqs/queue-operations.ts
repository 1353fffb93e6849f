import type { Input } from './input.js';
import type { OperationContext, Output } from './operation.js';
import {
  checkAttributes,
  defaultAttributes,
  firstDifference,
  isKnownAttribute,
  mergeAttributes,
} from './queue-attributes.js';
import type { QueueAttributes } from './queue-attributes.js';
import { queueRecord } from './queue-store.js';
import type { Queue } from './queue.js';
import { allowsSource, parseRedrivePolicy } from './redrive-policy.js';
import { SqsError, invalidValue } from './sqs-error.js';

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;
/** SQS has no limit; this one keeps a runaway script from filling the memory. */
const MAX_QUEUES = 1_000;

export function createQueue(context: OperationContext, input: Input): Output {
  const name = input.string('QueueName');
  if (name.endsWith('.fifo'))
    throw new SqsError('UnsupportedOperation', `Queue ${name}: FIFO queues are not offered here, only standard ones.`);
  if (!QUEUE_NAME.test(name))
    throw new SqsError(
      'InvalidParameterValue',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  const given = checkAttributes(input.stringMap('Attributes'));
  const existing = context.store.queues.get(name);
  if (existing !== undefined) {
    const difference = firstDifference(existing.attributes, given);
    if (difference !== undefined)
      throw new SqsError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${difference}`,
      );
    return { QueueUrl: context.urlOf(name) };
  }
  if (context.store.queues.size >= MAX_QUEUES)
    throw new SqsError('OverLimit', `There are ${MAX_QUEUES} queues already: delete some first.`);
  const attributes = mergeAttributes(defaultAttributes(), given);
  checkDeadLetterTarget(context, context.store.arnOf(name), attributes);
  const now = unixSeconds();
  context.store.commit(
    queueRecord({ name, attributes, tags: input.stringMap('tags'), createdAt: now, modifiedAt: now }),
  );
  return { QueueUrl: context.urlOf(name) };
}

function checkDeadLetterTarget(context: OperationContext, arn: string, attributes: QueueAttributes): void {
  const value = attributes.get('RedrivePolicy');
  if (value === undefined) return;
  const target = context.store.byArn(parseRedrivePolicy(value).deadLetterTargetArn);
  if (target === undefined) throw invalidValue('RedrivePolicy', value, 'Dead letter target does not exist.');
  if (!allowsSource(target.attributes.get('RedriveAllowPolicy'), arn))
    throw invalidValue('RedrivePolicy', value, 'The dead-letter queue does not allow this source queue.');
}

export function deleteQueue(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  context.store.commit({ t: 'drop', q: queue.name });
  context.receiver.endPolls(queue);
  return {};
}

export function getQueueUrl(context: OperationContext, input: Input): Output {
  const name = input.string('QueueName');
  if (!context.store.queues.has(name)) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
  return { QueueUrl: context.urlOf(name) };
}

export function listQueues(context: OperationContext, input: Input): Output {
  const prefix = input.optionalString('QueueNamePrefix') ?? '';
  const names = [...context.store.queues.keys()].filter((name) => name.startsWith(prefix));
  const page = pageOf(names, input);
  return {
    ...(page.names.length === 0 ? {} : { QueueUrls: page.names.map(context.urlOf) }),
    ...(page.next === undefined ? {} : { NextToken: page.next }),
  };
}

export function listDeadLetterSourceQueues(context: OperationContext, input: Input): Output {
  const target = context.queue(input).arn;
  const sources = [...context.store.queues.values()].filter(
    (queue) => queue.redrivePolicy?.deadLetterTargetArn === target,
  );
  const page = pageOf(
    sources.map((queue) => queue.name),
    input,
  );
  return { queueUrls: page.names.map(context.urlOf), ...(page.next === undefined ? {} : { NextToken: page.next }) };
}

/** By name; a token is the last name of the page before. Without MaxResults there are no tokens and at most 1000 names. */
function pageOf(names: readonly string[], input: Input): { readonly names: readonly string[]; readonly next?: string } {
  const maximum = input.optionalInteger('MaxResults');
  if (maximum !== undefined && (maximum < 1 || maximum > 1_000))
    throw invalidValue('MaxResults', maximum, 'MaxResults must be an integer between 1 and 1000.');
  const token = input.optionalString('NextToken');
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString();
  if (token !== undefined && !QUEUE_NAME.test(after))
    throw invalidValue('NextToken', token, 'It is not a token of this service.');
  const rest = names.filter((name) => name > after).sort();
  const page = rest.slice(0, maximum ?? 1_000);
  const last = page.at(-1);
  if (maximum === undefined || last === undefined || page.length === rest.length) return { names: page };
  return { names: page, next: Buffer.from(last).toString('base64url') };
}

export function getQueueAttributes(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  const wanted = input.strings('AttributeNames');
  for (const name of wanted)
    if (name !== 'All' && !isKnownAttribute(name))
      throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name.slice(0, 100)}.`);
  const { ready, delayed, inflight } = queue.counts;
  const all: readonly (readonly [string, string])[] = [
    ...queue.attributes,
    ['QueueArn', queue.arn],
    ['ApproximateNumberOfMessages', String(ready)],
    ['ApproximateNumberOfMessagesDelayed', String(delayed)],
    ['ApproximateNumberOfMessagesNotVisible', String(inflight)],
    ['CreatedTimestamp', String(queue.createdAt)],
    ['LastModifiedTimestamp', String(queue.modifiedAt)],
  ];
  const shown = all.filter(([name]) => wanted.includes('All') || wanted.includes(name));
  return shown.length === 0 ? {} : { Attributes: Object.fromEntries(shown) };
}

export function setQueueAttributes(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  const given = checkAttributes(input.stringMap('Attributes'));
  if (given.size === 0) throw new SqsError('MissingParameter', 'The request must contain the parameter Attributes.');
  const attributes = mergeAttributes(queue.attributes, given);
  if (given.has('RedrivePolicy')) checkDeadLetterTarget(context, queue.arn, attributes);
  commitQueue(context, queue, { attributes, modifiedAt: unixSeconds() });
  return {};
}

export function purgeQueue(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  context.purges.start(queue);
  context.store.commit({ t: 'purge', q: queue.name });
  return {};
}

export function tagQueue(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  const tags = new Map([...queue.tags, ...input.stringMap('Tags')]);
  if (tags.size > 50) throw new SqsError('InvalidParameterValue', `A queue has at most 50 tags, not ${tags.size}.`);
  commitQueue(context, queue, { tags });
  return {};
}

export function untagQueue(context: OperationContext, input: Input): Output {
  const queue = context.queue(input);
  const gone = new Set(input.strings('TagKeys'));
  commitQueue(context, queue, { tags: new Map([...queue.tags].filter(([name]) => !gone.has(name))) });
  return {};
}

export function listQueueTags(context: OperationContext, input: Input): Output {
  const { tags } = context.queue(input);
  return tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) };
}

function commitQueue(
  context: OperationContext,
  queue: Queue,
  changes: Partial<Pick<Queue, 'attributes' | 'tags' | 'modifiedAt'>>,
): void {
  const { name, attributes, tags, createdAt, modifiedAt } = queue;
  context.store.commit(queueRecord({ name, attributes, tags, createdAt, modifiedAt, ...changes }));
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
