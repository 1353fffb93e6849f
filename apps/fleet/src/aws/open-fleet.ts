import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient } from '@aws-sdk/client-ecs';
import type { Service } from '@aws-sdk/client-ecs';
import { readSettings } from '@wikifleet/config/settings';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import { clientConfig } from './aws-calls.js';
import type { AwsPlace } from './aws-calls.js';
import { FLEET_VARIABLES, describeServices, fleetServices } from './fleet-services.js';
import type { FleetService, FleetServices } from './fleet-services.js';

/** What a command needs that changes how many tasks there are. */
export interface OpenFleet {
  readonly place: AwsPlace;
  readonly ecs: ECSClient;
  readonly scaling: ApplicationAutoScalingClient;
  readonly services: FleetServices;
  /** Both services as ECS has them. */
  readonly there: Readonly<Record<FleetService['role'], Service>>;
}

/** Clients of the fleet that the environment names; throws a `UsageError` where it is not there. */
export async function openFleet(releases: ReleaseStack): Promise<OpenFleet> {
  const place = readSettings(process.env, ['AWS_ENDPOINT_URL', 'AWS_REGION', ...FLEET_VARIABLES]);
  const services = fleetServices(place);
  const ecs = releases.defer(new ECSClient(clientConfig(place)), (c) => c.destroy());
  const scaling = releases.defer(new ApplicationAutoScalingClient(clientConfig(place)), (c) => c.destroy());
  return { place, ecs, scaling, services, there: await describeServices(ecs, services) };
}
