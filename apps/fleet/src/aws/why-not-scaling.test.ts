import assert from 'node:assert/strict';
import { activityFacts, alarmFacts } from './service-facts.js';
import type { ServiceFacts } from './service-facts.js';
import { whyNotScaling } from './why-not-scaling.js';

const TARGET = { min: 0, max: 20, inSuspended: false, outSuspended: false, scheduledSuspended: false };
const alarm = (state: string, actionsEnabled = true) => {
  return { name: 'wikifleet-converter-out', state, reason: '', since: null, actionsEnabled };
};
const IDLE: ServiceFacts = {
  role: 'converter',
  name: 'wikifleet-converter',
  desired: 0,
  running: 0,
  pending: 0,
  deployments: [{ status: 'PRIMARY', rollout: 'COMPLETED', reason: '' }],
  events: [],
  target: TARGET,
  pin: null,
  alarms: [alarm('OK')],
  activities: [],
};

/** As DescribeScalingActivities answers with IncludeNotScaledActivities, by AWS's documentation. */
const NOT_SCALED = activityFacts({
  ActivityId: '4d759079-a31f-4d0c-8468-504c56e2eecf',
  ServiceNamespace: 'ecs',
  ResourceId: 'service/wikifleet/wikifleet-converter',
  ScalableDimension: 'ecs:service:DesiredCount',
  Description: 'Attempting to scale due to alarm triggered',
  Cause: 'monitor alarm wikifleet-converter-out in state ALARM triggered policy wikifleet-converter-out',
  StartTime: new Date('2026-10-01T12:00:00Z'),
  StatusCode: 'Failed',
  NotScaledReasons: [{ Code: 'AlreadyAtMaxCapacity', MaxCapacity: 20, CurrentCapacity: 20 }],
});
const FAILED = activityFacts({
  ActivityId: '1c0e9c5a-6d0d-4c6d-a7d8-5e9e4b4f0c1d',
  ServiceNamespace: 'ecs',
  ResourceId: 'service/wikifleet/wikifleet-converter',
  ScalableDimension: 'ecs:service:DesiredCount',
  Description: 'Setting desired count to 3.',
  Cause: 'Failed to set desired count',
  StartTime: new Date('2026-10-01T12:00:00Z'),
  StatusCode: 'Failed',
});

describe('whyNotScaling', () => {
  const busy = { ...IDLE, desired: 5, running: 5, alarms: [alarm('ALARM')] };
  const cases: readonly [string, ServiceFacts, number, readonly RegExp[]][] = [
    ['nothing to do: nothing in its way', IDLE, 0, []],
    ['growing: nothing in its way', busy, 50, []],
    ['no scalable target', { ...IDLE, target: null }, 5, [/no scalable target/]],
    ['suspended', { ...IDLE, target: { ...TARGET, outSuspended: true } }, 5, [/out is suspended.*`resume` ends it/]],
    ['a maximum of 0', { ...IDLE, target: { ...TARGET, max: 0 } }, 5, [/maximum is 0/]],
    ['at its maximum', { ...busy, desired: 20, running: 20 }, 5000, [/at its maximum of 20/]],
    ['no alarm', { ...IDLE, alarms: [] }, 5, [/no alarm calls/]],
    ['the alarm has not seen it yet', IDLE, 5, [/no alarm has seen the backlog yet \(wikifleet-converter-out OK\)/]],
    ['an alarm without data', { ...IDLE, alarms: [alarm('INSUFFICIENT_DATA')] }, 5, [/INSUFFICIENT_DATA/]],
    [
      'an alarm whose actions are off',
      { ...IDLE, alarms: [alarm('ALARM', false)] },
      5,
      [/actions of the alarm .* disabled/],
    ],
    [
      'called, and did not scale',
      { ...IDLE, alarms: [alarm('ALARM')], activities: [NOT_SCALED] },
      5,
      [/did not scale: AlreadyAtMaxCapacity \(MaxCapacity 20, CurrentCapacity 20\)/],
    ],
    [
      'called, and failed',
      { ...IDLE, alarms: [alarm('ALARM')], activities: [FAILED] },
      5,
      [/called and failed: Setting desired count to 3\. Failed to set desired count/],
    ],
    [
      'no capacity: what ECS says of it',
      {
        ...busy,
        running: 2,
        pending: 1,
        events: [
          { at: null, message: '(service wikifleet-converter) has started 1 tasks: (task 1).' },
          {
            at: null,
            message:
              '(service wikifleet-converter) was unable to place a task. Reason: Capacity is unavailable at this time.',
          },
        ],
      },
      50,
      [/3 of 5 tasks do not run yet \(1 is starting\); ECS: .*Capacity is unavailable/],
    ],
    ['on their way', { ...busy, running: 0, pending: 5 }, 50, [/5 of 5 tasks do not run yet \(5 are starting\)$/]],
    [
      'a deployment that failed',
      {
        ...IDLE,
        alarms: [alarm('ALARM')],
        deployments: [
          { status: 'PRIMARY', rollout: 'FAILED', reason: 'ECS deployment circuit breaker: tasks failed to start.' },
        ],
      },
      5,
      [/deployment failed: ECS deployment circuit breaker/],
    ],
    [
      'a raised minimum',
      { ...busy, target: { ...TARGET, min: 5 }, pin: 'at(2026-10-01T14:00:00)' },
      0,
      [/minimum is 5, until at\(2026-10-01T14:00:00\) UTC/],
    ],
    ['a raised minimum that nothing ends', { ...busy, target: { ...TARGET, min: 5 } }, 0, [/no schedule ends it/]],
    ['in is suspended', { ...busy, target: { ...TARGET, inSuspended: true } }, 0, [/in is suspended/]],
    ['empty for less than three minutes', busy, 0, [/goes after three minutes/]],
    ['protected tasks', { ...IDLE, running: 2 }, 0, [/2 tasks still run: protected ones finish/]],
    [
      'a deployment holds the scale-in up',
      { ...IDLE, running: 2, deployments: [{ status: 'PRIMARY', rollout: 'IN_PROGRESS', reason: '' }] },
      0,
      [/protected ones finish/, /a deployment runs/],
    ],
  ];
  for (const [name, facts, backlog, expected] of cases) {
    it(name, () => {
      const reasons = whyNotScaling(facts, backlog);
      assert.equal(reasons.length, expected.length, reasons.join('\n'));
      for (const [i, pattern] of expected.entries()) assert.match(reasons[i] ?? '', pattern);
    });
  }
});

describe('alarmFacts', () => {
  it('takes an alarm without a state for one without data', () => {
    assert.deepEqual(alarmFacts({ AlarmName: 'a' }), {
      name: 'a',
      state: 'INSUFFICIENT_DATA',
      reason: '',
      since: null,
      actionsEnabled: true,
    });
  });
});
