import {
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type {
  ApplicationAutoScalingClient,
  ScalableTarget,
  ScalingActivity,
} from '@aws-sdk/client-application-auto-scaling';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Service } from '@aws-sdk/client-ecs';
import { asked, explained } from './aws-calls.js';
import type { FleetService } from './fleet-services.js';
import { PIN_NAME, findTarget } from './scalable-targets.js';

/** One alarm that a scaling policy of the service hangs on. */
export interface AlarmFacts {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly since: string | null;
  readonly actionsEnabled: boolean;
}

/** A change of the count, or one that was not made. */
export interface ActivityFacts {
  readonly at: string | null;
  readonly status: string;
  readonly description: string;
  readonly cause: string;
  /** Why it did not scale, by AWS's codes; empty where it did. */
  readonly notScaled: readonly string[];
}

/** All that is known of a service's count. */
export interface ServiceFacts {
  readonly role: FleetService['role'];
  readonly name: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly deployments: readonly { readonly status: string; readonly rollout: string; readonly reason: string }[];
  /** ECS's events, the newest first. */
  readonly events: readonly { readonly at: string | null; readonly message: string }[];
  readonly target: {
    readonly min: number;
    readonly max: number;
    readonly inSuspended: boolean;
    readonly outSuspended: boolean;
    readonly scheduledSuspended: boolean;
  } | null;
  /** The schedule by which a raised minimum runs out; null where there is none. */
  readonly pin: string | null;
  readonly alarms: readonly AlarmFacts[];
  /** The newest first; null where nobody says. */
  readonly activities: readonly ActivityFacts[] | null;
}

const EVENTS = 5;
const ACTIVITIES = 10;

/** Asks Application Auto Scaling and CloudWatch about a service that ECS described. */
export async function readServiceFacts(
  scaling: ApplicationAutoScalingClient,
  cloudwatch: CloudWatchClient,
  service: FleetService,
  described: Service,
): Promise<ServiceFacts> {
  const [target, pin, alarms, activities] = await Promise.all([
    findTarget(scaling, service),
    readPin(scaling, service),
    readAlarms(scaling, cloudwatch, service),
    readActivities(scaling, service),
  ]);
  return {
    role: service.role,
    name: service.name,
    desired: described.desiredCount ?? 0,
    running: described.runningCount ?? 0,
    pending: described.pendingCount ?? 0,
    deployments: (described.deployments ?? []).map(({ status = '', rolloutState = '', rolloutStateReason = '' }) => {
      return { status, rollout: rolloutState, reason: rolloutStateReason };
    }),
    events: (described.events ?? []).slice(0, EVENTS).map(({ createdAt, message = '' }) => {
      return { at: createdAt?.toISOString() ?? null, message };
    }),
    target: target === undefined ? null : targetFacts(target),
    pin,
    alarms,
    activities,
  };
}

function targetFacts({ MinCapacity = 0, MaxCapacity = 0, SuspendedState }: ScalableTarget): ServiceFacts['target'] {
  return {
    min: MinCapacity,
    max: MaxCapacity,
    inSuspended: SuspendedState?.DynamicScalingInSuspended ?? false,
    outSuspended: SuspendedState?.DynamicScalingOutSuspended ?? false,
    scheduledSuspended: SuspendedState?.ScheduledScalingSuspended ?? false,
  };
}

async function readPin(scaling: ApplicationAutoScalingClient, { resourceId }: FleetService): Promise<string | null> {
  const command = new DescribeScheduledActionsCommand({ ServiceNamespace: 'ecs', ResourceId: resourceId });
  const answer = await asked('Application Auto Scaling: DescribeScheduledActions', scaling.send(command));
  const pin = answer.ScheduledActions?.find(({ ScheduledActionName }) => ScheduledActionName === PIN_NAME);
  return pin?.Schedule ?? null;
}

async function readAlarms(
  scaling: ApplicationAutoScalingClient,
  cloudwatch: CloudWatchClient,
  { resourceId }: FleetService,
): Promise<AlarmFacts[]> {
  const command = new DescribeScalingPoliciesCommand({ ServiceNamespace: 'ecs', ResourceId: resourceId });
  const answer = await asked('Application Auto Scaling: DescribeScalingPolicies', scaling.send(command));
  const alarms: AlarmFacts[] = [];
  for (const { PolicyARN } of answer.ScalingPolicies ?? []) {
    if (PolicyARN === undefined) continue;
    const ask = cloudwatch.send(new DescribeAlarmsCommand({ ActionPrefix: PolicyARN, AlarmTypes: ['MetricAlarm'] }));
    const { MetricAlarms = [] } = await asked('CloudWatch: DescribeAlarms', ask);
    alarms.push(...MetricAlarms.map(alarmFacts));
  }
  return alarms;
}

export function alarmFacts(alarm: MetricAlarm): AlarmFacts {
  return {
    name: alarm.AlarmName ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    reason: alarm.StateReason ?? '',
    since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.toISOString() ?? null,
    actionsEnabled: alarm.ActionsEnabled ?? true,
  };
}

async function readActivities(
  scaling: ApplicationAutoScalingClient,
  { resourceId }: FleetService,
): Promise<ActivityFacts[] | null> {
  const command = new DescribeScalingActivitiesCommand({
    ServiceNamespace: 'ecs',
    ResourceId: resourceId,
    IncludeNotScaledActivities: true,
    MaxResults: ACTIVITIES,
  });
  try {
    return ((await scaling.send(command)).ScalingActivities ?? []).map(activityFacts);
  } catch (thrown) {
    const error = explained('Application Auto Scaling: DescribeScalingActivities', thrown);
    if (error.code === 'NOT_SPOKEN') return null;
    throw error;
  }
}

export function activityFacts(activity: ScalingActivity): ActivityFacts {
  return {
    at: activity.StartTime?.toISOString() ?? null,
    status: activity.StatusCode ?? '',
    description: activity.Description ?? '',
    cause: activity.Cause ?? '',
    notScaled: (activity.NotScaledReasons ?? []).map(({ Code = '', ...figures }) => {
      const known = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
      return known.length === 0 ? Code : `${Code} (${known.join(', ')})`;
    }),
  };
}
