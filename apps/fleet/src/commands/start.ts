import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { counted } from '@wikifleet/domain/counted';
import { FleetError, UsageError } from '@wikifleet/domain/errors';
import { printLine } from '@wikifleet/worker/terminal';
import { asked } from '../aws/aws-calls.js';
import { describeTaskDefinition } from '../aws/fleet-services.js';
import type { FleetService } from '../aws/fleet-services.js';
import type { Command } from '../command.js';
import { openFleet } from '../aws/open-fleet.js';
import { changeTarget, readTarget, schedulePinsEnd } from '../aws/scalable-targets.js';
import { addVcpus, askFor, readQuotas, vcpusNeeded, vcpusOf } from '../aws/vcpu-quotas.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'start --tasks N [--minutes M] [--on-demand]'),
  about:
    'Has at least N converters run, whatever the queues hold, and ends what `stop` and `pause` suspended. It runs out by\n' +
    'itself: after M minutes a scheduled action of AWS sets the minimum back to 0, and busy converters finish their job.',
  flags: {
    tasks: { type: 'string', value: 'N', help: 'converters at least; not more than the maximum in terraform' },
    minutes: { type: 'string', value: 'M', help: 'how long, from 5 to 10080 (default: 120)' },
    'on-demand': { type: 'boolean', help: 'none of them on Spot; new tasks too, until terraform is applied again' },
  },
} as const;

export const start: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  if (flags.tasks === undefined) {
    throw new UsageError('COMMAND_LINE_REFUSED', `expected --tasks; usage: ${COMMAND_LINE.usage}`);
  }
  const tasks = wholeNumber('tasks', flags.tasks, 1, 100_000);
  const minutes = wholeNumber('minutes', flags.minutes ?? '120', 5, 10_080);
  const { place, ecs, scaling, services, there } = await openFleet(releases);
  const target = await readTarget(scaling, services.converter);
  const downloads = await readTarget(scaling, services.downloader);
  const max = target.MaxCapacity ?? 0;
  if (tasks > max) {
    throw new UsageError(
      'FLAG_REFUSED',
      `--tasks: expected at most ${max}, the maximum in terraform; received ${tasks}`,
    );
  }
  const onDemand = flags['on-demand'] ?? false;
  const strategy = onDemand ? undefined : there.converter.capacityProviderStrategy;
  const [one, other] = [
    await describeTaskDefinition(ecs, there.converter),
    await describeTaskDefinition(ecs, there.downloader),
  ];
  const needed = addVcpus(
    vcpusNeeded(tasks, vcpusOf(one), strategy),
    vcpusNeeded(downloads.MaxCapacity ?? 0, vcpusOf(other), there.downloader.capacityProviderStrategy),
  );
  const quotas = await readQuotas(place);
  const wishes = askFor(needed, quotas, place.AWS_REGION);
  if (wishes.length > 0) {
    const [first = '', ...others] = wishes;
    const moreLines = [...others, 'Nothing was changed; fewer --tasks need less.'];
    throw new FleetError('QUOTA_TOO_SMALL', first, { moreLines });
  }
  if (quotas.onDemand === null || quotas.spot === null) printLine('vCPU quotas: AWS does not say; nothing was checked');

  if (onDemand) await runOnDemand(ecs, services.converter, tasks);
  // first its end: whatever happens afterwards, the minimum goes back
  const end = new Date(Date.now() + minutes * 60_000);
  await schedulePinsEnd(scaling, services.converter, end);
  await changeTarget(scaling, services.converter, { min: tasks, suspended: false });
  await changeTarget(scaling, services.downloader, { suspended: false });
  printLine(
    `${services.converter.name}: at least ${tasks} of at most ${counted(max, 'task')} until ${end.toISOString().slice(0, 16)}Z`,
  );
  printLine(`${services.downloader.name}: as its queue wants, at most ${counted(downloads.MaxCapacity ?? 0, 'task')}`);
  if (onDemand) printLine('on demand until terraform is applied again');
  return EXIT_CODES.done;
};

async function runOnDemand(ecs: ECSClient, { cluster, name }: FleetService, tasks: number): Promise<void> {
  const command = new UpdateServiceCommand({
    cluster,
    service: name,
    capacityProviderStrategy: [{ capacityProvider: 'FARGATE', base: tasks, weight: 1 }],
    // AWS takes a new strategy only with a deployment; protected tasks finish their jobs
    forceNewDeployment: true,
  });
  await asked('ECS: UpdateService', ecs.send(command));
}
