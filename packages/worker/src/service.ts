import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { LeasedConsumer } from '@wikifleet/queue/leased-consumer';
import type { ConsumerEvent, Delivery, Outcome } from '@wikifleet/queue/leased-consumer';
import type { LeaseOptions } from '@wikifleet/queue/lease';
import type { Queue } from '@wikifleet/queue/queue';
import type { Log } from './log.js';
import { GIVE_UP_AT, retryDelay, verdictOf } from './retries.js';

export interface JobContext {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly receiveCount: number;
}

/** What a service does with the jobs of its queue. */
export interface Service<Job> {
  readonly queue: Queue;
  readonly slots: number;
  /** Throws a `PermanentError` for what is no job. */
  readonly parse: (body: string) => Job;
  /** Fields that name the job in every line of the log. */
  readonly describe: (job: Job) => Record<string, unknown>;
  /** Returns when the last write is done; throws to have it tried again, a `PermanentError` to give it up. */
  readonly handle: (job: Job, context: JobContext) => Promise<void>;
  /** Writes down why a job is given up, before its message goes to the dead-letter queue. */
  readonly giveUp: (job: Job, error: unknown, receiveCount: number) => Promise<void>;
}

export interface ServiceOptions {
  readonly log: Log;
  /** How long jobs under work may go on after a stop, in milliseconds. */
  readonly graceMs: number;
  readonly lease?: LeaseOptions;
}

/** Settles one delivery: what becomes of its message. */
export async function settle<Job>(service: Service<Job>, log: Log, delivery: Delivery): Promise<Outcome> {
  const { messageId, receiveCount } = delivery;
  let job: Job;
  try {
    job = service.parse(delivery.body);
  } catch (error) {
    log.error({ event: 'job refused', messageId, receiveCount, code: codeOf(error) }, messageOf(error));
    return { kind: 'dead-letter', code: codeOf(error), reason: messageOf(error) };
  }
  const jobLog = log.child({ messageId, receiveCount, ...service.describe(job) });
  const giveUp = async (error: unknown): Promise<Outcome> => {
    jobLog.error({ event: 'job given up', ...fieldsOf(error) }, messageOf(error));
    await service.giveUp(job, error, receiveCount);
    return { kind: 'dead-letter', code: codeOf(error), reason: messageOf(error) };
  };
  if (receiveCount >= GIVE_UP_AT) {
    return await giveUp(new FleetError('GIVEN_UP', `received ${receiveCount} times and never finished`));
  }
  try {
    await service.handle(job, { signal: delivery.signal, log: jobLog, receiveCount });
    return { kind: 'acknowledge' };
  } catch (thrown) {
    // an abort shows as whatever the I/O under it throws: its reason says why
    const error: unknown = delivery.signal.aborted ? delivery.signal.reason : thrown;
    const fields = fieldsOf(error);
    switch (verdictOf(error)) {
      case 'give-up':
        return await giveUp(error);
      case 'stopped':
        jobLog.info({ event: 'job handed back', ...fields }, messageOf(error));
        return { kind: 'hand-back', seconds: 0 };
      case 'lease-lost':
      case 'retry': {
        const seconds = retryDelay(receiveCount);
        jobLog.warn({ event: 'job failed, to be tried again', seconds, ...fields }, messageOf(error));
        return { kind: 'hand-back', seconds };
      }
    }
  }
}

function fieldsOf(error: unknown): { code: string; cause: string } {
  return { code: codeOf(error), cause: error instanceof Error ? messageOf(error.cause ?? '') : '' };
}

/** Runs a service until SIGTERM, SIGINT or the end of its parent; a second signal hurries. */
export async function runService<Job>(service: Service<Job>, options: ServiceOptions): Promise<void> {
  const { log } = options;
  const onEvent = (event: ConsumerEvent): void => {
    const { level, event: name, message, ...fields } = event;
    log[level]({ event: name, queue: service.queue.name, ...fields }, message);
  };
  const consumer = new LeasedConsumer(service.queue, {
    slots: service.slots,
    handle: async (delivery) => await settle(service, log, delivery),
    onEvent,
    ...(options.lease === undefined ? {} : { lease: options.lease }),
  });
  const stopped = stopRequested((again) => {
    log.info({ event: again ? 'stop hurried' : 'stop requested', busy: consumer.busy }, 'stopping');
    if (again) consumer.abortJobs();
  });
  consumer.start();
  log.info({ event: 'started', queue: service.queue.name, slots: service.slots }, 'waiting for jobs');
  await stopped.promise;
  await consumer.stop(options.graceMs);
  stopped.dispose();
  log.info({ event: 'stopped' }, 'stopped');
}

function stopRequested(onSignal: (again: boolean) => void): { promise: Promise<void>; dispose: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  let requested = false;
  const listener = (): void => {
    onSignal(requested);
    requested = true;
    resolve();
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  // a fleet on one machine ends with the program that started it, also with one that is gone by now (false, where a
  // program without such a parent has undefined)
  const { connected }: { connected?: boolean } = process;
  if (connected) process.on('disconnect', listener);
  else if (connected !== undefined) listener();
  return {
    promise,
    dispose: () => {
      for (const signal of signals) process.off(signal, listener);
      process.off('disconnect', listener);
    },
  };
}
