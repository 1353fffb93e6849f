import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelMessageMoveTaskCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { ListMessageMoveTasksResultEntry, SQSClient } from '@aws-sdk/client-sqs';
import { counted } from '@wikifleet/domain/counted';
import { FleetError } from '@wikifleet/domain/errors';
import type { Queue } from './queue.js';

type Task = ListMessageMoveTasksResultEntry;

/** Messages a second that SQS takes as a rate. */
export const MAX_MOVE_RATE = 500;

export interface MoveProgress {
  readonly moved: number;
  /** As SQS counted when the task began; null where it does not say. */
  readonly toMove: number | null;
}

export interface MoveOptions {
  /** Messages a second, 1 to 500; without it SQS chooses. */
  readonly rate?: number;
  readonly onProgress?: (progress: MoveProgress) => void;
  /** A task of an earlier call was under way: it is watched, and none is started. */
  readonly onJoined?: () => void;
  /** Milliseconds between two looks; default 1,000. */
  readonly pollMs?: number;
}

/** How many looks in a row may miss the task that was just started: the list may lag. */
const MOST_MISSES = 10;
/** Messages that may be moved beyond those that were there: SQS counts about. */
const SLACK_MESSAGES = 10;

/**
 * Moves everything on the dead-letter queue of `queue` back to it, and returns when that is done. The destination is
 * always named: a message that our own hand put there has no source queue for SQS. A moved message is a new one to SQS:
 * its receive count begins anew. Returns how many were moved; throws `MOVE_FAILED` where SQS gives up, or somebody cancels.
 * A task goes on while messages come; where workers give them up again at once it would never end, so it is cancelled, with
 * `MOVE_CIRCLES`, when clearly more were moved than were there.
 */
export async function moveMessagesBack(queue: Queue, options: MoveOptions = {}): Promise<number> {
  const { client } = queue;
  const [SourceArn, DestinationArn] = await Promise.all([arnOf(client, queue.deadLetterUrl), arnOf(client, queue.url)]);
  const before = await tasksOf(client, SourceArn);
  const { visible, inFlight, delayed } = await queue.deadLetterDepth();
  const running = before.find(({ Status }) => Status === 'RUNNING');
  // another destination is no redrive of ours
  if (running !== undefined && running.DestinationArn !== DestinationArn) {
    const where = running.DestinationArn ?? 'the queues that the messages came from';
    throw new FleetError('MOVE_UNDER_WAY', `${queue.name}: its dead letters are being moved to ${where} already`);
  }
  if (running === undefined) {
    const rate = options.rate === undefined ? {} : { MaxNumberOfMessagesPerSecond: options.rate };
    await client.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn, ...rate }));
  } else options.onJoined?.();
  // only a running task has a handle: what tells them apart is when they began
  const known = new Set(before.filter((task) => task !== running).map(({ StartedTimestamp }) => StartedTimestamp));
  const isOurs = (task: Task): boolean => !known.has(task.StartedTimestamp);
  return await watch(queue, SourceArn, { isOurs, there: visible + inFlight + delayed }, options);
}

async function watch(
  queue: Queue,
  sourceArn: string,
  { isOurs, there }: { readonly isOurs: (task: Task) => boolean; readonly there: number },
  options: MoveOptions,
): Promise<number> {
  for (let misses = 0; ;) {
    const task = (await tasksOf(queue.client, sourceArn)).find(isOurs);
    if (task === undefined) {
      misses += 1;
      if (misses >= MOST_MISSES) throw new FleetError('MOVE_LOST', `${queue.name}: SQS no longer lists the move task`);
    } else {
      misses = 0;
      const moved = task.ApproximateNumberOfMessagesMoved ?? 0;
      options.onProgress?.({ moved, toMove: task.ApproximateNumberOfMessagesToMove ?? null });
      if (task.Status === 'COMPLETED') return moved;
      const expected = Math.max(there, task.ApproximateNumberOfMessagesToMove ?? 0);
      if (task.Status === 'RUNNING' && moved > 1.1 * expected + SLACK_MESSAGES) {
        await queue.client.send(new CancelMessageMoveTaskCommand({ TaskHandle: task.TaskHandle }));
        throw new FleetError(
          'MOVE_CIRCLES',
          `${queue.name}: ${counted(moved, 'dead letter was', 'dead letters were')} moved, where about ${expected} were: they fail again at once`,
        );
      }
      if (task.Status === 'FAILED' || task.Status === 'CANCELLED') {
        const why = task.FailureReason === undefined ? '' : `: ${task.FailureReason}`;
        throw new FleetError('MOVE_FAILED', `${queue.name}: moving its dead letters ended as ${task.Status}${why}`);
      }
    }
    await sleep(options.pollMs ?? 1000);
  }
}

async function tasksOf(client: SQSClient, SourceArn: string): Promise<readonly Task[]> {
  const { Results } = await client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 10 }));
  return Results ?? [];
}

async function arnOf(client: SQSClient, url: string): Promise<string> {
  const answer = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
  const arn = answer.Attributes?.['QueueArn'];
  if (arn === undefined) throw new FleetError('QUEUE_WITHOUT_ARN', `${url}: SQS does not say its ARN`);
  return arn;
}
