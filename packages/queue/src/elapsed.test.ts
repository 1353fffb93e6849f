import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { elapsedSince, thisMoment } from './elapsed.js';

describe('elapsedSince', () => {
  const began = 1_000_000_000_000;
  let monotonic = 500;
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'], now: began });
    mock.method(performance, 'now', () => monotonic);
    monotonic = 500;
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  const cases: [what: string, wallMs: number, monotonicMs: number, expected: number][] = [
    ['both clocks run', 5000, 5000, 5000],
    ['the wall clock was set back', -3_600_000, 5000, 5000],
    ['the machine slept', 60_000, 5000, 60_000],
    ['the wall clock was set forward', 3_600_000, 5000, 3_600_000],
    ['no time passed', 0, 0, 0],
  ];
  for (const [what, wallMs, monotonicMs, expected] of cases) {
    it(`is the longest time that can have passed: ${what}`, () => {
      const moment = thisMoment();
      mock.timers.setTime(began + wallMs);
      monotonic += monotonicMs;
      assert.equal(elapsedSince(moment), expected);
    });
  }
});
