import type { Input } from './input.js';
import type { MoveTaskState } from './journal-record.js';
import type { OperationContext, Output } from './operation.js';
import { SqsError, invalidValue } from './sqs-error.js';

export function startMessageMoveTask(context: OperationContext, input: Input): Output {
  const rate = input.optionalInteger('MaxNumberOfMessagesPerSecond');
  if (rate !== undefined && (rate < 1 || rate > 500))
    throw invalidValue('MaxNumberOfMessagesPerSecond', rate, 'Must be between 1 and 500, if provided.');
  const destinationArn = input.optionalString('DestinationArn');
  const task = context.moveTasks.start({
    sourceArn: input.string('SourceArn'),
    ...(destinationArn === undefined ? {} : { destinationArn }),
    ...(rate === undefined ? {} : { rate }),
  });
  return { TaskHandle: writeTaskHandle(task) };
}

export function listMessageMoveTasks(context: OperationContext, input: Input): Output {
  const maximum = input.optionalInteger('MaxResults') ?? 1;
  if (maximum < 1 || maximum > 10) throw invalidValue('MaxResults', maximum, 'Must be between 1 and 10, if provided.');
  const tasks = context.moveTasks.list(input.string('SourceArn')).slice(0, maximum);
  return { Results: tasks.map(describe) };
}

function describe(task: MoveTaskState): Output {
  const entry = {
    TaskHandle: task.status === 'RUNNING' ? writeTaskHandle(task) : undefined,
    Status: task.status,
    SourceArn: task.sourceArn,
    DestinationArn: task.destinationArn,
    MaxNumberOfMessagesPerSecond: task.rate,
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    FailureReason: task.failure,
    StartedTimestamp: task.startedAt,
  };
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}

export async function cancelMessageMoveTask(context: OperationContext, input: Input): Promise<Output> {
  const [id, sourceArn, rest] = Buffer.from(input.string('TaskHandle'), 'base64').toString().split(' ');
  if (!id || sourceArn === undefined || !sourceArn.startsWith('arn:') || rest !== undefined)
    throw new SqsError('InvalidParameterValue', 'Value for parameter TaskHandle is invalid.');
  const task = await context.moveTasks.cancel(id, sourceArn);
  return { ApproximateNumberOfMessagesMoved: task.moved };
}

function writeTaskHandle(task: MoveTaskState): string {
  return Buffer.from(`${task.id} ${task.sourceArn}`).toString('base64');
}
