import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { EventHeap } from './event-heap.js';
import { Fifo } from './fifo.js';
import { seededLifetime } from './seeded-lifetime.js';
import { Timeline } from './timeline.js';

describe('events in their order', () => {
  it('comes out by time, and of the same time as it went in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
        const heap = new EventHeap<number>();
        for (const [order, at] of times.entries()) heap.add(at, order);
        const taken: number[] = [];
        while (heap.nextAt < Infinity) taken.push(heap.take()!);
        const expected = [...times.keys()].toSorted((a, b) => times[a]! - times[b]! || a - b);
        assert.deepEqual(taken, expected);
        assert.equal(heap.take(), undefined);
      }),
    );
  });

  it('a queue gives what it was given, also past its first thousand', () => {
    const queue = new Fifo<number>();
    const taken: (number | undefined)[] = [];
    for (let at = 0; at < 5000; at += 1) {
      queue.add(at);
      if (at % 3 !== 0) taken.push(queue.take());
    }
    while (queue.peek() !== undefined) taken.push(queue.take());
    assert.deepEqual(taken, [...Array(5000).keys()]);
    assert.equal(queue.take(), undefined);
  });
});

describe('the hand that interrupts', () => {
  it('takes nobody where the rate is 0', () => assert.equal(seededLifetime(1, 1, 0), Infinity));

  it('takes a task after the mean time, on average', () => {
    const lives = Array.from({ length: 20_000 }, (_, task) => seededLifetime(7, task, 2));
    const mean = lives.reduce((sum, life) => sum + life, 0) / lives.length;
    assert.ok(Math.abs(mean - 1800) < 60, `${mean}`);
    assert.equal(new Set(lives).size, lives.length);
  });
});

describe('a timeline', () => {
  it('has 256 points at most, however long it grows, and loses nothing', () => {
    const timeline = new Timeline();
    const none = { bytes: 0, transfers: 0, backlog: 0, wanted: 0, tasks: 0, busy: 0 };
    timeline.add(0, 10.5, { ...none, bytes: 2, tasks: 1 });
    timeline.add(10.5, 1e7, { ...none, bytes: 1 });
    const points = timeline.points();
    assert.ok(points.length > 100 && points.length <= 256);
    const bytes = points.reduce((sum, { bytesPerSecond, seconds }) => sum + bytesPerSecond * seconds, 0);
    assert.ok(Math.abs(bytes - (21 + 1e7 - 10.5)) < 1e-3);
    assert.ok(Math.abs(points[0]!.tasks * points[0]!.seconds - 10.5) < 1e-9);
  });

  it('is empty where no time passed', () => assert.deepEqual(new Timeline().points(), []));
});
