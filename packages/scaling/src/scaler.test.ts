import assert from 'node:assert/strict';
import fc from 'fast-check';
import { converterSteps } from './converter-steps.js';
import { ASLEEP, nextPeriod } from './scaler.js';
import type { Sample, ScalerState } from './scaler.js';

const STEPS = converterSteps({ max: 10, drainSeconds: 60, secondsPerSplit: 60 });

function after(samples: readonly Sample[], from: ScalerState = ASLEEP): ScalerState {
  return samples.reduce<ScalerState>((state, sample) => nextPeriod(state, sample, STEPS), from);
}

const none = undefined;

describe('nextPeriod', () => {
  const awake = after([5]);
  const cases: readonly [string, ScalerState, readonly Sample[], Partial<ScalerState>][] = [
    [
      'no value ever: stays at zero, and no alarm',
      ASLEEP,
      [none, none, none, none],
      { desired: 0, out: 'OK', in: 'OK' },
    ],
    ['a first message wakes zero tasks in its period', ASLEEP, [1], { desired: 1, out: 'ALARM', in: 'OK' }],
    ['a backlog takes the exact capacity of its step', ASLEEP, [5], { desired: 5 }],
    ['more than all can drain: the maximum', ASLEEP, [100_000], { desired: 10 }],
    ['a growing backlog is followed every period', ASLEEP, [1, 3, 9], { desired: 9 }],
    ['a shrinking one too: the policy sets exact capacities', ASLEEP, [9, 3], { desired: 3 }],
    ['one empty period stops nobody', awake, [0], { desired: 5, out: 'OK', in: 'OK' }],
    ['two empty periods stop nobody', awake, [0, 0], { desired: 5, in: 'OK' }],
    ['three stop all', awake, [0, 0, 0], { desired: 0, in: 'ALARM' }],
    ['one message between them begins anew', awake, [0, 0, 1, 0, 0], { desired: 1, in: 'OK' }],
    ['a missing value keeps the last one, for two periods', awake, [none, none], { desired: 5, out: 'ALARM' }],
    [
      'and then is no reason to grow, nor to stop',
      awake,
      [none, none, none, none, none],
      { desired: 5, out: 'OK', in: 'OK' },
    ],
    [
      'values missing between empty periods do not stop anybody earlier',
      awake,
      [0, none, 0, none],
      { desired: 5, in: 'OK' },
    ],
    ['but later', awake, [0, none, 0, none, 0], { desired: 0, in: 'ALARM' }],
    [
      'asleep, without values: stays in its alarm and at zero',
      after([0, 0, 0], awake),
      [none, none, none, none, none, none],
      { desired: 0, in: 'ALARM' },
    ],
    ['asleep, a message: out at once', after([0, 0, 0], awake), [none, 2], { desired: 2, in: 'OK', out: 'ALARM' }],
  ];
  for (const [name, from, samples, expected] of cases) {
    it(name, () => {
      const { desired, out, in: alarmIn } = after(samples, from);
      assert.deepEqual({ desired, out, in: alarmIn, ...expected }, { desired, out, in: alarmIn });
    });
  }

  it('never has both alarms, nor goes to zero within three periods of a message, whatever comes and is missing', () => {
    const sample = fc.option(fc.oneof(fc.constant(0), fc.nat(30)), { nil: undefined });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 60 }), (samples) => {
        let state = ASLEEP;
        let sinceMessage = Number.POSITIVE_INFINITY;
        for (const value of samples) {
          const before = state;
          state = nextPeriod(state, value, STEPS);
          sinceMessage = value !== undefined && value >= 1 ? 0 : sinceMessage + 1;
          assert.ok(!(state.out === 'ALARM' && state.in === 'ALARM'));
          if (sinceMessage === 0) assert.ok(state.desired >= 1);
          if (before.desired > 0 && sinceMessage < 3) assert.ok(state.desired > 0);
          assert.ok(state.samples.length <= 5);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
