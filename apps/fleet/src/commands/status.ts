import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ECSClient } from '@aws-sdk/client-ecs';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { counted } from '@wikifleet/domain/counted';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import type { Run } from '@wikifleet/domain/run';
import type { Queue, QueueDepth } from '@wikifleet/queue/queue';
import { connect } from '@wikifleet/worker/connect';
import type { Cloud } from '@wikifleet/worker/connect';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import { printJson, printLine } from '@wikifleet/worker/terminal';
import { clientConfig } from '../aws/aws-calls.js';
import type { AwsPlace } from '../aws/aws-calls.js';
import { describeService } from '../aws/describe-service.js';
import { FLEET_VARIABLES, describeServices, fleetServicesThere } from '../aws/fleet-services.js';
import type { FleetServices } from '../aws/fleet-services.js';
import type { Command } from '../command.js';
import { namedRun } from '../runs/named-run.js';
import { describeRun, readRunStatus, recentRuns } from '../runs/run-status.js';
import type { RunStatus } from '../runs/run-status.js';
import { readServiceFacts } from '../aws/service-facts.js';
import type { ServiceFacts } from '../aws/service-facts.js';
import { whyNotScaling } from '../aws/why-not-scaling.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'status [--wiki W --date D [--kind K]] [--runs N] [--json]'),
  about:
    'Shows the queues, the tasks and why they are not scaling now, what ECS and Application Auto Scaling did last, and\n' +
    'how far runs are. Where the environment names no cluster, all but the tasks.',
  flags: {
    wiki: { type: 'string', value: 'W', help: 'one run: its wiki' },
    date: { type: 'string', value: 'D', help: 'one run: its date, YYYY-MM-DD' },
    kind: { type: 'string', value: 'K', help: 'one run: its kind (default: articles-multistream)' },
    runs: { type: 'string', value: 'N', help: 'so many of the newest runs, from 0 to 100 (default: 5)' },
    json: { type: 'boolean', help: 'print one JSON object instead' },
  },
} as const;

interface QueueStatus extends QueueDepth {
  readonly queue: string;
  readonly deadLetters: number;
}

/** A service with why its count is what it is. */
type ServiceStatus = ServiceFacts & { readonly whyNotScaling: readonly string[] };

interface FleetStatus {
  readonly at: string;
  readonly queues: readonly QueueStatus[];
  /** Null where the environment names no cluster. */
  readonly services: readonly ServiceStatus[] | null;
  readonly runs: readonly RunStatus[];
  /** Wikis whose runs were not looked at. */
  readonly wikisLeftOut: number;
  /** What could not be found out. */
  readonly problems: readonly string[];
}

export const status: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const most = wholeNumber('runs', flags.runs ?? '5', 0, 100);
  const named = namedRun(flags.wiki, flags.date, flags.kind);
  const settings = readSettings(process.env, [...CLOUD_VARIABLES, ...FLEET_VARIABLES]);
  const services = fleetServicesThere(settings);
  const cloud = await connect(settings, releases);
  const queues = await Promise.all([cloud.downloads, cloud.converts].map(queueStatus));
  const problems: string[] = [];
  const tried = async <T>(part: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await part;
    } catch (error) {
      // a named run that is not there is what the command was asked
      if (named !== null && error instanceof UsageError && error.code === 'RUN_UNKNOWN') throw error;
      problems.push(messageOf(error));
      return otherwise;
    }
  };
  const runs = await tried(runStatuses(cloud, named, most, tried), { statuses: [], leftOut: 0 });
  const found = services === null ? null : await tried(serviceStatuses(services, settings, queues, releases), []);
  const all: FleetStatus = {
    at: new Date().toISOString(),
    queues,
    services: found,
    runs: runs.statuses,
    wikisLeftOut: runs.leftOut,
    problems,
  };
  if (flags.json === true) printJson(all);
  else linesOf(all).forEach(printLine);
  return problems.length > 0 ? EXIT_CODES.failed : EXIT_CODES.done;
};

async function queueStatus(queue: Queue): Promise<QueueStatus> {
  const [depth, dead] = await Promise.all([queue.depth(), queue.deadLetterDepth()]);
  return { queue: queue.name, ...depth, deadLetters: dead.visible + dead.inFlight + dead.delayed };
}

async function runStatuses(
  { store }: Cloud,
  named: Run | null,
  most: number,
  tried: <T>(part: Promise<T>, otherwise: T) => Promise<T>,
): Promise<{ statuses: RunStatus[]; leftOut: number }> {
  const { runs, leftOut } = named === null ? await recentRuns(store, most) : { runs: [named], leftOut: 0 };
  const statuses: RunStatus[] = [];
  for (const run of runs) {
    // a run that cannot be read does not hide the others
    const found = await tried<RunStatus | null>(readRunStatus(store, run), null);
    if (found !== null) statuses.push(found);
  }
  return { statuses, leftOut: most === 0 ? 0 : leftOut };
}

async function serviceStatuses(
  services: FleetServices,
  place: AwsPlace,
  queues: readonly QueueStatus[],
  releases: ReleaseStack,
): Promise<ServiceStatus[]> {
  const ecs = releases.defer(new ECSClient(clientConfig(place)), (c) => c.destroy());
  const scaling = releases.defer(new ApplicationAutoScalingClient(clientConfig(place)), (c) => c.destroy());
  const cloudwatch = releases.defer(new CloudWatchClient(clientConfig(place)), (c) => c.destroy());
  const there = await describeServices(ecs, services);
  return await Promise.all(
    [services.downloader, services.converter].map(async (service, i) => {
      const facts = await readServiceFacts(scaling, cloudwatch, service, there[service.role]);
      const { visible = 0, inFlight = 0, delayed = 0 } = queues[i] ?? {};
      return { ...facts, whyNotScaling: whyNotScaling(facts, visible + inFlight + delayed) };
    }),
  );
}

function linesOf({ queues, services, runs, wikisLeftOut, problems }: FleetStatus): string[] {
  return [
    ...queues.map(({ queue, visible, inFlight, delayed, deadLetters }) => {
      const why = deadLetters === 0 ? '' : ` (\`${asTyped('fleet', 'dlq')}\` lists why)`;
      return `${queue}: ${visible} visible, ${inFlight} in flight, ${delayed} delayed; ${counted(deadLetters, 'dead letter')}${why}`;
    }),
    '',
    ...(services === null
      ? ['no tasks to show: the environment names no cluster (WIKIFLEET_CLUSTER)']
      : services.flatMap(describeService)),
    '',
    ...runs.flatMap(describeRun),
    ...(runs.length === 0 ? ['no runs'] : []),
    ...(wikisLeftOut === 0
      ? []
      : [
          `${counted(wikisLeftOut, 'more wiki was', 'more wikis were')} not looked at; name a run by --wiki and --date`,
        ]),
    ...problems.map((problem) => `not shown: ${problem}`),
  ];
}
