import { evaluate } from './metric-math.js';
import type { MissingInList, Value } from './metric-math.js';
import type { MetricStore, Statistic } from './metric-store.js';

/** An alarm as `DescribeAlarms` answers. */
export interface Alarm {
  readonly AlarmName: string;
  readonly AlarmActions?: readonly string[];
  readonly OKActions?: readonly string[];
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: string;
  readonly Metrics?: readonly MetricQuery[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Period?: number;
  readonly Statistic?: Statistic;
}

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly Dimension[];
    };
    readonly Period: number;
    readonly Stat: Statistic;
  };
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** CloudWatch looks this many periods further back where values are missing. */
const LOOK_BACK = 2;
const COMPARISONS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Seconds of one period. */
export function periodOf({ Metrics = [], Period }: Alarm): number {
  return Period ?? Math.max(...Metrics.map(({ MetricStat }) => MetricStat?.Period ?? 0));
}

/** The value of the period that ends at `end`. */
export function valueOf(alarm: Alarm, metrics: MetricStore, end: number, missing: MissingInList): Value {
  const period = periodOf(alarm);
  const read = (
    namespace = '',
    name = '',
    dimensions: readonly Dimension[] = [],
    stat: Statistic = 'Maximum',
  ): Value => {
    const named = {
      namespace,
      name,
      dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
    };
    return metrics.read(named, stat, end - period, end);
  };
  if (alarm.Metrics === undefined || alarm.Metrics.length === 0) {
    return read(alarm.Namespace, alarm.MetricName, alarm.Dimensions, alarm.Statistic);
  }
  const values = new Map<string, Value>();
  for (const { Id, MetricStat: stat } of alarm.Metrics) {
    if (stat !== undefined) {
      values.set(Id, read(stat.Metric.Namespace, stat.Metric.MetricName, stat.Metric.Dimensions, stat.Stat));
    }
  }
  // an expression may name another one
  const open = alarm.Metrics.filter(({ Expression }) => Expression !== undefined && Expression !== '');
  while (open.length > 0) {
    const ready = open.findIndex(({ Expression = '' }) =>
      open.every(({ Id }) => !new RegExp(`\\b${Id}\\b`).test(Expression)),
    );
    const [query] = open.splice(ready, 1);
    if (ready < 0 || query === undefined) throw new Error(`${alarm.AlarmName}: its expressions name each other`);
    values.set(query.Id, evaluate(query.Expression ?? '', values, missing));
  }
  const returned = alarm.Metrics.find(({ ReturnData }) => ReturnData === true);
  if (returned === undefined) throw new Error(`${alarm.AlarmName}: no query returns data`);
  return values.get(returned.Id);
}

/**
 * The state after the newest period, the last of `values`. Where some of the periods are missing, older ones stand in; where too few
 * are there, `TreatMissingData` decides.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function nextState(alarm: Alarm, values: readonly Value[], before: AlarmState): AlarmState {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, Threshold, TreatMissingData } = alarm;
  const compare = COMPARISONS[alarm.ComparisonOperator];
  if (compare === undefined) throw new Error(`${alarm.AlarmName}: ${alarm.ComparisonOperator} is not known here`);
  const there = values
    .slice(-(periods + LOOK_BACK))
    .filter((value) => value !== undefined)
    .slice(-periods);
  const breaching = there.filter((value) => compare(value, Threshold)).length;
  const missing = periods - there.length;
  if (breaching >= needed) return 'ALARM';
  switch (TreatMissingData) {
    case 'breaching':
      return breaching + missing >= needed ? 'ALARM' : 'OK';
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      // too few to tell: it stays what it is
      return there.length > 0 && breaching + missing < needed ? 'OK' : before;
    default:
      return there.length === 0 ? 'INSUFFICIENT_DATA' : 'OK';
  }
}

/** How many periods an alarm looks back on. */
export function periodsSeen({ EvaluationPeriods }: Alarm): number {
  return EvaluationPeriods + LOOK_BACK;
}
