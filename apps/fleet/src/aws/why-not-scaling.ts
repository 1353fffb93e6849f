import { counted } from '@wikifleet/domain/counted';
import type { ServiceFacts } from './service-facts.js';

/** What ECS says when it wants a task and cannot have it. */
const CANNOT_PLACE =
  /unable to place|unable to consistently start|capacity is unavailable|reached the limit|vCPU|CannotPullContainer|ResourceInitializationError|insufficient|failed to/i;

/**
 * Why a service does not grow, or go, now: everything that stands in the way, the first cause first. `backlog` is what
 * its queue holds: visible, in flight and delayed. Empty where nothing stands in its way.
 */
export function whyNotScaling(facts: ServiceFacts, backlog: number): string[] {
  const { target } = facts;
  if (target === null) return ['nothing scales it: Application Auto Scaling has no scalable target (apply terraform)'];
  const wanting = backlog >= 1;
  const reasons = wanting ? [...whyNotOut(facts, target)] : [...whyNotIn(facts, target)];
  if (facts.deployments.some(({ rollout }) => rollout === 'FAILED')) {
    const failed = facts.deployments.find(({ rollout }) => rollout === 'FAILED');
    reasons.push(`its last deployment failed: ${failed?.reason ?? ''}`.trim());
  }
  const deploying = facts.deployments.length > 1 || facts.deployments.some(({ rollout }) => rollout === 'IN_PROGRESS');
  if (deploying && facts.running > facts.desired) {
    reasons.push('a deployment runs: until it is through, ECS stops nobody beyond it');
  }
  if (facts.desired > facts.running) reasons.push(...whyNotRunning(facts));
  return reasons;
}

type Target = NonNullable<ServiceFacts['target']>;

function whyNotOut(facts: ServiceFacts, target: Target): string[] {
  const reasons: string[] = [];
  if (target.outSuspended)
    reasons.push('dynamic scaling out is suspended (`stop` or `pause` did it; `resume` ends it)');
  if (target.max === 0) reasons.push('its maximum is 0 (terraform sets it)');
  else if (facts.desired >= target.max) reasons.push(`it is at its maximum of ${target.max} (terraform sets it)`);
  if (reasons.length > 0) return reasons;
  if (facts.alarms.length === 0) return ['no alarm calls a scaling policy of it (apply terraform)'];
  const calling = facts.alarms.filter(({ state }) => state === 'ALARM');
  const silent = facts.alarms.filter(({ actionsEnabled }) => !actionsEnabled);
  for (const { name } of silent) reasons.push(`the actions of the alarm ${name} are disabled`);
  if (facts.desired > 0) return reasons;
  const states = facts.alarms.map(({ name, state }) => `${name} ${state}`).join(', ');
  if (calling.length === 0) {
    reasons.push(
      `no alarm has seen the backlog yet (${states}): metrics take a minute, and SQS's own up to 15 minutes`,
    );
  }
  const [newest] = facts.activities ?? [];
  if (newest !== undefined && newest.notScaled.length > 0) {
    reasons.push(`it was called and did not scale: ${newest.notScaled.join('; ')}`);
  } else if (newest?.status === 'Failed') {
    reasons.push(`it was called and failed: ${newest.description} ${newest.cause}`.trim());
  }
  return reasons;
}

function whyNotIn(facts: ServiceFacts, target: Target): string[] {
  if (facts.desired === 0 && facts.running === 0) return [];
  const reasons: string[] = [];
  if (target.min > 0) {
    const end = facts.pin === null ? 'and no schedule ends it: `stop` does' : `until ${facts.pin} UTC`;
    reasons.push(`its minimum is ${target.min}, ${end}`);
  }
  if (target.inSuspended && facts.desired > 0) reasons.push('dynamic scaling in is suspended (`resume` ends it)');
  if (reasons.length > 0) return reasons;
  if (facts.desired > 0) return ['it goes after three minutes without a message'];
  return [`${counted(facts.running, 'task still runs', 'tasks still run')}: protected ones finish their job first`];
}

function whyNotRunning({ desired, running, pending, events }: ServiceFacts): string[] {
  const said = events.find(({ message }) => CANNOT_PLACE.test(message));
  const missing = `${desired - running} of ${counted(desired, 'task')} ${desired - running === 1 ? 'does' : 'do'} not run yet (${pending} ${pending === 1 ? 'is' : 'are'} starting)`;
  return [said === undefined ? missing : `${missing}; ECS: ${said.message}`];
}
