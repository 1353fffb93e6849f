import type { ActivityFacts, ServiceFacts } from './service-facts.js';

const SHOWN = 5;

/** A service in words: its count, why it is not another, and what was done about it last. */
export function describeService(facts: ServiceFacts & { readonly whyNotScaling: readonly string[] }): string[] {
  const { name, running, desired, pending, target, alarms, activities, events } = facts;
  const bounds = target === null ? '' : `, from ${target.min} to ${target.max}`;
  const starting = pending === 0 ? '' : `, ${pending} starting`;
  return [
    `${name}: ${running} running of ${desired} wanted${starting}${bounds}`,
    ...facts.whyNotScaling.map((reason) => `  not scaling: ${reason}`),
    ...facts.deployments
      .filter(({ rollout }) => rollout === 'IN_PROGRESS' || rollout === 'FAILED')
      .map(({ rollout, reason }) => `  deployment ${rollout}${reason === '' ? '' : `: ${reason}`}`),
    ...alarms.map(
      ({ name: alarm, state, since }) => `  alarm ${alarm}: ${state}${since === null ? '' : ` since ${since}`}`,
    ),
    ...(activities === null
      ? ['  scaling activities: this endpoint does not tell them']
      : activities.slice(0, SHOWN).map((activity) => `  ${activityLine(activity)}`)),
    ...events.slice(0, SHOWN).map(({ at, message }) => `  ECS ${at ?? ''}: ${message}`),
  ];
}

function activityLine({ at, status, description, cause, notScaled }: ActivityFacts): string {
  if (notScaled.length > 0) return `did not scale ${at ?? ''}: ${notScaled.join('; ')}`;
  return `scaling ${at ?? ''}: ${status}: ${description}${cause === '' ? '' : ` (${cause})`}`;
}
