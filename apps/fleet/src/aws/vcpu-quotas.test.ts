import assert from 'node:assert/strict';
import fc from 'fast-check';
import { askFor, vcpusNeeded, vcpusOf } from './vcpu-quotas.js';

describe('vcpusOf', () => {
  const cases: readonly [string, number][] = [
    ['', 0],
    ['many', 0],
    ['-1024', 0],
    ['256', 0.25],
    ['4096', 4],
    ['4 vCPU', 4],
    ['.5 vcpu', 0],
    ['0.5 vcpu', 0.5],
  ];
  for (const [cpu, expected] of cases) it(JSON.stringify(cpu), () => assert.equal(vcpusOf({ cpu }), expected));
});

describe('vcpusNeeded', () => {
  const mixed = [
    { capacityProvider: 'FARGATE', base: 2, weight: 1 },
    { capacityProvider: 'FARGATE_SPOT', weight: 3 },
  ];
  const cases: readonly [string, Parameters<typeof vcpusNeeded>, { onDemand: number; spot: number }][] = [
    ['no tasks', [0, 4, mixed], { onDemand: 0, spot: 0 }],
    ['a launch type: on demand', [3, 4], { onDemand: 12, spot: 0 }],
    ['an empty strategy is none', [3, 4, []], { onDemand: 12, spot: 0 }],
    ['not more than the base', [2, 4, mixed], { onDemand: 8, spot: 0 }],
    ['base, then by weights', [10, 4, mixed], { onDemand: 16, spot: 24 }],
    ['what may be either counts for both', [3, 4, mixed], { onDemand: 12, spot: 4 }],
    ['Spot alone', [5, 1, [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]], { onDemand: 0, spot: 5 }],
  ];
  for (const [name, args, expected] of cases) it(name, () => assert.deepEqual(vcpusNeeded(...args), expected));

  it('is never less than the tasks have', () => {
    const items = fc.tuple(fc.nat(20), fc.nat(10), fc.integer({ min: 1, max: 10 }));
    fc.assert(
      fc.property(fc.nat(500), items, (tasks, [base, onDemand, spot]) => {
        const needed = vcpusNeeded(tasks, 4, [
          { capacityProvider: 'FARGATE', base, weight: onDemand },
          { capacityProvider: 'FARGATE_SPOT', weight: spot },
        ]);
        assert.ok(needed.onDemand + needed.spot >= tasks * 4);
        assert.ok(needed.onDemand >= Math.min(base, tasks) * 4);
      }),
    );
  });
});

describe('askFor', () => {
  it('names the quota, what it is, what is needed, and the command that asks', () => {
    const [first, second, ...rest] = askFor({ onDemand: 40.5, spot: 400 }, { onDemand: 6, spot: 6 }, 'eu-west-1');
    assert.deepEqual(rest, []);
    assert.match(first ?? '', /L-3032A538 \(Fargate On-Demand vCPU resource count\) is 6, and 41 are needed/);
    assert.match(
      second ?? '',
      /--region eu-west-1 --service-code fargate --quota-code L-36FBB829 --desired-value 400$/,
    );
  });
  it('asks for nothing where it suffices, or where nobody knows', () => {
    assert.deepEqual(askFor({ onDemand: 6, spot: 6 }, { onDemand: 6, spot: 6 }, 'r'), []);
    assert.deepEqual(askFor({ onDemand: 60, spot: 60 }, { onDemand: null, spot: null }, 'r'), []);
  });
});
