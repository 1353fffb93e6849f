import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_STEPS, capacityFor, converterSteps, desiredConverters } from './converter-steps.js';
import type { ScalingRule } from './converter-steps.js';

const USUAL: ScalingRule = { max: 100, drainSeconds: 600, secondsPerSplit: 60 };

/** Rules as somebody could set them; also those in which a converter does not do one split in the time. */
const rules = fc.record({
  max: fc.integer({ min: 1, max: 5000 }),
  drainSeconds: fc.integer({ min: 1, max: 86_400 }),
  secondsPerSplit: fc.integer({ min: 1, max: 3600 }),
});

/** The definition, word for word and without steps. */
function byDefinition(backlog: number, { max, drainSeconds, secondsPerSplit }: ScalingRule): number {
  if (backlog < 1) return 0;
  const capacities = Array.from({ length: 20 }, (_, i) => Number((BigInt(max) * BigInt(i + 1) ** 2n + 399n) / 400n));
  return capacities.find((c) => c * drainSeconds >= backlog * secondsPerSplit) ?? max;
}

describe('converterSteps: what it refuses', () => {
  const refused: readonly [ScalingRule, RegExp][] = [
    [{ ...USUAL, max: 0 }, /max: expected a whole number from 1 to 100000, received 0/],
    [{ ...USUAL, max: 1.5 }, /received 1.5/],
    [{ ...USUAL, max: Number.NaN }, /received NaN/],
    [{ ...USUAL, drainSeconds: 0 }, /drainSeconds: expected seconds/],
    [{ ...USUAL, secondsPerSplit: -1 }, /secondsPerSplit: expected seconds up to 1000000, received -1/],
    [{ ...USUAL, secondsPerSplit: Number.POSITIVE_INFINITY }, /received Infinity/],
  ];
  for (const [rule, says] of refused) {
    it(JSON.stringify(rule), () => assert.throws(() => converterSteps(rule), says));
  }
});

describe('converterSteps', () => {
  const tables: readonly [string, ScalingRule, readonly (readonly [number, number])[]][] = [
    ['one converter', { ...USUAL, max: 1 }, [[1, 1]]],
    [
      'four converters: equal capacities are one',
      { ...USUAL, max: 4 },
      [
        [1, 1],
        [2, 11],
        [3, 21],
        [4, 31],
      ],
    ],
    [
      'a split takes as long as all may: a converter a message',
      { max: 4, drainSeconds: 60, secondsPerSplit: 60 },
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
    ],
    [
      'a split takes twice as long: what serves less than one message is left out',
      { max: 4, drainSeconds: 30, secondsPerSplit: 60 },
      [
        [2, 1],
        [4, 2],
      ],
    ],
    [
      'a split takes longer than all converters have: everything at once',
      { max: 4, drainSeconds: 1, secondsPerSplit: 60 },
      [[4, 1]],
    ],
  ];
  for (const [name, rule, expected] of tables) {
    it(name, () => {
      assert.deepEqual(
        converterSteps(rule).map(({ capacity, from }) => [capacity, from]),
        expected,
      );
    });
  }

  it('has nine tenths of the square of thirty hundredths exact: 100 * 0.3^2 is 9, not 10', () => {
    const capacities = converterSteps(USUAL).map(({ capacity }) => capacity);
    assert.deepEqual(capacities, [1, 3, 4, 7, 9, 13, 16, 21, 25, 31, 36, 43, 49, 57, 64, 73, 81, 91, 100]);
  });

  it('has at most 20 steps, both columns ascend strictly, the first begins at 1, the last is the maximum', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const steps = converterSteps(rule);
        assert.ok(steps.length >= 1 && steps.length <= MAX_STEPS);
        assert.equal(steps[0]?.from, 1);
        assert.equal(steps.at(-1)?.capacity, rule.max);
        for (const [i, { capacity, from }] of steps.entries()) {
          assert.ok(capacity >= 1 && Number.isInteger(from));
          const before = steps[i - 1];
          if (before !== undefined) assert.ok(capacity > before.capacity && from > before.from);
        }
      }),
    );
  });
});

describe('desiredConverters', () => {
  const backlogs: readonly [number, number][] = [
    [-1, 0],
    [0, 0],
    [0.5, 0],
    [1, 1],
    [10, 1],
    [11, 3],
    [30, 3],
    [31, 4],
    [909, 91],
    [910, 91],
    [911, 100],
    [1_000_000, 100],
    [Number.NaN, 0],
  ];
  for (const [backlog, expected] of backlogs) {
    it(`${backlog} messages want ${expected}`, () => assert.equal(desiredConverters(backlog, USUAL), expected));
  }

  it('is the smallest capacity that drains the backlog in time, for every backlog', () => {
    fc.assert(
      fc.property(rules, fc.integer({ min: 0, max: 200_000 }), (rule, backlog) => {
        assert.equal(desiredConverters(backlog, rule), byDefinition(backlog, rule));
      }),
      { numRuns: 2000 },
    );
  });

  it('never falls where the backlog grows', () => {
    fc.assert(
      fc.property(rules, fc.nat(100_000), fc.nat(100_000), (rule, backlog, more) => {
        const steps = converterSteps(rule);
        assert.ok(capacityFor(backlog + more, steps) >= capacityFor(backlog, steps));
      }),
    );
  });
});
