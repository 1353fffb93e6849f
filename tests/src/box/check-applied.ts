import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@wikifleet/domain/errors';
import { CLOUD_VARIABLES, WORKER_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { OUTSTANDING_METRIC, QUEUE_DIMENSION } from '@wikifleet/queue/publish-outstanding';
import { METRIC_NAMESPACE, SERVICE_DIMENSION, WORKER_METRICS } from '@wikifleet/scaling/metrics';
import { ROOT } from '../end-to-end/programs.js';
import { evaluate } from './metric-math.js';
import type { BridgeReport } from './terraform.js';

/** What each program reads beside what all read. */
const MIRRORS = ['WIKIFLEET_MIRRORS', 'WIKIFLEET_CONTACT'] as const;
const READS = {
  seed: [...CLOUD_VARIABLES, ...MIRRORS, 'WIKIFLEET_PUBLISH_DEPTH'],
  downloader: [
    ...WORKER_VARIABLES,
    ...MIRRORS,
    'WIKIFLEET_DOWNLOAD_SLOTS',
    'WIKIFLEET_DOWNLOADERS',
    'WIKIFLEET_PUBLISH_DEPTH',
  ],
  converter: [
    ...WORKER_VARIABLES,
    'WIKIFLEET_GRACE_SECONDS',
    'WIKIFLEET_WORKERS',
    'WIKIFLEET_RAW_OBJECTS',
    'WIKIFLEET_PUBLISH_DEPTH',
  ],
} as const;

const OPERATOR = [
  'WIKIFLEET_CLUSTER',
  'WIKIFLEET_DOWNLOADER_SERVICE',
  'WIKIFLEET_CONVERTER_SERVICE',
  'WIKIFLEET_DOWNLOADERS',
  'WIKIFLEET_CONTACT',
] as const;

/** AWS's own metrics that the fleet uses, and their dimensions. */
const AWS_METRICS: Readonly<
  Record<string, { readonly names: readonly string[]; readonly dimensions: readonly string[] }>
> = {
  'AWS/SQS': {
    names: [
      'ApproximateNumberOfMessagesVisible',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateAgeOfOldestMessage',
      'NumberOfMessagesDeleted',
    ],
    dimensions: ['QueueName'],
  },
  'AWS/ECS': { names: ['CPUUtilization'], dimensions: ['ClusterName', 'ServiceName'] },
};

interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The names that the fleet's resources have. */
interface Names {
  readonly queues: readonly string[];
  readonly services: readonly string[];
  readonly clusters: readonly string[];
}

/** What does not fit between what Terraform made and what the programs read and publish, a line each. */
export async function checkApplied(
  report: BridgeReport,
  outputs: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const of = (call: string): Request[] =>
    report.requests.filter((request) => request.call === call).map(({ parameters }) => parameters);
  const names: Names = {
    queues: of('sqs.CreateQueue').map(({ QueueName }) => String(QueueName)),
    services: of('ecs.CreateService').map(({ serviceName }) => String(serviceName)),
    clusters: of('ecs.CreateCluster').map(({ clusterName }) => String(clusterName)),
  };
  const problems: string[] = [];
  for (const definition of of('ecs.RegisterTaskDefinition'))
    problems.push(...(await checkEnvironment(definition, names)));
  const alarms = of('cloudwatch.PutMetricAlarm') as unknown as AlarmRequest[];
  for (const alarm of alarms) problems.push(...checkAlarm(alarm, names));
  for (const service of names.services) problems.push(...checkScalingAlarms(service, alarms));
  for (const { DashboardBody } of of('cloudwatch.PutDashboard'))
    problems.push(...checkDashboard(String(DashboardBody), names));
  problems.push(...checkQueues(of('sqs.SetQueueAttributes'), names), ...checkOperator(outputs, names));
  return problems;
}

type Request = Readonly<Record<string, unknown>>;

interface AlarmRequest {
  readonly AlarmName: string;
  readonly AlarmActions: readonly string[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: {
      readonly Metric: {
        readonly Namespace: string;
        readonly MetricName: string;
        readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
      };
    };
  }[];
}

/** The names are those of terraform/tests/environment.json, the program reads them, and its queues are its own. */
async function checkEnvironment(definition: Request, { queues }: Names): Promise<string[]> {
  const [container] = definition['containerDefinitions'] as {
    name: keyof typeof READS;
    environment: { name: string; value: string }[];
  }[];
  if (container === undefined) return [`${String(definition['family'])}: no container`];
  const environment = Object.fromEntries(container.environment.map(({ name, value }) => [name, value]));
  const where = `environment of the ${container.name}`;
  const expected = JSON.parse(await readFile(join(ROOT, 'terraform/tests/environment.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const wanted = Object.keys(expected[container.name] ?? {});
  const problems = [
    ...wanted.filter((name) => !(name in environment)).map((name) => `${where}: ${name} is not set`),
    ...Object.keys(environment)
      .filter((name) => !(READS[container.name] as readonly string[]).includes(name))
      .map((name) => `${where}: the program does not read ${name}`),
  ];
  try {
    readSettings(environment, READS[container.name]);
  } catch (error) {
    problems.push(`${where}: ${messageOf(error)}`);
  }
  for (const [name, value] of Object.entries(environment)) {
    const [, kind, dead] = /^WIKIFLEET_(DOWNLOAD|CONVERT)_(DEAD_LETTER_)?QUEUE_URL$/.exec(name) ?? [];
    if (kind === undefined) continue;
    const queue = value.slice(value.lastIndexOf('/') + 1);
    const suffix = `-${kind.toLowerCase()}${dead === undefined ? '' : '-dead-letter'}`;
    if (!queues.includes(queue) || !queue.endsWith(suffix)) problems.push(`${where}: ${name} is ${value}`);
  }
  return problems;
}

/** A metric that a program publishes, or an AWS service does, of something that Terraform made. */
function checkMetric(where: string, { namespace, name, dimensions }: Metric, names: Names): string[] {
  const text = `${where}: ${namespace} ${name} by ${JSON.stringify(dimensions)}`;
  const own = Object.entries(dimensions).map(([dimension, value]) => {
    const known: Readonly<Record<string, readonly string[]>> = {
      QueueName: names.queues,
      ServiceName: names.services,
      ClusterName: names.clusters,
      [SERVICE_DIMENSION]: ['downloader', 'converter'],
    };
    return known[dimension]?.includes(value) ?? false;
  });
  const keys = Object.keys(dimensions).toSorted();
  // programs publish what is left in the queues that they work on
  const letters = Object.values(dimensions).some((value) => value.endsWith('-dead-letter'));
  const aws = AWS_METRICS[namespace];
  const published =
    namespace === METRIC_NAMESPACE
      ? (name === OUTSTANDING_METRIC && keys.join() === QUEUE_DIMENSION && !letters) ||
        (name in WORKER_METRICS && keys.join() === SERVICE_DIMENSION)
      : aws !== undefined && aws.names.includes(name) && keys.join() === aws.dimensions.join();
  return published && own.every(Boolean) ? [] : [`${text}: nothing publishes it`];
}

function metricsOf({ Namespace = '', MetricName = '', Dimensions = [], Metrics = [] }: AlarmRequest): Metric[] {
  const named = (list: readonly { readonly Name: string; readonly Value: string }[]): Record<string, string> =>
    Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));
  if (Metrics.length === 0) return [{ namespace: Namespace, name: MetricName, dimensions: named(Dimensions) }];
  return Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric])).map((metric) => ({
    namespace: metric.Namespace,
    name: metric.MetricName,
    dimensions: named(metric.Dimensions),
  }));
}

/** Which stage an alarm, a service or a queue is of. */
function stageOf(name: string): string | undefined {
  if (/download/.test(name)) return 'download';
  return /convert/.test(name) ? 'convert' : undefined;
}

function checkAlarm(alarm: AlarmRequest, names: Names): string[] {
  const where = `alarm ${alarm.AlarmName}`;
  const metrics = metricsOf(alarm);
  const problems = metrics.flatMap((metric) => checkMetric(where, metric, names));
  const stage = stageOf(alarm.AlarmName);
  for (const { dimensions } of metrics) {
    for (const value of Object.values(dimensions)) {
      const other = stageOf(value);
      if (stage !== undefined && other !== undefined && other !== stage) problems.push(`${where}: it reads ${value}`);
      const letters = alarm.AlarmName.endsWith('dead-letters');
      if ('QueueName' in dimensions && letters !== value.endsWith('dead-letter'))
        problems.push(`${where}: it reads ${value}`);
    }
  }
  const seen = new Set(metrics.map((metric) => JSON.stringify(metric)));
  if (seen.size < metrics.length) problems.push(`${where}: one metric twice`);
  return problems;
}

/** Each figure alone wakes a service, and a service with nothing to do sleeps. */
function checkScalingAlarms(service: string, alarms: readonly AlarmRequest[]): string[] {
  const problems: string[] = [];
  for (const direction of ['out', 'in']) {
    const alarm = alarms.find(({ AlarmName }) => AlarmName === `${service}-${direction}`);
    const ids = new Map((alarm?.Metrics ?? []).map(({ Id, MetricStat }) => [Id, MetricStat?.Metric.MetricName]));
    const backlog = (figures: Readonly<Record<string, number>>): number | undefined => {
      const values = new Map(
        [...ids].filter(([, name]) => name !== undefined).map(([id, name]) => [id, figures[name ?? '']]),
      );
      const named = (wanted: string): string => alarm?.Metrics?.find(({ Id }) => Id === wanted)?.Expression ?? '0';
      values.set('sqs', evaluate(named('sqs'), values, 'missing'));
      return evaluate(named('backlog'), values, 'missing');
    };
    const cases: readonly [Record<string, number>, number | undefined][] = [
      [{ Outstanding: 7 }, 7],
      [{ ApproximateNumberOfMessagesVisible: 5 }, 5],
      [{ ApproximateNumberOfMessagesVisible: 0, ApproximateNumberOfMessagesNotVisible: 3 }, 3],
      [{ Outstanding: 2, ApproximateNumberOfMessagesVisible: 4, ApproximateNumberOfMessagesNotVisible: 2 }, 6],
      [{ Outstanding: 0, ApproximateNumberOfMessagesVisible: 0 }, 0],
      [{}, undefined],
    ];
    for (const [figures, expected] of cases) {
      const received = backlog(figures);
      if (received !== expected) {
        problems.push(`alarm ${service}-${direction}: ${JSON.stringify(figures)} is ${received}, expected ${expected}`);
      }
    }
    const action = alarm?.AlarmActions[0] ?? '';
    if (!action.endsWith(`policyName/${service}-${direction}`))
      problems.push(`alarm ${service}-${direction}: it calls ${action}`);
  }
  return problems;
}

function checkDashboard(body: string, names: Names): string[] {
  const { widgets } = JSON.parse(body) as { widgets: { properties: { title: string; metrics: unknown[][] } }[] };
  const drawn = (queue: string): boolean =>
    body.includes(`"ApproximateNumberOfMessagesVisible","QueueName","${queue}"`);
  const missing = names.queues.filter((queue) => stageOf(queue) !== undefined && !drawn(queue));
  const problems = missing.map((queue) => `dashboard: it does not draw ${queue}`);
  const metricProblems = widgets.flatMap(({ properties: { title, metrics } }) =>
    metrics
      .filter(([first]) => typeof first === 'string')
      .flatMap((row) => {
        const [namespace = '', name = '', ...rest] = row.filter((cell) => typeof cell === 'string');
        const dimensions: Record<string, string> = {};
        for (let i = 0; i + 1 < rest.length; i += 2) dimensions[rest[i] ?? ''] = rest[i + 1] ?? '';
        return checkMetric(`dashboard, ${title}`, { namespace, name, dimensions }, names);
      }),
  );
  return [...problems, ...metricProblems];
}

/** The environment of the operator's commands: they read it, and what it names is there. */
function checkOperator(outputs: Readonly<Record<string, unknown>>, { services, clusters, queues }: Names): string[] {
  const environment = outputs['environment'] as Readonly<Record<string, string>>;
  const expected = [...CLOUD_VARIABLES.filter((name) => name !== 'AWS_ENDPOINT_URL'), ...OPERATOR];
  const problems = [
    ...expected.filter((name) => !(name in environment)).map((name) => `${name} is not set`),
    ...Object.keys(environment)
      .filter((name) => !(expected as readonly string[]).includes(name))
      .map((name) => `no command reads ${name}`),
  ];
  const named = [
    ['WIKIFLEET_CLUSTER', clusters, ''],
    ['WIKIFLEET_DOWNLOADER_SERVICE', services, '-downloader'],
    ['WIKIFLEET_CONVERTER_SERVICE', services, '-converter'],
    ['WIKIFLEET_DOWNLOAD_QUEUE_URL', queues, '-download'],
    ['WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL', queues, '-download-dead-letter'],
    ['WIKIFLEET_CONVERT_QUEUE_URL', queues, '-convert'],
    ['WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL', queues, '-convert-dead-letter'],
  ] as const;
  for (const [variable, known, suffix] of named) {
    const name = (environment[variable] ?? '').split('/').at(-1) ?? '';
    if (!known.includes(name) || !name.endsWith(suffix)) problems.push(`${variable} names ${name}`);
  }
  return problems.map((problem) => `environment of the operator: ${problem}`);
}

/** A queue's dead letters go to its own dead-letter queue, and each queue of a stage has a policy, about itself. */
function checkQueues(requests: readonly Request[], { queues }: Names): string[] {
  const problems: string[] = [];
  const withPolicy = new Set<string>();
  for (const { QueueUrl, Attributes } of requests) {
    const { RedrivePolicy, RedriveAllowPolicy } = Attributes as { RedrivePolicy?: string; RedriveAllowPolicy?: string };
    const queue = String(QueueUrl).slice(String(QueueUrl).lastIndexOf('/') + 1);
    const target = (text: string): string => text.slice(text.lastIndexOf(':') + 1);
    const { Policy } = Attributes as { Policy?: string };
    if (Policy !== undefined) {
      const { Statement } = JSON.parse(Policy) as { Statement: { Resource: string }[] };
      withPolicy.add(queue);
      if (Statement.some(({ Resource }) => target(Resource) !== queue))
        problems.push(`${queue}: the policy of another queue`);
    }
    if (RedrivePolicy !== undefined) {
      const { deadLetterTargetArn } = JSON.parse(RedrivePolicy) as { deadLetterTargetArn: string };
      if (target(deadLetterTargetArn) !== `${queue}-dead-letter`)
        problems.push(`${queue}: its dead letters go to ${deadLetterTargetArn}`);
    }
    if (RedriveAllowPolicy !== undefined) {
      const { sourceQueueArns = [] } = JSON.parse(RedriveAllowPolicy) as { sourceQueueArns?: string[] };
      if (`${target(sourceQueueArns[0] ?? '')}-dead-letter` !== queue)
        problems.push(`${queue}: it takes those of ${sourceQueueArns.join(', ')}`);
    }
  }
  const without = queues.filter((queue) => stageOf(queue) !== undefined && !withPolicy.has(queue));
  problems.push(...without.map((queue) => `${queue}: no policy`));
  return problems;
}
