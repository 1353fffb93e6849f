import { METRIC_NAMESPACE, SERVICE_DIMENSION, WORKER_METRICS } from '@wikifleet/scaling/metrics';
import type { WorkerMetric } from '@wikifleet/scaling/metrics';
import type { Log } from './log.js';

/** Where what is counted goes. */
export interface Metrics {
  /** Adds to a metric, in its own unit; what is no positive number adds nothing. */
  readonly add: (name: WorkerMetric, value: number) => void;
}

/** Where nobody wants them. */
export const NO_METRICS: Metrics = { add: () => {} };

/** What is published each by each, so that CloudWatch knows the mean, the most and the percentiles. */
const EACH: ReadonlySet<WorkerMetric> = new Set(['JobSeconds', 'MirrorWaitSeconds']);
/** The format takes at most so many values of one metric a line. */
const MAX_VALUES = 100;
const FLUSH_EVERY_MS = 60_000;

/**
 * Metrics as lines of the log, in CloudWatch's embedded metric format: `_aws` says which members of the line are
 * metrics, in which units, and that `service`, which each line of the log has, is their dimension. They are summed up
 * and written once a minute, whatever the log's level is.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class EmbeddedMetrics implements Metrics {
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  readonly #sums = new Map<WorkerMetric, number>();
  readonly #values = new Map<WorkerMetric, number[]>();
  #taskTime: number | null;

  /** A task begins. */
  constructor(log: Log, flushEveryMs = FLUSH_EVERY_MS) {
    this.#log = log.child({}, { level: 'info' });
    this.#taskTime = performance.now();
    this.#timer = setInterval(() => this.flush(), flushEveryMs);
    this.#timer.unref();
    this.add('TaskStarts', 1);
    this.flush();
  }

  add(name: WorkerMetric, value: number): void {
    if (!Number.isFinite(value) || value <= 0) return;
    if (!EACH.has(name)) {
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
      return;
    }
    const values = this.#values.get(name) ?? [];
    this.#values.set(name, values);
    values.push(value);
    if (values.length >= MAX_VALUES) this.flush();
  }

  /** Writes a line of what was added since the last; what did not happen is not in it. */
  flush(): void {
    if (this.#taskTime === null) return;
    const now = performance.now();
    this.add('TaskSeconds', (now - this.#taskTime) / 1000);
    this.#taskTime = now;
    const values = Object.fromEntries([...this.#sums, ...this.#values].map(([name, value]) => [name, rounded(value)]));
    this.#sums.clear();
    this.#values.clear();
    const names = Object.keys(values) as WorkerMetric[];
    this.#log.info({
      event: 'metrics',
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [
          {
            Namespace: METRIC_NAMESPACE,
            Dimensions: [[SERVICE_DIMENSION]],
            Metrics: names.map((Name) => ({ Name, Unit: WORKER_METRICS[Name] })),
          },
        ],
      },
      ...values,
    });
  }

  /** The task ends; the last line. May be called twice. */
  close(): void {
    clearInterval(this.#timer);
    this.flush();
    this.#taskTime = null;
  }
}

/** To thousandths: nobody needs the microseconds, and each costs a digit in every line. */
function rounded(value: number | readonly number[]): number | number[] {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value.map((v) => Math.round(v * 1000) / 1000);
}
