import assert from 'node:assert/strict';
import fc from 'fast-check';
import { endOf, seriesOf, spanOf } from './queue-metrics.js';

describe('spanOf', () => {
  it('is whole minutes, no wider than it may be, as long as was asked for, and ends after now', () => {
    const times = fc.integer({ min: 1_600_000_000, max: 1_900_000_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 336 }), times, (hours, seconds) => {
        const now = new Date(seconds * 1000);
        const span = spanOf(hours, 72, now);
        assert.equal(span.periodSeconds % 60, 0);
        assert.ok(span.periods <= 72 && span.periods * span.periodSeconds >= hours * 3600);
        assert.ok(endOf(span) > now && endOf(span).getTime() - now.getTime() <= span.periodSeconds * 1000);
        assert.equal((span.from.getTime() / 1000) % span.periodSeconds, 0);
      }),
    );
  });
  it('has a column a minute in an hour, and three in three', () => {
    const now = new Date('2026-10-01T12:00:30Z');
    assert.deepEqual([spanOf(1, 72, now).periodSeconds, spanOf(3, 72, now).periodSeconds], [60, 180]);
    assert.equal(spanOf(1, 72, now).from.toISOString(), '2026-10-01T11:01:00.000Z');
  });
});

describe('seriesOf', () => {
  it('adds what was visible and in flight in the same minute, not in the same column', () => {
    const minutes = {
      visible: [7, 5, null, null, null, 0],
      inFlight: [0, 2, null, null, 1, 0],
      outstanding: [null, null, null, null, 9, null],
    };
    assert.deepEqual(seriesOf('q', minutes, 2), {
      queue: 'q',
      visible: [7, null, 0],
      inFlight: [2, null, 1],
      outstanding: [null, null, 9],
      backlog: [7, null, 9],
    });
  });
});
