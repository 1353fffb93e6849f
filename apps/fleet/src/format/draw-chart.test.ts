import assert from 'node:assert/strict';
import { drawChart, timeAxis } from './draw-chart.js';

describe('drawChart', () => {
  const cases: readonly [string, readonly (number | null)[], readonly string[]][] = [
    ['nothing at all', [], ['       0 ┤', '       0 ┤']],
    ['no values', [null, null], ['       0 ┤', '       0 ┤··']],
    ['only zeros', [0, 0], ['       0 ┤', '       0 ┤']],
    ['a full column, half of one, and a gap', [16, 8, null, 16], ['      16 ┤█  █', '       0 ┤██·█']],
    ['one of very many is seen', [100_000, 1], ['  100000 ┤█', '       0 ┤█▁']],
    ['eighths', [16, 12, 9, 4], ['      16 ┤█▄▁', '       0 ┤███▄']],
  ];
  for (const [name, columns, expected] of cases) {
    it(name, () => assert.deepEqual(drawChart(columns, 2), expected));
  }
});

describe('timeAxis', () => {
  it('has hours and minutes within a day, and days beyond', () => {
    const from = new Date('2026-10-01T10:00:00Z');
    assert.equal(timeAxis(from, new Date('2026-10-01T13:00:00Z'), 30).trim(), '10:00       11:30        13:00 UTC');
    assert.match(timeAxis(from, new Date('2026-10-04T10:00:00Z'), 60), /10-01 10:00 +10-02 22:00 +10-04 10:00 UTC$/);
  });
});
