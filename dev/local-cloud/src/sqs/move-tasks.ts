import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '@wikifleet/domain/errors';
import type { MoveTaskState } from './journal-record.js';
import { FRESH } from './message.js';
import type { Message } from './message.js';
import type { Queue } from './queue.js';
import type { QueueStore } from './queue-store.js';
import type { Receiver } from './receiver.js';
import { requireRoom } from './send-operations.js';
import { SqsError } from './sqs-error.js';

/** Until a journal that could not be written is tried again. */
const RETRY_MS = 500;
/** Messages moved in one turn of the event loop where no rate is given. */
const STRIDE = 100;

export interface MoveRequest {
  readonly sourceArn: string;
  /** Where to; back to the queue each message came from when absent. */
  readonly destinationArn?: string;
  /** Messages a second, 1 to 500. */
  readonly rate?: number;
}

/**
 * Message move tasks: they empty a dead-letter queue. A moved message is a new one: new id, new time of sending, never received.
 * A message that no redrive policy brought has no source, and without a destination fails the task, as on AWS. A task that was
 * running when the process died goes on.
 */
export class MoveTasks {
  readonly #store: QueueStore;
  readonly #receiver: Receiver;
  readonly #running = new Map<string, { readonly cancel: AbortController; readonly done: Promise<void> }>();

  constructor(store: QueueStore, receiver: Receiver) {
    this.#store = store;
    this.#receiver = receiver;
    for (const task of store.tasks.values()) if (task.status === 'RUNNING') this.#launch(task);
  }

  /** @throws SqsError when the source is no dead-letter queue, a queue does not exist, or a task of the source runs. */
  start(request: MoveRequest): MoveTaskState {
    const { sourceArn, destinationArn, rate } = request;
    const source = this.#require('SourceArn', sourceArn);
    if (![...this.#store.queues.values()].some((queue) => queue.redrivePolicy?.deadLetterTargetArn === sourceArn))
      throw new SqsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
    if (destinationArn !== undefined) {
      const destination = this.#require('DestinationArn', destinationArn);
      if (destination === source)
        throw new SqsError('InvalidParameterValue', 'Source queue arn and destination queue arn cannot be the same.');
    }
    if (this.list(sourceArn).some((task) => task.status === 'RUNNING'))
      throw new SqsError(
        'InvalidParameterValue',
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    source.advance(Date.now());
    const task: MoveTaskState = {
      id: randomUUID(),
      sourceArn,
      ...(destinationArn === undefined ? {} : { destinationArn }),
      ...(rate === undefined ? {} : { rate }),
      status: 'RUNNING',
      moved: 0,
      toMove: source.counts.ready,
      startedAt: Date.now(),
    };
    this.#store.commit({ t: 'task', task });
    this.#launch(task);
    return task;
  }

  /** The tasks of a source queue, the latest first. */
  list(sourceArn: string): readonly MoveTaskState[] {
    this.#require('SourceArn', sourceArn);
    return [...this.#store.tasks.values()]
      .filter((task) => task.sourceArn === sourceArn)
      .sort((one, other) => other.startedAt - one.startedAt);
  }

  /** Stops a running task; what was moved stays moved. */
  async cancel(id: string, sourceArn: string): Promise<MoveTaskState> {
    const found = this.list(sourceArn).find((task) => task.id === id);
    const running = this.#running.get(id);
    if (found === undefined) throw new SqsError('ResourceNotFound', 'Task does not exist.');
    if (running === undefined)
      throw new SqsError('InvalidParameterValue', `Only a running task can be cancelled; this one is ${found.status}.`);
    running.cancel.abort();
    await running.done;
    return this.#store.tasks.get(id) ?? found;
  }

  /** Interrupts the tasks without ending them: the next start of the service goes on with them. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { cancel } of running) cancel.abort('close');
    await Promise.all(running.map(({ done }) => done));
  }

  #launch(task: MoveTaskState): void {
    const cancel = new AbortController();
    const done = this.#run(task, cancel.signal).finally(() => this.#running.delete(task.id));
    this.#running.set(task.id, { cancel, done });
  }

  async #run(started: MoveTaskState, signal: AbortSignal): Promise<void> {
    let task = started;
    let { moved } = started;
    const save = (change: Partial<MoveTaskState>): void => {
      task = { ...task, moved, ...change };
      this.#store.commit({ t: 'task', task });
    };
    try {
      for (;;) {
        await sleep(task.rate === undefined ? 1 : 1_000 / task.rate, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) {
          if (signal.reason !== 'close') save({ status: 'CANCELLED' });
          return;
        }
        try {
          await this.#store.recover();
          const source = this.#queue(task.sourceArn);
          source.advance(Date.now());
          if (source.first === undefined) return save({ status: 'COMPLETED' });
          const most = task.rate === undefined ? STRIDE : 1;
          for (let step = 0; step < most && source.first !== undefined; step += 1) {
            this.#move(source, source.first, task.destinationArn);
            moved += 1;
          }
          save({});
          await this.#store.settled();
        } catch (error) {
          if (codeOf(error) !== 'JOURNAL_FAILED') throw error;
          // the disk is full, say: it goes on when there is room
          await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
        }
      }
    } catch (error) {
      if (error instanceof SqsError) save({ status: 'FAILED', failure: error.queryCode });
      else if (error instanceof UnknownSourceError)
        save({ status: 'FAILED', failure: 'CouldNotDetermineMessageSource' });
      else if (codeOf(error) !== 'JOURNAL_FAILED') throw error;
    }
  }

  #move(source: Queue, message: Message, destinationArn: string | undefined): void {
    const arn = destinationArn ?? message.progress.sourceArn;
    if (arn === undefined) throw new UnknownSourceError();
    const target = this.#queue(arn);
    const renewed = { id: randomUUID(), sentAt: Date.now() };
    requireRoom(target, message.content);
    this.#store.commit({ t: 'move', q: source.name, id: message.content.id, to: target.name, m: renewed, p: FRESH });
    this.#receiver.wake(target);
  }

  #queue(arn: string): Queue {
    const queue = this.#store.byArn(arn);
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }

  #require(parameter: string, arn: string): Queue {
    const queue = this.#store.byArn(arn);
    if (queue === undefined)
      throw new SqsError(
        'ResourceNotFound',
        `The resource that you specified for the ${parameter} parameter doesn't exist.`,
      );
    return queue;
  }
}

class UnknownSourceError extends Error {}
