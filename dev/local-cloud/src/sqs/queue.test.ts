import assert from 'node:assert/strict';
import { FRESH } from './message.js';
import type { Message } from './message.js';
import { defaultAttributes, mergeAttributes } from './queue-attributes.js';
import { Queue } from './queue.js';
import { requireRoom } from './send-operations.js';

const newQueue = (changes: Readonly<Record<string, string>> = {}): Queue =>
  new Queue(
    'q',
    'arn:aws:sqs:us-east-1:000000000000:q',
    mergeAttributes(defaultAttributes(), new Map(Object.entries(changes))),
    0,
  );
const content = (id: string, sentAt = 0, body = 'm'): Message['content'] => ({ id, body, sentAt });
const order = (queue: Queue): string[] => [...queue.messages()].map((message) => message.content.id);
const get = (queue: Queue, id: string): Message => {
  const message = queue.find(id);
  assert.ok(message);
  return message;
};

describe('Queue', () => {
  it('refuses messages beyond 256 MiB with OverLimit', () => {
    const queue = newQueue();
    // one string, many messages: the limit counts each
    const body = 'm'.repeat(1_048_576);
    let sent = 0;
    assert.throws(
      () => {
        for (; sent < 300; sent += 1) {
          requireRoom(queue, content(`${sent}`, 0, body));
          queue.add(content(`${sent}`, 0, body));
        }
      },
      { code: 'OverLimit' },
    );
    assert.equal(sent, 255);
    queue.remove('7');
    requireRoom(queue, content('again', 0, body));
  });

  it('drops messages when their retention is over, in whatever state', () => {
    const queue = newQueue({ MessageRetentionPeriod: '60' });
    queue.add(content('late', 50_000));
    queue.add(content('ready', 1_000));
    queue.add(content('inflight', 2_000), { ...FRESH, state: 'inflight', wakeAt: 500_000 });
    queue.advance(60_999);
    assert.equal(order(queue).length, 3);
    queue.advance(61_000);
    assert.deepEqual(order(queue).sort(), ['inflight', 'late']);
    queue.advance(62_000);
    assert.deepEqual(order(queue), ['late']);
    queue.advance(110_000);
    assert.deepEqual([order(queue), queue.counts, queue.weight], [[], { ready: 0, delayed: 0, inflight: 0 }, 0]);
  });

  it('puts a message that is given back in front, one whose time is over at the end', () => {
    const queue = newQueue();
    for (const id of ['a', 'b', 'c']) queue.add(content(id));
    for (const id of ['a', 'b']) queue.update(get(queue, id), { ...FRESH, state: 'inflight', wakeAt: 10 });
    assert.deepEqual(order(queue), ['c', 'a', 'b']);
    assert.equal(queue.first?.content.id, 'c');
    queue.update(get(queue, 'a'), FRESH, true);
    queue.advance(10);
    assert.deepEqual(order(queue), ['a', 'c', 'b']);
  });

  it('keeps its counts and deadlines through any sequence of changes, as a plain list does', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const queue = newQueue({ MessageRetentionPeriod: '1209600' });
    const model = new Map<string, { state: string; wakeAt: number }>();
    let now = 0;
    for (let step = 0; step < 20_000; step += 1) {
      const id = `${random(50)}`;
      const wakeAt = now + 1 + random(40);
      const state = (['ready', 'delayed', 'inflight'] as const)[random(3)] ?? 'ready';
      const progress = { ...FRESH, state, wakeAt: state === 'ready' ? 0 : wakeAt };
      const message = queue.find(id);
      assert.equal(message !== undefined, model.has(id));
      if (message === undefined) queue.add(content(id), progress);
      else if (random(4) === 0) queue.remove(id);
      else queue.update(message, progress, random(2) === 0);
      if (queue.find(id) === undefined) model.delete(id);
      else model.set(id, progress);
      now += random(3);
      queue.advance(now);
      for (const entry of model.values()) if (entry.state !== 'ready' && entry.wakeAt <= now) entry.state = 'ready';
      const count = (wanted: string): number => [...model.values()].filter((entry) => entry.state === wanted).length;
      assert.deepEqual(queue.counts, { ready: count('ready'), delayed: count('delayed'), inflight: count('inflight') });
      const waiting = [...model.values()].filter((entry) => entry.state !== 'ready').map((entry) => entry.wakeAt);
      assert.equal(queue.nextDeadline(), waiting.length === 0 ? undefined : Math.min(...waiting));
      assert.deepEqual(order(queue).sort(), [...model.keys()].sort());
    }
  });
});
