import assert from 'node:assert/strict';
import { figureOf, reaches, speedAgainst, TARGETS } from './figures.js';
import type { LegResult, Results } from './results.js';

const leg = (name: string, seconds: readonly number[], peak = 1e6): LegResult => ({
  name,
  title: name,
  gives: 'xml',
  measures: seconds.map((cpu) => ({ cpu, wall: cpu * 2, peak, pinned: true })),
});

describe('figures', () => {
  const medians: [readonly number[], number, number, number][] = [
    [[3], 3, 3, 3],
    [[1, 4], 2.5, 1, 4],
    [[9, 1, 2], 2, 1, 9],
    [[10, 9, 1, 2, 3], 3, 1, 10],
  ];
  for (const [values, median, least, most] of medians) {
    it(`takes ${median} as the median of ${values.join(', ')}`, () => {
      assert.deepEqual(figureOf(values), { median, least, most });
    });
  }

  it('compares two programs round by round, not by their medians', () => {
    // the machine is half as fast in the second round: the ratio does not show it
    const speed = speedAgainst(leg('a', [1, 2, 1]), leg('b', [3, 6, 3.5]), 'cpu');
    assert.deepEqual(speed, { median: 3, least: 3, most: 3.5 });
  });

  it('says nothing of what was not measured', () => {
    const results: Results = { node: 'v20.0.0', processor: 'p', system: 's', versions: {}, suites: [] };
    for (const target of TARGETS) assert.equal(target.reached(results), null, target.title);
  });

  it('judges a speed by its median, and a peak by its highest', () => {
    const speed = TARGETS.find(({ unit }) => unit === '×');
    const peak = TARGETS.find(({ unit }) => unit === 'MB');
    assert.ok(speed !== undefined && peak !== undefined);
    assert.equal(reaches(speed, 1.2, { median: 1.2, least: 0.1, most: 9 }), true);
    assert.equal(reaches(speed, 1.2, { median: 1.19, least: 0.1, most: 9 }), false);
    assert.equal(reaches(peak, 400, { median: 100, least: 50, most: 400 }), true);
    assert.equal(reaches(peak, 400, { median: 100, least: 50, most: 401 }), false);
  });
});
