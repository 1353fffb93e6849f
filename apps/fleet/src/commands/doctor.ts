import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient } from '@aws-sdk/client-ecs';
import type { Service, TaskDefinition } from '@aws-sdk/client-ecs';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { FleetError, messageOf } from '@wikifleet/domain/errors';
import { connect } from '@wikifleet/worker/connect';
import { printLine } from '@wikifleet/worker/terminal';
import { clientConfig } from '../aws/aws-calls.js';
import type { AwsPlace } from '../aws/aws-calls.js';
import { checkTask, mainContainer } from '../aws/check-task.js';
import type { Finding } from '../aws/check-task.js';
import { FLEET_VARIABLES, describeServices, describeTaskDefinition, fleetServices } from '../aws/fleet-services.js';
import type { FleetService } from '../aws/fleet-services.js';
import type { Command } from '../command.js';
import { findTarget } from '../aws/scalable-targets.js';
import { NO_VCPUS, addVcpus, askFor, readQuotas, vcpusNeeded, vcpusOf } from '../aws/vcpu-quotas.js';
import type { Vcpus } from '../aws/vcpu-quotas.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'doctor [--seconds S] [--no-tasks]'),
  about:
    'Looks at all that the fleet needs on AWS: queues and bucket, services and what scales them, vCPU quotas, images;\n' +
    'then runs one task of each service with --check, which costs a cent. Prints a line each, and ends with 0 only when\n' +
    'all is well. This is the check of a first deployment.',
  flags: {
    seconds: { type: 'string', value: 'S', help: 'how long at most, from 10 to 3600 (default: 600)' },
    'no-tasks': { type: 'boolean', help: 'start no tasks' },
  },
} as const;

const ASK_EVERY_MS = 5000;

export const doctor: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const seconds = wholeNumber('seconds', flags.seconds ?? '600', 10, 3600);
  const settings = readSettings(process.env, [...CLOUD_VARIABLES, ...FLEET_VARIABLES]);
  const services = fleetServices(settings);
  const both = [services.downloader, services.converter] as const;
  const ecs = releases.defer(new ECSClient(clientConfig(settings)), (c) => c.destroy());
  const scaling = releases.defer(new ApplicationAutoScalingClient(clientConfig(settings)), (c) => c.destroy());
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new FleetError('OUT_OF_TIME', `not done in ${seconds} s`)), seconds * 1000);
  const onSignal = (): void => stop.abort(new FleetError('STOPPED', 'stopped by hand'));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  releases.defer(timer, (t) => {
    clearTimeout(t);
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  });

  let bad = 0;
  const tell = (findings: readonly Finding[]): void => {
    for (const { ok, line } of findings) {
      bad += ok ? 0 : 1;
      printLine(`${ok ? 'ok   ' : 'fail '} ${line}`);
    }
  };
  tell(
    await found('queues and bucket', async () => {
      await connect(settings, releases);
      return [{ ok: true, line: 'queues and bucket are reached from here' }];
    }),
  );
  const there = await describeServices(ecs, services);
  tell([{ ok: true, line: `the cluster ${services.converter.cluster} has both services` }]);
  let needed = NO_VCPUS;
  const definitions = new Map<FleetService, TaskDefinition>();
  for (const service of both) {
    const definition = await describeTaskDefinition(ecs, there[service.role]);
    definitions.set(service, definition);
    const target = await scaled(scaling, service, there[service.role], definition);
    needed = addVcpus(needed, target.needed);
    tell([target.finding, ...imageFindings(service.name, definition)]);
  }
  tell(await found('vCPU quotas', async () => await quotaFindings(settings, needed)));
  if (flags['no-tasks'] !== true) {
    const options = { signal: stop.signal, everyMs: ASK_EVERY_MS };
    const checks = both.map(async (service) => {
      const definition = definitions.get(service) ?? {};
      return await found(`${service.name}: a task with --check`, async () => {
        return [await checkTask(ecs, service, there[service.role], definition, options)];
      });
    });
    for (const check of checks) tell(await check);
  }
  printLine(bad === 0 ? 'all checks passed' : `${bad} ${bad === 1 ? 'check' : 'checks'} failed`);
  return bad === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
};

/** What a look came to; one that throws is a finding too. */
async function found(what: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [{ ok: false, line: `${what}: ${messageOf(error)}` }];
  }
}

async function scaled(
  scaling: ApplicationAutoScalingClient,
  service: FleetService,
  described: Service,
  definition: TaskDefinition,
): Promise<{ finding: Finding; needed: Vcpus }> {
  const target = await findTarget(scaling, service);
  if (target === undefined) {
    return { finding: { ok: false, line: `${service.name}: nothing scales it: apply terraform` }, needed: NO_VCPUS };
  }
  const { MinCapacity: min = 0, MaxCapacity: max = 0, SuspendedState } = target;
  const suspended = SuspendedState?.DynamicScalingOutSuspended === true;
  const line = `${service.name}: scales from ${min} to ${max}${suspended ? ', but is suspended: `resume` ends it' : ''}`;
  const needed = vcpusNeeded(max, vcpusOf(definition), described.capacityProviderStrategy);
  return { finding: { ok: max > 0 && !suspended, line }, needed };
}

/** What a task definition says of its image. */
export function imageFindings(name: string, definition: TaskDefinition): Finding[] {
  const image = mainContainer(definition, name)?.image ?? '';
  const architecture = definition.runtimePlatform?.cpuArchitecture ?? 'X86_64';
  return [
    // whether the image is for them, a task with --check shows
    { ok: true, line: `${name}: its tasks are ${architecture}` },
    /@sha256:[0-9a-f]{64}$/.test(image)
      ? { ok: true, line: `${name}: its image is named by digest` }
      : { ok: false, line: `${name}: expected an image by digest, received ${JSON.stringify(image)}` },
  ];
}

async function quotaFindings(place: AwsPlace, needed: Vcpus): Promise<Finding[]> {
  const quotas = await readQuotas(place);
  const wishes = askFor(needed, quotas, place.AWS_REGION);
  if (wishes.length > 0) return wishes.map((line) => ({ ok: false, line }));
  if (quotas.onDemand === null || quotas.spot === null) {
    return [{ ok: false, line: 'vCPU quotas: AWS does not say what they are' }];
  }
  const have = `${quotas.onDemand} on demand and ${quotas.spot} on Spot`;
  return [
    { ok: true, line: `vCPU quotas suffice for both maxima: ${have}; ${needed.onDemand} and ${needed.spot} needed` },
  ];
}
