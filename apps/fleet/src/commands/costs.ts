import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { ECSClient } from '@aws-sdk/client-ecs';
import type { Service } from '@aws-sdk/client-ecs';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { UsageError } from '@wikifleet/domain/errors';
import { planKey, runManifestKey } from '@wikifleet/domain/keys';
import { runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { requestsOfRun } from '@wikifleet/runs/run-requests';
import { CUSTOM_METRICS, METRIC_NAMESPACE, SERVICE_DIMENSION } from '@wikifleet/scaling/metrics';
import type { WorkerMetric } from '@wikifleet/scaling/metrics';
import { requestCosts } from '@wikifleet/simulation/request-cost';
import type { RequestCostLine } from '@wikifleet/simulation/request-cost';
import type { Store } from '@wikifleet/store/store';
import { connect } from '@wikifleet/worker/connect';
import { printJson, printLine } from '@wikifleet/worker/terminal';
import { asked, clientConfig } from '../aws/aws-calls.js';
import { computeCosts, gigabytesOf } from '../costs/compute-costs.js';
import type { Costs, TaskTime } from '../costs/compute-costs.js';
import { FLEET_VARIABLES, describeServices, describeTaskDefinition, fleetServices } from '../aws/fleet-services.js';
import type { Command } from '../command.js';
import { namedRun } from '../runs/named-run.js';
import { PRICES_FILE, pricesOf, readPrices } from '../costs/prices.js';
import type { RegionPrices } from '../costs/prices.js';
import { vcpusNeeded, vcpusOf } from '../aws/vcpu-quotas.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'costs --wiki W --date D [--kind K] | --from T [--to T]'),
  about:
    'What a run cost, or a time: from the seconds that tasks reported to CloudWatch and public prices with their date.\n' +
    'Tasks that served other runs at the same time count too. Of a run, requests, metrics and logs are counted by its plan.',
  flags: {
    wiki: { type: 'string', value: 'W', help: 'one run: its wiki' },
    date: { type: 'string', value: 'D', help: 'one run: its date, YYYY-MM-DD' },
    kind: { type: 'string', value: 'K', help: 'one run: its kind (default: articles-multistream)' },
    from: { type: 'string', value: 'T', help: 'a time instead, as 2026-10-01T12:00Z' },
    to: { type: 'string', value: 'T', help: 'its end (default: now)' },
    prices: {
      type: 'string',
      value: 'FILE',
      help: 'prices of another day or region (default: apps/fleet/data/prices.json)',
    },
    json: { type: 'boolean', help: 'print one JSON object instead' },
  },
} as const;

interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** The fleet needs some minutes to go after the last job, and its last report comes with them. */
const GOING_MS = 10 * 60_000;
const SECONDS_METRIC: WorkerMetric = 'TaskSeconds';

export const costs: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const run = namedRun(flags.wiki, flags.date, flags.kind);
  if ((run === null) === (flags.from === undefined)) {
    throw new UsageError('COMMAND_LINE_REFUSED', `expected a run or --from; usage: ${COMMAND_LINE.usage}`);
  }
  const settings = readSettings(process.env, [...CLOUD_VARIABLES, ...FLEET_VARIABLES]);
  const services = fleetServices(settings);
  const path = flags.prices ?? PRICES_FILE;
  const prices = await readPrices(path);
  const regional = pricesOf(prices, settings.AWS_REGION, path);
  const cloud = await connect(settings, releases);
  const span = run === null ? spanOf(flags.from ?? '', flags.to) : await spanOfRun(cloud.store, run);
  const ecs = releases.defer(new ECSClient(clientConfig(settings)), (c) => c.destroy());
  const cloudwatch = releases.defer(new CloudWatchClient(clientConfig(settings)), (c) => c.destroy());
  const there = await describeServices(ecs, services);
  const times: TaskTime[] = [];
  for (const role of ['downloader', 'converter'] as const) {
    const definition = await describeTaskDefinition(ecs, there[role]);
    const seconds = await readTaskSeconds(cloudwatch, role, span);
    times.push({ service: role, seconds, ...sizeOf(there[role], vcpusOf(definition), definition.memory) });
  }
  const found = computeCosts(times, regional);
  const requests = run === null ? null : await requestLines(cloud.store, run, span, regional);
  const answer = {
    run,
    from: span.from,
    to: span.to,
    times,
    ...found,
    requests,
    currency: prices.currency,
    prices: prices.date,
  };
  if (flags.json === true) printJson(answer);
  else linesOf(run, span, times, found, requests, prices.currency, prices.date).forEach(printLine);
  return EXIT_CODES.done;
};

/** What the requests of a run cost, by its plan. */
async function requestLines(
  store: Store,
  run: Run,
  { from, to }: Span,
  prices: RegionPrices,
): Promise<RequestCostLine[]> {
  const plan = await loadPlan(store, run);
  // a plan of a listing may lack sizes: such a file counts as one split
  const files = (plan?.files ?? [])
    .map(({ size: known }) => ({ size: known ?? 0 }))
    .map(({ size }) => ({
      bytes: size,
      splits: run.kind.startsWith('stubs-') ? 1 : Math.max(1, Math.ceil(size / (plan?.settings.splitBytes ?? 1))),
    }));
  const splits = files.reduce((sum, file) => sum + file.splits, 0);
  const hours = (to.getTime() - from.getTime()) / 3_600_000;
  return requestCosts({ ...requestsOfRun(files), splits, hours, metrics: CUSTOM_METRICS }, prices);
}

function sizeOf(service: Service, vcpus: number, memory: string | undefined): Omit<TaskTime, 'service' | 'seconds'> {
  // of a hundred tasks, and one at least of each where it is weighed
  const hundred = vcpusNeeded(100, 1, service.capacityProviderStrategy);
  return {
    vcpus,
    gigabytes: gigabytesOf(memory),
    publicAddress: service.networkConfiguration?.awsvpcConfiguration?.assignPublicIp === 'ENABLED',
    spotShare: hundred.spot / (hundred.spot + hundred.onDemand),
  };
}

function spanOf(from: string, to: string | undefined): Span {
  const time = (flag: string, text: string): Date => {
    const date = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? new Date(text) : new Date(Number.NaN);
    if (!Number.isNaN(date.getTime())) return date;
    const expected = 'expected a time as 2026-10-01 or 2026-10-01T12:00Z';
    throw new UsageError('FLAG_REFUSED', `--${flag}: ${expected}, received ${JSON.stringify(text)}`);
  };
  const span = { from: time('from', from), to: to === undefined ? new Date() : time('to', to) };
  if (span.from < span.to) return span;
  throw new UsageError('FLAG_REFUSED', `--from: expected a time before ${span.to.toISOString()}, received ${from}`);
}

/** From the run's plan to its manifest, or to now where it has none, and to the going of the fleet. */
async function spanOfRun(store: Store, run: Run): Promise<Span> {
  const plan = await loadPlan(store, run);
  const from = await modifiedAt(store, planKey(run));
  if (plan === null || from === null) {
    throw new UsageError('RUN_UNKNOWN', `${runName(run)}: no plan in the bucket ${store.bucket}`);
  }
  const closed = await modifiedAt(store, runManifestKey(run, plan.planId));
  const now = Date.now();
  return { from, to: new Date(closed === null ? now : Math.min(now, closed.getTime() + GOING_MS)) };
}

async function modifiedAt(store: Store, key: string): Promise<Date | null> {
  for await (const object of store.list(key)) if (object.key === key) return object.modified;
  return null;
}

/** The sum of what the service's tasks reported. */
async function readTaskSeconds(client: CloudWatchClient, service: string, { from, to }: Span): Promise<number> {
  // CloudWatch keeps minutes for 15 days, five minutes for 63, hours for 455
  const age = (Date.now() - from.getTime()) / 86_400_000;
  const Period = age < 15 ? 60 : age < 63 ? 300 : 3600;
  const Dimensions = [{ Name: SERVICE_DIMENSION, Value: service }];
  const Metric = { Namespace: METRIC_NAMESPACE, MetricName: SECONDS_METRIC, Dimensions };
  let seconds = 0;
  let NextToken: string | undefined;
  do {
    const command = new GetMetricDataCommand({
      MetricDataQueries: [{ Id: 'seconds', MetricStat: { Metric, Period, Stat: 'Sum' } }],
      StartTime: new Date(Math.floor(from.getTime() / 1000 / Period) * Period * 1000),
      EndTime: to,
      NextToken,
    });
    const answer = await asked('CloudWatch: GetMetricData', client.send(command));
    for (const { Values = [] } of answer.MetricDataResults ?? []) seconds += Values.reduce((sum, v) => sum + v, 0);
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return seconds;
}

function linesOf(
  run: Run | null,
  { from, to }: Span,
  times: readonly TaskTime[],
  { lines, onDemand, expected }: Costs,
  requests: readonly RequestCostLine[] | null,
  currency: string,
  date: string,
): string[] {
  const title = `${run === null ? 'all runs' : runName(run)}, ${from.toISOString()} to ${to.toISOString()}`;
  const sum = times.reduce((total, { seconds }) => total + seconds, 0);
  const rows = lines.map(({ service, what, hours, expected: cost }) => {
    return `  ${service.padEnd(10)} ${hours.toFixed(2).padStart(10)} hours of ${what.padEnd(22)} ${cost.toFixed(4).padStart(10)}`;
  });
  const requested = (requests ?? []).map(
    ({ what, count, dollars }) =>
      `  ${''.padEnd(10)} ${count.toFixed(0).padStart(10)} ${what.padEnd(31)} ${dollars.toFixed(4).padStart(10)}`,
  );
  const besides = (requests ?? []).reduce((total, { dollars }) => total + dollars, 0);
  const more = requests === null ? 'S3, SQS, logs and metrics come on top' : 'storage comes on top, 0.023 a GB a month';
  const share = times.map(({ service, spotShare }) => `${service} ${Math.round(spotShare * 100)} % on Spot`).join(', ');
  const foot =
    sum === 0
      ? ['No task reported any second in this time; CloudWatch gets them once a minute.']
      : [
          `about ${(expected + besides).toFixed(2)} ${currency} (${share}), at most ${(onDemand + besides).toFixed(2)} ${currency} on demand`,
          `Prices of ${date}; ${more}.`,
        ];
  return [title, ...(sum === 0 ? [] : [...rows, ...requested]), ...foot];
}
