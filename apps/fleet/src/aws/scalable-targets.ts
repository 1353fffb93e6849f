import {
  DeleteScheduledActionCommand,
  DescribeScalableTargetsCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type { ApplicationAutoScalingClient, ScalableTarget } from '@aws-sdk/client-application-auto-scaling';
import { UsageError } from '@wikifleet/domain/errors';
import { asked } from './aws-calls.js';
import type { FleetService } from './fleet-services.js';

const DIMENSION = 'ecs:service:DesiredCount';

/** The one action that `start` schedules for a service; a later `start` replaces it. */
export const PIN_NAME = 'wikifleet-start-runs-out';

function naming({ resourceId }: FleetService): {
  ServiceNamespace: 'ecs';
  ResourceId: string;
  ScalableDimension: typeof DIMENSION;
} {
  return { ServiceNamespace: 'ecs', ResourceId: resourceId, ScalableDimension: DIMENSION };
}

/** The bounds of a service's count; throws a `UsageError` where nothing scales it. */
export async function readTarget(client: ApplicationAutoScalingClient, service: FleetService): Promise<ScalableTarget> {
  const target = await findTarget(client, service);
  if (target !== undefined) return target;
  const place = `${service.resourceId} (${DIMENSION})`;
  throw new UsageError('TARGET_UNKNOWN', `Application Auto Scaling has no scalable target ${place}: apply terraform`);
}

export async function findTarget(
  client: ApplicationAutoScalingClient,
  { resourceId }: FleetService,
): Promise<ScalableTarget | undefined> {
  const command = new DescribeScalableTargetsCommand({
    ServiceNamespace: 'ecs',
    ResourceIds: [resourceId],
    ScalableDimension: DIMENSION,
  });
  const answer = await asked('Application Auto Scaling: DescribeScalableTargets', client.send(command));
  return answer.ScalableTargets?.find(({ ResourceId }) => ResourceId === resourceId);
}

export interface TargetChange {
  /** Tasks at least. The maximum is terraform's, and nobody else's. */
  readonly min?: number;
  /** Whether alarms change the count. Scheduled scaling is never suspended: a pin has to run out. */
  readonly suspended: boolean;
}

/** Changes the bounds of a service's count; AWS moves the count into them at once. */
export async function changeTarget(
  client: ApplicationAutoScalingClient,
  service: FleetService,
  { min, suspended }: TargetChange,
): Promise<void> {
  const command = new RegisterScalableTargetCommand({
    ...naming(service),
    ...(min === undefined ? {} : { MinCapacity: min }),
    SuspendedState: {
      DynamicScalingInSuspended: suspended,
      DynamicScalingOutSuspended: suspended,
      ScheduledScalingSuspended: false,
    },
  });
  await asked('Application Auto Scaling: RegisterScalableTarget', client.send(command));
}

/** Has the minimum set back to zero at a time, whatever happens to whoever raised it. */
export async function schedulePinsEnd(
  client: ApplicationAutoScalingClient,
  service: FleetService,
  at: Date,
): Promise<void> {
  const command = new PutScheduledActionCommand({
    ...naming(service),
    ScheduledActionName: PIN_NAME,
    Schedule: `at(${at.toISOString().slice(0, 19)})`,
    Timezone: 'UTC',
    // without a maximum: one that is set here stays
    ScalableTargetAction: { MinCapacity: 0 },
  });
  await asked('Application Auto Scaling: PutScheduledAction', client.send(command));
}

/** Deletes the action that `schedulePinsEnd` put; returns whether there was one. */
export async function deletePinsEnd(client: ApplicationAutoScalingClient, service: FleetService): Promise<boolean> {
  try {
    await client.send(new DeleteScheduledActionCommand({ ...naming(service), ScheduledActionName: PIN_NAME }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ObjectNotFoundException') return false;
    return await asked('Application Auto Scaling: DeleteScheduledAction', Promise.reject(error));
  }
}
