import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { PartMemory } from './part-memory.js';

const { signal } = new AbortController();

describe('PartMemory', () => {
  it('gives so many buffers and no more, in the order in which they are asked for', async () => {
    const memory = new PartMemory(2);
    const [one] = [await memory.take(10, signal), await memory.take(10, signal)];
    const order: string[] = [];
    const waiting = ['a', 'b'].map(async (name) => {
      const buffer = await memory.take(10, signal);
      order.push(name);
      return buffer;
    });
    await turn();
    assert.deepEqual(order, []);
    memory.give(one);
    assert.equal(await waiting[0], one, 'memory is used again');
    await turn();
    assert.deepEqual(order, ['a']);
    memory.drop();
    assert.notEqual(await waiting[1], one, 'what was dropped is not');
    assert.deepEqual(order, ['a', 'b']);
  });

  it('takes no buffer for one of another size', async () => {
    const memory = new PartMemory(1);
    memory.give(await memory.take(10, signal));
    assert.equal((await memory.take(20, signal)).length, 20);
  });

  it('ends a wait by its signal, and loses nothing by it', async () => {
    const memory = new PartMemory(1);
    const one = await memory.take(10, signal);
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const ended = assert.rejects(memory.take(10, controller.signal), reason);
    const next = memory.take(10, signal);
    controller.abort(reason);
    await ended;
    await assert.rejects(memory.take(10, controller.signal), reason);
    memory.give(one);
    assert.equal(await next, one);
  });
});
