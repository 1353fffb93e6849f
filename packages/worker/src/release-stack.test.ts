import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseStack } from './release-stack.js';

describe('ReleaseStack', () => {
  it('releases last in, first out, one after the other, each once', async () => {
    const stack = new ReleaseStack();
    const released: string[] = [];
    for (const [name, ms] of [
      ['store', 0],
      ['queue', 10],
      ['threads', 5],
    ] as const) {
      const opened = stack.defer({ name }, async (resource) => {
        await sleep(ms);
        released.push(resource.name);
      });
      assert.deepEqual(opened, { name });
    }
    await stack.close();
    await stack.close();
    assert.deepEqual(released, ['threads', 'queue', 'store']);
  });

  it('throws the first error after all the rest is released', async () => {
    const stack = new ReleaseStack();
    const released: number[] = [];
    for (const n of [1, 2, 3, 4]) {
      stack.defer(n, () => {
        released.push(n);
        if (n % 2 === 0) throw new Error(`${n} does not close`);
      });
    }
    await assert.rejects(stack.close(), /^Error: 4 does not close$/);
    assert.deepEqual(released, [4, 3, 2, 1]);
    await stack.close();
  });

  it('releases what was opened while it closed', async () => {
    const stack = new ReleaseStack();
    let late = false;
    stack.defer(0, () => {
      stack.defer(1, () => {
        late = true;
      });
    });
    await stack.close();
    assert.equal(late, true);
  });
});
