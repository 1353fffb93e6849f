import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { OUTSTANDING_METRIC, QUEUE_DIMENSION } from '@wikifleet/queue/publish-outstanding';
import { METRIC_NAMESPACE } from '@wikifleet/scaling/metrics';
import { asked } from './aws-calls.js';
import type { Column } from '../format/draw-chart.js';

/** The metrics of a queue that are shown: SQS's own, and what the fleet publishes. */
const METRICS = {
  visible: { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible' },
  inFlight: { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesNotVisible' },
  outstanding: { Namespace: METRIC_NAMESPACE, MetricName: OUTSTANDING_METRIC },
} as const;

type Series = keyof typeof METRICS;
const SERIES = Object.keys(METRICS) as Series[];

/** The greatest value of each period, oldest first. */
export type QueueSeries = Readonly<Record<Series, readonly Column[]>> & {
  readonly queue: string;
  /** What alarms go by, minute by minute: visible and in flight together, or what was published, whichever is more. */
  readonly backlog: readonly Column[];
};

/** Times from `from` on; `periods` of `periodSeconds` each, a multiple of 60. */
export interface Span {
  readonly from: Date;
  readonly periodSeconds: number;
  readonly periods: number;
}

/** As many periods as fit in `width`, up to now, from a whole period on. */
export function spanOf(hours: number, width: number, now: Date): Span {
  const periodSeconds = Math.ceil((hours * 3600) / width / 60) * 60;
  const periods = Math.ceil((hours * 3600) / periodSeconds);
  // CloudWatch aligns to whole periods: so the last one is the one that runs
  const end = (Math.floor(now.getTime() / 1000 / periodSeconds) + 1) * periodSeconds;
  return { from: new Date((end - periods * periodSeconds) * 1000), periodSeconds, periods };
}

export function endOf({ from, periods, periodSeconds }: Span): Date {
  return new Date(from.getTime() + periods * periodSeconds * 1000);
}

/** A minute, as SQS tells CloudWatch: sums of longer periods' greatest values would be of different moments. */
const MINUTE = 60;
/** An answer has up to 100,800 values: more pages than this are no answer. */
const MAX_PAGES = 50;

/** What CloudWatch has of the queues. */
export async function readQueueMetrics(
  client: CloudWatchClient,
  queues: readonly string[],
  span: Span,
): Promise<QueueSeries[]> {
  const queries = queues.flatMap((queue, i) => SERIES.map((series) => query(`${series}${i}`, queue, series)));
  const length = (span.periods * span.periodSeconds) / MINUTE;
  const empty = (): Column[] => Array.from({ length }, () => null);
  const minutes = queues.map(() => ({ visible: empty(), inFlight: empty(), outstanding: empty() }));
  let NextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const command = new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: span.from,
      EndTime: endOf(span),
      ScanBy: 'TimestampAscending',
      NextToken,
    });
    const answer = await asked('CloudWatch: GetMetricData', client.send(command));
    for (const { Id = '', Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
      const [, series, index] = /^([a-zA-Z]+)(\d+)$/.exec(Id) ?? [];
      const columns = minutes[Number(index)]?.[series as Series];
      if (columns !== undefined) fill(columns, span, Timestamps, Values);
    }
    NextToken = answer.NextToken;
    if (NextToken === undefined) break;
  }
  return minutes.map((series, i) => seriesOf(queues[i] ?? '', series, span.periodSeconds / MINUTE));
}

function query(id: string, queue: string, series: Series): MetricDataQuery {
  const Metric = { ...METRICS[series], Dimensions: [{ Name: QUEUE_DIMENSION, Value: queue }] };
  return { Id: id, MetricStat: { Metric, Period: MINUTE, Stat: 'Maximum' } };
}

function fill(columns: Column[], span: Span, times: readonly Date[], values: readonly number[]): void {
  for (const [i, time] of times.entries()) {
    const at = Math.floor((time.getTime() - span.from.getTime()) / 1000 / MINUTE);
    const value = values[i];
    if (value !== undefined && at >= 0 && at < columns.length) columns[at] = greater(columns[at] ?? null, value);
  }
}

/** Minutes in columns of `width` minutes each. */
export function seriesOf(queue: string, minutes: Readonly<Record<Series, Column[]>>, width: number): QueueSeries {
  const { visible, inFlight, outstanding } = minutes;
  const backlog = visible.map((value, i) => greater(sum(value, inFlight[i] ?? null), outstanding[i] ?? null));
  const columnsOf = (values: readonly Column[]): Column[] => {
    return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => {
      return values.slice(i * width, (i + 1) * width).reduce(greater, null);
    });
  };
  return {
    queue,
    visible: columnsOf(visible),
    inFlight: columnsOf(inFlight),
    outstanding: columnsOf(outstanding),
    backlog: columnsOf(backlog),
  };
}

function sum(a: Column, b: Column): Column {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}

function greater(a: Column, b: Column): Column {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
