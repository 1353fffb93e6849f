import { DescribeServicesCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import type { ECSClient, Service, TaskDefinition } from '@aws-sdk/client-ecs';
import { UsageError } from '@wikifleet/domain/errors';
import { asked } from './aws-calls.js';

export interface FleetSettings {
  readonly WIKIFLEET_CLUSTER?: string | undefined;
  readonly WIKIFLEET_DOWNLOADER_SERVICE?: string | undefined;
  readonly WIKIFLEET_CONVERTER_SERVICE?: string | undefined;
}

export const FLEET_VARIABLES = [
  'WIKIFLEET_CLUSTER',
  'WIKIFLEET_DOWNLOADER_SERVICE',
  'WIKIFLEET_CONVERTER_SERVICE',
] as const satisfies readonly (keyof FleetSettings)[];

/** One service of the fleet on ECS. */
export interface FleetService {
  readonly role: 'downloader' | 'converter';
  readonly cluster: string;
  readonly name: string;
  /** As Application Auto Scaling names it. */
  readonly resourceId: string;
}

export interface FleetServices {
  readonly downloader: FleetService;
  readonly converter: FleetService;
}

/** The fleet's services; null where the environment names no cluster. Throws a `UsageError` where it names half of them. */
export function fleetServicesThere(settings: FleetSettings): FleetServices | null {
  const { WIKIFLEET_CLUSTER: cluster } = settings;
  if (cluster === undefined) return null;
  const missing = FLEET_VARIABLES.filter((name) => settings[name] === undefined);
  if (missing.length > 0) {
    throw new UsageError('ENVIRONMENT_REFUSED', `WIKIFLEET_CLUSTER is set, but not ${missing.join(' and ')}`);
  }
  const service = (role: FleetService['role'], name = ''): FleetService => {
    return { role, cluster, name, resourceId: `service/${cluster}/${name}` };
  };
  return {
    downloader: service('downloader', settings.WIKIFLEET_DOWNLOADER_SERVICE),
    converter: service('converter', settings.WIKIFLEET_CONVERTER_SERVICE),
  };
}

/** The fleet's services; throws a `UsageError` where the environment names no cluster. */
export function fleetServices(settings: FleetSettings): FleetServices {
  const services = fleetServicesThere(settings);
  if (services !== null) return services;
  throw new UsageError(
    'ENVIRONMENT_REFUSED',
    `this works on ECS, and the environment names no cluster: expected ${FLEET_VARIABLES.join(', ')} ` +
      '(terraform prints them; docs/operating.md says what each variable is)',
  );
}

/** Both services as ECS has them; throws a `UsageError` for a cluster or a service that is not there. */
export async function describeServices(
  ecs: ECSClient,
  { downloader, converter }: FleetServices,
): Promise<Readonly<Record<FleetService['role'], Service>>> {
  const names = [downloader.name, converter.name];
  const command = new DescribeServicesCommand({ cluster: downloader.cluster, services: names });
  const answer = await asked(`ECS: DescribeServices in the cluster ${downloader.cluster}`, ecs.send(command));
  const find = ({ name, cluster, role }: FleetService): Service => {
    const service = answer.services?.find((s) => s.serviceName === name && s.status !== 'INACTIVE');
    if (service !== undefined) return service;
    const variable = `WIKIFLEET_${role.toUpperCase()}_SERVICE`;
    throw new UsageError('SERVICE_UNKNOWN', `the cluster ${cluster} has no service ${name}; ${variable} names it`);
  };
  return { downloader: find(downloader), converter: find(converter) };
}

/** The task definition that a service starts its tasks by. */
export async function describeTaskDefinition(ecs: ECSClient, service: Service): Promise<TaskDefinition> {
  const command = new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition ?? '' });
  const { taskDefinition } = await asked('ECS: DescribeTaskDefinition', ecs.send(command));
  if (taskDefinition !== undefined) return taskDefinition;
  throw new UsageError('TASK_DEFINITION_UNKNOWN', `ECS does not know the task definition ${service.taskDefinition}`);
}
