import { counted } from '@wikifleet/domain/counted';
import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { LeasedConsumer } from '@wikifleet/queue/leased-consumer';
import type { ConsumerEvent, Delivery, Outcome } from '@wikifleet/queue/leased-consumer';
import type { LeaseOptions } from '@wikifleet/queue/lease';
import type { PollWatchOptions } from '@wikifleet/queue/poll-watch';
import type { Queue } from '@wikifleet/queue/queue';
import { Heartbeat } from './heartbeat.js';
import type { Log } from './log.js';
import { NO_METRICS } from './metrics.js';
import type { Metrics } from './metrics.js';
import { GIVE_UP_AT, retryDelay, troubleOf, verdictOf } from './retries.js';
import { stopRequested } from './stop-requested.js';
import { NO_PROTECTION } from './task-protection.js';
import type { Protection } from './task-protection.js';

export interface JobContext {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics: Metrics;
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
  readonly watch?: PollWatchOptions;
  /** None by default. */
  readonly metrics?: Metrics;
  /** None by default. */
  readonly protection?: Protection;
  /** Where the container's health check looks; none by default. */
  readonly heartbeatFile?: string | undefined;
}

/** Settles one delivery: what becomes of its message. */
export async function settle<Job>(
  service: Service<Job>,
  log: Log,
  delivery: Delivery,
  metrics: Metrics = NO_METRICS,
): Promise<Outcome> {
  const { messageId, receiveCount } = delivery;
  let job: Job;
  try {
    job = service.parse(delivery.body);
  } catch (error) {
    log.error({ event: 'job refused', messageId, receiveCount, code: codeOf(error) }, messageOf(error));
    return { kind: 'dead-letter', code: codeOf(error), reason: messageOf(error) };
  }
  const fields = service.describe(job);
  delivery.describe(fields);
  const jobLog = log.child({ messageId, receiveCount, ...fields });
  const giveUp = async (error: unknown): Promise<Outcome> => {
    jobLog.error({ event: 'job given up', ...fieldsOf(error) }, messageOf(error));
    await service.giveUp(job, error, receiveCount);
    return { kind: 'dead-letter', code: codeOf(error), reason: messageOf(error) };
  };
  if (receiveCount >= GIVE_UP_AT) {
    return await giveUp(new FleetError('GIVEN_UP', `received ${counted(receiveCount, 'time')} and never finished`));
  }
  try {
    await service.handle(job, { signal: delivery.signal, log: jobLog, metrics, receiveCount });
    return { kind: 'acknowledge' };
  } catch (thrown) {
    // an abort shows as whatever the I/O under it throws: its reason says why
    const error: unknown = delivery.signal.aborted ? delivery.signal.reason : thrown;
    const problem = fieldsOf(error);
    switch (verdictOf(error)) {
      case 'give-up':
        return await giveUp(error);
      case 'stopped':
        jobLog.info({ event: 'job handed back', ...problem }, messageOf(error));
        return { kind: 'hand-back', seconds: 0 };
      case 'lease-lost': {
        // the message is somebody else's by now: nothing is said to the queue about it
        jobLog.warn({ event: 'lease lost', ...problem }, messageOf(error));
        return { kind: 'hand-back', seconds: retryDelay(receiveCount) };
      }
      case 'retry': {
        const seconds = retryDelay(receiveCount, Math.random, error);
        const trouble = troubleOf(error);
        jobLog.warn({ event: 'job failed, to be tried again', seconds, trouble, ...problem }, messageOf(error));
        return { kind: 'hand-back', seconds };
      }
    }
  }
}

function fieldsOf(error: unknown): { code: string; cause: string } {
  return { code: codeOf(error), cause: error instanceof Error ? messageOf(error.cause ?? '') : '' };
}

/** Settles a delivery under the task's protection, and counts it. */
async function settleCounted<Job>(
  service: Service<Job>,
  options: ServiceOptions,
  delivery: Delivery,
): Promise<Outcome> {
  const { log, metrics = NO_METRICS, protection = NO_PROTECTION } = options;
  await protection.enter();
  const began = performance.now();
  try {
    const outcome = await settle(service, log, delivery, metrics);
    const name = outcome.kind === 'acknowledge' ? 'JobsDone' : outcome.kind === 'hand-back' ? 'Retries' : 'JobsFailed';
    // what was broken off is neither
    if (outcome.kind !== 'hand-back' || !delivery.signal.aborted) {
      metrics.add(name, 1);
      metrics.add('JobSeconds', (performance.now() - began) / 1000);
    }
    return outcome;
  } finally {
    protection.leave();
  }
}

/**
 * Runs a service until SIGTERM, SIGINT or the end of its parent; a second signal hurries. Throws where it cannot go on:
 * a new process may.
 */
export async function runService<Job>(service: Service<Job>, options: ServiceOptions): Promise<void> {
  const { log, protection = NO_PROTECTION, heartbeatFile } = options;
  const onEvent = ({ level, event, message, fields, ...more }: ConsumerEvent): void => {
    log[level]({ event, queue: service.queue.name, ...more, ...fields }, message);
  };
  let broken: FleetError | undefined;
  let onBroken = (_error: FleetError): void => {};
  const consumer = new LeasedConsumer(service.queue, {
    slots: service.slots,
    handle: async (delivery) => await settleCounted(service, options, delivery),
    onEvent,
    onBroken: (error) => onBroken(error),
    ...(options.lease === undefined ? {} : { lease: options.lease }),
    ...(options.watch === undefined ? {} : { watch: options.watch }),
  });
  const heartbeat = heartbeatFile === undefined ? null : new Heartbeat(heartbeatFile, log, () => consumer.alive);
  const stopped = stopRequested((again) => {
    log.info({ event: again ? 'stop hurried' : 'stop requested', busy: consumer.busy }, 'stopping');
    if (again) consumer.abortJobs();
  });
  onBroken = (error) => {
    log.error({ event: 'service broken', code: error.code, busy: consumer.busy }, error.message);
    broken = error;
    stopped.stop();
  };
  consumer.start();
  log.info({ event: 'started', queue: service.queue.name, slots: service.slots }, 'waiting for jobs');
  await stopped.promise;
  await consumer.stop(options.graceMs);
  stopped.dispose();
  await protection.close();
  await heartbeat?.close();
  const seconds = Math.round(process.uptime());
  log.info({ event: 'stopped', taskSeconds: seconds }, 'stopped');
  if (broken !== undefined) throw broken;
}
