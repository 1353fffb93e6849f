import { ChangeMessageVisibilityBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { elapsedSince, thisMoment } from './elapsed.js';
import type { Queue } from './queue.js';

/** A message of a dead-letter queue. Its texts are a stranger's: they may hold any character. */
export interface DeadLetter {
  readonly messageId: string;
  /** The first `MAX_BODY_CHARACTERS` of the body: a longer one is no job. */
  readonly body: string;
  /** Why our own hand put it here; null for a message that SQS moved itself. */
  readonly code: string | null;
  readonly reason: string | null;
  /** When it was sent to this queue; of a message that SQS moved itself, to the queue before it. */
  readonly sentAt: Date | null;
  /** How often it was received, this listing included. */
  readonly receiveCount: number;
}

export interface DeadLetters {
  /** The oldest first. */
  readonly letters: readonly DeadLetter[];
  /** Messages that were not listed, as SQS counts them: about. */
  readonly more: number;
}

export interface ReadOptions {
  /** Messages listed at most. */
  readonly max: number;
  /** How long a message is hidden at most, should this process die; default 30 s. */
  readonly visibilitySeconds?: number;
}

/** A job has a few hundred characters, and 3,000 with the longest names there can be. */
export const MAX_BODY_CHARACTERS = 4096;
const MAX_CODE_CHARACTERS = 100;
const MAX_REASON_CHARACTERS = 1000;
const VISIBILITY_SECONDS = 30;
/** SQS gives and takes at most ten messages a call. */
const BATCH = 10;
const CALL_TIMEOUT_MS = 10_000;

/**
 * Lists the dead-letter queue of `queue` and changes nothing of it: each message is hidden from others while the listing
 * goes on (for a third of the visibility is left for handing back), and visible again when it returns. Memory: `max`
 * messages of `MAX_BODY_CHARACTERS`.
 */
export async function readDeadLetters(queue: Queue, options: ReadOptions): Promise<DeadLetters> {
  const visibilitySeconds = options.visibilitySeconds ?? VISIBILITY_SECONDS;
  const began = thisMoment();
  const mostMs = (visibilitySeconds * 1000 * 2) / 3;
  const letters = new Map<string, DeadLetter>();
  // of a message received twice, the last handle is the one that counts
  const handles = new Map<string, string>();
  let fresh = true;
  try {
    while (fresh && letters.size < options.max && elapsedSince(began) < mostMs) {
      fresh = false;
      for (const message of await receiveSome(queue, options.max - letters.size, visibilitySeconds)) {
        const { MessageId: id = '', ReceiptHandle: handle = '' } = message;
        fresh ||= !letters.has(id);
        letters.set(id, letters.get(id) ?? letterOf(message));
        handles.set(id, handle);
      }
    }
    const { visible, inFlight, delayed } = await queue.deadLetterDepth();
    const more = Math.max(0, visible + inFlight + delayed - letters.size);
    const byAge = (a: DeadLetter, b: DeadLetter): number => (a.sentAt?.getTime() ?? 0) - (b.sentAt?.getTime() ?? 0);
    return { letters: [...letters.values()].sort(byAge), more };
  } finally {
    await handBack(queue, [...handles.values()]);
  }
}

async function receiveSome(queue: Queue, most: number, VisibilityTimeout: number): Promise<readonly Message[]> {
  const answer = await queue.client.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.deadLetterUrl,
      MaxNumberOfMessages: Math.min(BATCH, most),
      VisibilityTimeout,
      // a poll without waiting asks some of SQS's servers only, and finds nothing where there is something
      WaitTimeSeconds: 1,
      MessageAttributeNames: ['code', 'reason'],
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
    }),
    { abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) },
  );
  return answer.Messages ?? [];
}

function letterOf({ MessageId = '', Body = '', Attributes = {}, MessageAttributes = {} }: Message): DeadLetter {
  const sentAt = Number(Attributes.SentTimestamp);
  const text = (value: string | undefined, most: number): string | null => {
    return value === undefined ? null : beginningOf(value, most);
  };
  return {
    messageId: MessageId,
    body: beginningOf(Body, MAX_BODY_CHARACTERS),
    code: text(MessageAttributes['code']?.StringValue, MAX_CODE_CHARACTERS),
    reason: text(MessageAttributes['reason']?.StringValue, MAX_REASON_CHARACTERS),
    sentAt: Number.isSafeInteger(sentAt) && sentAt > 0 ? new Date(sentAt) : null,
    receiveCount: Number(Attributes.ApproximateReceiveCount) || 1,
  };
}

/** A string of its own: a slice would keep the whole of the other in memory. */
function beginningOf(text: string, most: number): string {
  return text.length <= most ? text : Buffer.from(text.slice(0, most), 'utf16le').toString('utf16le');
}

/** What SQS does not take back shows again by itself when its visibility ends: no reason to fail. */
async function handBack(queue: Queue, handles: readonly string[]): Promise<void> {
  for (let i = 0; i < handles.length; i += BATCH) {
    const Entries = handles
      .slice(i, i + BATCH)
      .map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
    await queue.client
      .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.deadLetterUrl, Entries }), {
        abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      })
      .catch(() => {});
  }
}
