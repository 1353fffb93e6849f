import assert from 'node:assert/strict';
import { LocalScaler } from './local-scaler.js';

const depth = (visible: number, inFlight = 0): { visible: number; inFlight: number; delayed: number } => ({
  visible,
  inFlight,
  delayed: 0,
});

describe('LocalScaler', () => {
  it('sleeps without messages, wakes with the first at once, and goes to sleep after three periods without', () => {
    const scaler = new LocalScaler(4);
    assert.equal(scaler.wanted(depth(0), 0, 0), 0);
    assert.equal(scaler.wanted(depth(1), 0, 10), 1);
    const asked = [1200, 2400, 3600, 4800].map((now) => scaler.wanted(depth(0), 1, now));
    assert.deepEqual(asked, [1, 1, 0, 0]);
  });

  it('takes all that it may for a large backlog, and never sends away who may be busy', () => {
    const scaler = new LocalScaler(4);
    assert.equal(scaler.wanted(depth(1000), 0, 0), 4);
    assert.equal(scaler.wanted(depth(0, 1), 4, 2000), 4);
    assert.equal(scaler.wanted(depth(0, 1), 4, 9000), 4);
  });

  it('changes nothing between two periods', () => {
    const scaler = new LocalScaler(4);
    assert.equal(scaler.wanted(depth(1), 0, 0), 1);
    assert.equal(scaler.wanted(depth(1000), 1, 500), 1);
    assert.equal(scaler.wanted(depth(1000), 1, 1000), 4);
  });
});
