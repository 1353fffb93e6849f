import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Slots } from './slots.js';

describe('Slots', () => {
  it('serves first come first, and never more than its limit', async () => {
    const slots = new Slots(2);
    const order: number[] = [];
    let now = 0;
    let peak = 0;
    const work = Array.from({ length: 8 }, async (_, at) => {
      const release = await slots.acquire();
      order.push(at);
      peak = Math.max(peak, (now += 1));
      await turn();
      now -= 1;
      release();
      release();
    });
    await Promise.all(work);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal(peak, 2);
  });

  it('forgets who aborts', async () => {
    const slots = new Slots(1);
    const release = await slots.acquire();
    const abort = new AbortController();
    const gone = slots.acquire(abort.signal);
    const next = slots.acquire();
    abort.abort(new Error('gone'));
    await assert.rejects(gone, /gone/);
    release();
    (await next)();
    await assert.rejects(slots.acquire(abort.signal), /gone/);
    (await slots.acquire())();
  });

  it('refuses all after close', async () => {
    const slots = new Slots(1);
    const release = await slots.acquire();
    const waiting = assert.rejects(slots.acquire(), /closed/);
    slots.close(new Error('closed'));
    await waiting;
    release();
    await assert.rejects(slots.acquire(), /closed/);
  });
});
