/** What AWS charges beside tasks, in dollars. */
export interface RequestPrices {
  /** PUT, POST and LIST of S3, a thousand. */
  readonly s3WriteThousand: number;
  /** GET and HEAD of S3, a thousand. */
  readonly s3ReadThousand: number;
  readonly sqsMillion: number;
  /** A custom metric for a month; billed by the hour in which it is published. */
  readonly metricMonth: number;
  /** Logs that are written, a GB. */
  readonly logGigabyte: number;
  /** Standard storage of S3, a GB for a month. */
  readonly storageGigabyteMonth: number;
}

export interface RequestCounts {
  readonly s3Writes: number;
  readonly s3Reads: number;
  readonly sqs: number;
  readonly splits: number;
  /** Hours in which workers publish metrics. */
  readonly hours: number;
  /** Custom metrics that they publish. */
  readonly metrics: number;
}

export interface RequestCostLine {
  readonly what: string;
  readonly count: number;
  readonly dollars: number;
}

const HOURS_A_MONTH = 730;
/** Bytes of log lines a split: its start, its end, and its share of the metrics. */
const LOG_BYTES_A_SPLIT = 3000;

/** Requests, metrics and logs of a run, a line each; what it stores is billed by the month and is not in it. */
export function requestCosts(counts: RequestCounts, prices: RequestPrices): RequestCostLine[] {
  const metricHours = counts.metrics * Math.ceil(counts.hours);
  const gigabytes = (counts.splits * LOG_BYTES_A_SPLIT) / 1e9;
  return [
    {
      what: 'S3: PUT and LIST requests',
      count: counts.s3Writes,
      dollars: (counts.s3Writes / 1000) * prices.s3WriteThousand,
    },
    { what: 'S3: GET requests', count: counts.s3Reads, dollars: (counts.s3Reads / 1000) * prices.s3ReadThousand },
    { what: 'SQS: requests', count: counts.sqs, dollars: (counts.sqs / 1e6) * prices.sqsMillion },
    {
      what: 'CloudWatch: hours of custom metrics',
      count: metricHours,
      dollars: (metricHours / HOURS_A_MONTH) * prices.metricMonth,
    },
    { what: 'CloudWatch: megabytes of logs', count: gigabytes * 1000, dollars: gigabytes * prices.logGigabyte },
  ];
}
