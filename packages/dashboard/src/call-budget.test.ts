import assert from 'node:assert/strict';
import { CallBudget } from './call-budget.js';
import { Rate } from './rate.js';

describe('the budget of calls', () => {
  it('lets no more through than its burst and what time gives', async () => {
    const budget = new CallBudget(600);
    const controller = new AbortController();
    const began = performance.now();
    let made = 0;
    const callers = Array.from({ length: 8 }, async () => {
      for (;;) {
        await budget.take(controller.signal);
        made += 1;
      }
    });
    setTimeout(() => controller.abort(), 1000);
    await Promise.allSettled(callers);
    const seconds = (performance.now() - began) / 1000;
    // 240 at once, then 6 a second
    assert.ok(made <= 240 + 6 * seconds + 1 && made >= 240 + 3, `${made} calls in ${seconds} s`);
    assert.equal(budget.lastMinute, made);
  });

  it('ends waiting when it is told to', async () => {
    const budget = new CallBudget(5);
    const controller = new AbortController();
    await budget.take(controller.signal);
    await budget.take(controller.signal);
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(budget.take(controller.signal), { name: 'AbortError' });
  });
});

describe('a rate over the last minute', () => {
  const now = Date.now();
  for (const [name, events, since, expected] of [
    ['nothing', [], null, 0],
    [
      'a minute of work',
      [
        [-50, 300],
        [-10, 300],
      ],
      -3600,
      10,
    ],
    [
      'what is older does not count',
      [
        [-61, 6000],
        [-10, 60],
      ],
      -3600,
      1,
    ],
    [
      'a run that began ten seconds ago',
      [
        [-5, 50],
        [-1, 50],
      ],
      -10,
      10,
    ],
    ['a run that has just begun', [[0, 10]], 0, 5],
  ] as const) {
    it(`${name}: ${expected} a second`, () => {
      const rate = new Rate();
      for (const [at, amount] of events) rate.add(new Date(now + 1000 * at), amount, now);
      assert.equal(rate.perSecond(since === null ? null : now + 1000 * since, now), expected);
    });
  }
});
