import type { Queue } from './queue.js';

/** The metric that both alarms of a queue read beside SQS's own; its only dimension is the queue. */
export const OUTSTANDING_METRIC = 'Outstanding';
export const QUEUE_DIMENSION = 'QueueName';

/** One value of a metric, as CloudWatch's `PutMetricData` takes it. */
export interface MetricDatum {
  readonly MetricName: string;
  readonly Dimensions: { readonly Name: string; readonly Value: string }[];
  readonly Timestamp: Date;
  readonly Value: number;
  readonly Unit: 'Count';
  /** 1: kept by the second, and seen by an alarm within seconds. */
  readonly StorageResolution: 1;
}

/** Puts a value where alarms see it; throws what the call throws. */
export type PutMetric = (datum: MetricDatum, signal: AbortSignal) => Promise<void>;

export interface PublishOptions {
  /** What the caller knows to be there, having just sent it: SQS's count is exact only about a minute later. */
  readonly atLeast?: number;
  readonly signal: AbortSignal;
}

/**
 * Publishes how many messages of a queue are not done: visible, in flight and delayed; returns the figure. A figure too
 * small can only stop idle tasks, one too large lasts until the next.
 */
export async function publishOutstanding(queue: Queue, put: PutMetric, options: PublishOptions): Promise<number> {
  const { visible, inFlight, delayed } = await queue.depth();
  options.signal.throwIfAborted();
  const value = Math.max(visible + inFlight + delayed, options.atLeast ?? 0);
  const datum: MetricDatum = {
    MetricName: OUTSTANDING_METRIC,
    Dimensions: [{ Name: QUEUE_DIMENSION, Value: queue.name }],
    Timestamp: new Date(),
    Value: value,
    Unit: 'Count',
    StorageResolution: 1,
  };
  await put(datum, options.signal);
  return value;
}
