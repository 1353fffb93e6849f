import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseMirrors } from '@wikifleet/config/mirrors';
import { FleetError } from '@wikifleet/domain/errors';
import { MirrorPool } from './mirror-pool.js';
import type { MirrorRest, Turn } from './mirror-pool.js';
import { openMirror } from './open-mirror.js';

const MIB = 1024 * 1024;
const FOREVER = new AbortController().signal;
const all = (): boolean => true;

describe('MirrorPool', () => {
  /** Real mirrors, none of which is connected to. */
  function poolOf(
    mirrors: readonly { name: string; connections: number; status?: boolean }[],
    options: ConstructorParameters<typeof MirrorPool>[1] = {},
  ): { pool: MirrorPool; rests: MirrorRest[] } {
    const text = JSON.stringify({ mirrors: mirrors.map((m) => ({ ...m, protocol: 'ftp', host: '127.0.0.1' })) });
    const known = parseMirrors(text, 'test').mirrors.map((config) => ({
      config,
      mirror: openMirror(config, { userAgent: 'wikifleet test' }),
    }));
    const rests: MirrorRest[] = [];
    const pool = new MirrorPool(known, { restMs: 40, random: () => 1, onRest: (rest) => rests.push(rest), ...options });
    return { pool, rests };
  }

  const one = async (pool: MirrorPool): Promise<Turn> => await pool.acquire(all, FOREVER);
  const failure = (code: string): FleetError => new FleetError(code, code);

  /** So that `name` is measured at `mibPerSecond`, as well as a test can. */
  async function measure(pool: MirrorPool, name: string, mibPerSecond: number): Promise<void> {
    const turn = await pool.acquire((mirror) => mirror.name === name, FOREVER);
    const began = performance.now();
    await sleep(30);
    turn.done(((performance.now() - began) / 1000) * mibPerSecond * MIB);
  }

  it('tries new mirrors first, each once, those for status last', async () => {
    const { pool } = poolOf([
      { name: 'status', connections: 2, status: true },
      { name: 'a', connections: 2 },
      { name: 'b', connections: 2 },
    ]);
    const names = [];
    for (let i = 0; i < 6; i += 1) names.push((await one(pool)).mirror.name);
    assert.deepEqual(names, ['a', 'b', 'a', 'b', 'status', 'status']);
  });

  it('takes the fastest that is free', async () => {
    const { pool } = poolOf(['slow', 'fast', 'middle'].map((name) => ({ name, connections: 1 })));
    await measure(pool, 'slow', 50);
    await measure(pool, 'fast', 5000);
    await measure(pool, 'middle', 500);
    const names = [(await one(pool)).mirror.name, (await one(pool)).mirror.name, (await one(pool)).mirror.name];
    assert.deepEqual(names, ['fast', 'middle', 'slow']);
  });

  it('says nothing of the speed of a mirror by a small file', async () => {
    const { pool } = poolOf([{ name: 'a', connections: 1 }]);
    (await one(pool)).done(1000);
    assert.equal(pool.speedOf('a'), null);
    await measure(pool, 'a', 100);
    assert.ok(pool.speedOf('a')! > 50 * MIB);
  });

  it('never gives more turns than connections, first come first served', async () => {
    const { pool } = poolOf([{ name: 'a', connections: 2 }]);
    const held = [await one(pool), await one(pool)];
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      const turn = await one(pool);
      order.push(n);
      return turn;
    });
    await sleep(20);
    assert.deepEqual(order, []);
    held[0]!.done(0);
    // twice is once
    held[0]!.done(0);
    held[0]!.failed(failure('MIRROR_DROPPED'), 0);
    await sleep(5);
    assert.deepEqual(order, [1]);
    held[1]!.done(0);
    (await waiting[0]!).done(0);
    await Promise.all(waiting);
    assert.deepEqual(order, [1, 2, 3]);
  });

  it('lets a mirror that fails rest, longer each time and no longer than the bound', async () => {
    const { pool, rests } = poolOf([{ name: 'a', connections: 1 }], { longestRestMs: 100 });
    const began = performance.now();
    for (let i = 0; i < 4; i += 1) (await one(pool)).failed(failure('MIRROR_UNREACHABLE'), 0);
    (await one(pool)).failed(failure('MIRROR_DROPPED'), 1000);
    assert.ok(performance.now() - began >= 40 + 80 + 100 + 100 - 5);
    const expected = [
      [40, 1],
      [80, 2],
      [100, 3],
      [100, 4],
      // one that brought bytes begins anew
      [40, 1],
    ];
    assert.deepEqual(
      rests.map(({ milliseconds, failures }) => [milliseconds, failures]),
      expected,
    );
  });

  it('counts connections that break together as one failure', async () => {
    const { pool, rests } = poolOf([{ name: 'a', connections: 3 }]);
    const turns = [await one(pool), await one(pool), await one(pool)];
    for (const turn of turns) turn.failed(failure('MIRROR_DROPPED'), 0);
    assert.deepEqual(
      rests.map(({ milliseconds, failures }) => [milliseconds, failures]),
      [
        [40, 1],
        [40, 1],
        [40, 1],
      ],
    );
  });

  it('lets a mirror rest longer each time though attempts at it overlap', async () => {
    const { pool, rests } = poolOf([{ name: 'a', connections: 2 }]);
    let first = await one(pool);
    for (let round = 0; round < 4; round += 1) {
      await sleep(5);
      // opened before the other fails, and failing after it
      const second = await one(pool);
      first.failed(failure('MIRROR_UNREACHABLE'), 0);
      first = await one(pool);
      second.failed(failure('MIRROR_UNREACHABLE'), 0);
    }
    assert.deepEqual(
      rests.map(({ failures }) => failures),
      [1, 1, 2, 2, 3, 3, 4, 4],
    );
  });

  it('takes a full house for no failure', async () => {
    const { pool, rests } = poolOf([{ name: 'a', connections: 1 }], { longestBusyMs: 60 });
    for (let i = 0; i < 3; i += 1) (await one(pool)).failed(failure('MIRROR_BUSY'), 0);
    assert.deepEqual(
      rests.map(({ why, milliseconds, failures }) => [why, milliseconds, failures]),
      [
        ['busy', 40, 0],
        ['busy', 60, 0],
        ['busy', 60, 0],
      ],
    );
  });

  it('spreads the rests by chance', async () => {
    const { pool, rests } = poolOf([{ name: 'a', connections: 1 }], { random: () => 0 });
    (await one(pool)).failed(failure('MIRROR_DROPPED'), 0);
    assert.equal(rests[0]?.milliseconds, 20);
  });

  for (const code of ['MIRROR_NOT_FOUND', 'MIRROR_SIZE_DIFFERS']) {
    it(`lets no mirror rest for ${code}`, async () => {
      const { pool, rests } = poolOf([{ name: 'a', connections: 1 }]);
      (await one(pool)).failed(failure(code), 0);
      (await one(pool)).done(0);
      assert.deepEqual(rests, []);
    });
  }

  it('gives the others their turn while one rests', async () => {
    const mirrors = [
      { name: 'a', connections: 1 },
      { name: 'b', connections: 1 },
    ];
    // for an hour: who waits for it does not end
    const { pool: long } = poolOf(mirrors, { restMs: 3_600_000, longestRestMs: 3_600_000 });
    (await long.acquire(({ name }) => name === 'a', FOREVER)).failed(failure('MIRROR_STALLED'), 0);
    assert.equal((await one(long)).mirror.name, 'b');
    const { pool } = poolOf(mirrors);
    const began = performance.now();
    (await pool.acquire(({ name }) => name === 'a', FOREVER)).failed(failure('MIRROR_STALLED'), 0);
    await one(pool);
    assert.equal((await one(pool)).mirror.name, 'a');
    assert.ok(performance.now() - began >= 30);
  });

  it('forgets who aborts, and refuses who accepts none', async () => {
    const { pool } = poolOf([{ name: 'a', connections: 1 }]);
    const held = await one(pool);
    const abort = new AbortController();
    const gone = assert.rejects(pool.acquire(all, abort.signal), /gone/);
    const next = one(pool);
    abort.abort(new Error('gone'));
    await gone;
    held.done(0);
    (await next).done(0);
    await assert.rejects(pool.acquire(all, abort.signal), /gone/);
    await assert.rejects(
      pool.acquire(() => false, FOREVER),
      { code: 'NO_MIRROR' },
    );
  });
});
