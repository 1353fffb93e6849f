import assert from 'node:assert/strict';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import type { Delivery, Outcome } from '@wikifleet/queue/leased-consumer';
import { Queue } from '@wikifleet/queue/queue';
import { createLog } from './log.js';
import { GIVE_UP_AT, retryDelay, verdictOf } from './retries.js';
import { settle } from './service.js';
import type { Service } from './service.js';

const LOG = createLog('test', 'silent');
const STOPPED = new FleetError('SERVICE_STOPPED', 'the service stops');
const LOST = new FleetError('LEASE_LOST', 'the lease was lost');

interface Happened {
  readonly outcome: Outcome;
  readonly worked: boolean;
  readonly givenUp: { code: string; receiveCount: number } | null;
}

async function settled(
  body: string,
  handle: () => Promise<void>,
  delivery: Partial<Delivery> = {},
  giveUp: () => Promise<void> = async () => await Promise.resolve(),
): Promise<Happened> {
  let worked = false;
  const described: unknown[] = [];
  let givenUp: Happened['givenUp'] = null;
  const service: Service<{ n: number }> = {
    queue: new Queue({} as SQSClient, 'url', 'dead'),
    slots: 1,
    parse: (text) => {
      if (text !== 'job') throw new PermanentError('JOB_MALFORMED', `no job: ${text}`);
      return { n: 1 };
    },
    describe: (job) => ({ ...job }),
    handle: async () => {
      worked = true;
      await handle();
    },
    giveUp: async (_, error, receiveCount) => {
      givenUp = { code: (error as FleetError).code, receiveCount };
      await giveUp();
    },
  };
  const { signal } = new AbortController();
  const outcome = await settle(service, LOG, {
    body,
    messageId: 'm',
    receiveCount: 1,
    signal,
    describe: (fields) => void described.push(fields),
    ...delivery,
  });
  return { outcome, worked, givenUp };
}

function fail(thrown: unknown): () => Promise<void> {
  return async () => await Promise.reject(thrown);
}

const succeed = async (): Promise<void> => await Promise.resolve();

describe('settle', () => {
  it('dead-letters what is no job, without giving it up: nobody knows whose it was', async () => {
    assert.deepEqual(await settled('nonsense', succeed), {
      outcome: { kind: 'dead-letter', code: 'JOB_MALFORMED', reason: 'no job: nonsense' },
      worked: false,
      givenUp: null,
    });
  });

  it('acknowledges what is done', async () => {
    assert.deepEqual(await settled('job', succeed), { outcome: { kind: 'acknowledge' }, worked: true, givenUp: null });
  });

  it('acknowledges what was done all the same when the service stopped', async () => {
    const { outcome } = await settled('job', succeed, { signal: AbortSignal.abort(STOPPED) });
    assert.deepEqual(outcome, { kind: 'acknowledge' });
  });

  it('gives up what can never succeed, at once', async () => {
    const { outcome, givenUp } = await settled('job', fail(new PermanentError('CHECKSUM_DIFFERS', 'a, not b')));
    assert.deepEqual(outcome, { kind: 'dead-letter', code: 'CHECKSUM_DIFFERS', reason: 'a, not b' });
    assert.deepEqual(givenUp, { code: 'CHECKSUM_DIFFERS', receiveCount: 1 });
  });

  const retried: [what: string, error: unknown][] = [
    ['an error of ours', new FleetError('MIRROR_CUT', 'cut')],
    ['an error of Node', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
    ['what nobody expected', new TypeError('x is not a function')],
    ['what is no error', 'text'],
    ['an abort that was not ours', new DOMException('aborted', 'AbortError')],
    ['an error caused by a permanent one', new FleetError('X', 'x', { cause: new PermanentError('Y', 'y') })],
  ];
  for (const [what, error] of retried) {
    it(`tries again after ${what}`, async () => {
      const { outcome, givenUp } = await settled('job', fail(error), { receiveCount: 3 });
      assert.ok(outcome.kind === 'hand-back' && outcome.seconds >= 20 && outcome.seconds <= 25);
      assert.equal(givenUp, null);
    });
  }

  for (const thrown of [
    new DOMException('aborted', 'AbortError'),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
    new PermanentError('SIZE_DIFFERS', 'cut by the abort'),
    STOPPED,
  ]) {
    it(`hands back at once what the stop broke off, whatever it threw: ${thrown.message}`, async () => {
      const { outcome, givenUp } = await settled('job', fail(thrown), { signal: AbortSignal.abort(STOPPED) });
      assert.deepEqual(outcome, { kind: 'hand-back', seconds: 0 });
      assert.equal(givenUp, null);
    });
  }

  it('gives nothing up whose lease was lost', async () => {
    const { outcome, givenUp } = await settled('job', fail(new PermanentError('X', 'x')), {
      signal: AbortSignal.abort(LOST),
    });
    assert.equal(outcome.kind, 'hand-back');
    assert.equal(givenUp, null);
  });

  for (const [receiveCount, signal] of [
    [GIVE_UP_AT, new AbortController().signal],
    [GIVE_UP_AT + 1, new AbortController().signal],
    [GIVE_UP_AT, AbortSignal.abort(STOPPED)],
  ] as const) {
    it(`gives up before any work when it was received ${receiveCount} times${signal.aborted ? ', also while it stops' : ''}`, async () => {
      const { outcome, worked, givenUp } = await settled('job', succeed, { receiveCount, signal });
      assert.ok(outcome.kind === 'dead-letter' && outcome.code === 'GIVEN_UP');
      assert.equal(outcome.reason, `received ${receiveCount} times and never finished`);
      assert.equal(worked, false);
      assert.deepEqual(givenUp, { code: 'GIVEN_UP', receiveCount });
    });
  }

  it('works when it was received once less', async () => {
    const { outcome, worked } = await settled('job', succeed, { receiveCount: GIVE_UP_AT - 1 });
    assert.equal(worked, true);
    assert.deepEqual(outcome, { kind: 'acknowledge' });
  });

  it('dead-letters nothing whose failure could not be written down', async () => {
    const noStore = fail(new Error('no store'));
    await assert.rejects(settled('job', fail(new PermanentError('X', 'x')), {}, noStore), /no store/);
    await assert.rejects(settled('job', succeed, { receiveCount: GIVE_UP_AT }, noStore), /no store/);
  });
});

describe('retryDelay', () => {
  for (const [receiveCount, least] of [
    [1, 5],
    [2, 10],
    [3, 20],
    [6, 160],
    [7, 300],
    [18, 300],
    [1000, 300],
  ] as const) {
    it(`is ${least} s and up to a quarter more the ${receiveCount}. time`, () => {
      assert.equal(
        retryDelay(receiveCount, () => 0),
        least,
      );
      assert.equal(
        retryDelay(receiveCount, () => 0.999_999),
        Math.round(least * 1.249_999),
      );
      const seconds = retryDelay(receiveCount);
      assert.ok(Number.isInteger(seconds) && seconds >= least && seconds <= Math.round(least * 1.25));
    });
  }
});

describe('verdictOf', () => {
  it('takes nothing for permanent but what says so', () => {
    assert.equal(verdictOf(new PermanentError('X', 'x')), 'give-up');
    assert.equal(verdictOf(STOPPED), 'stopped');
    assert.equal(verdictOf(LOST), 'lease-lost');
    for (const error of [null, undefined, 0, new Error('x'), { code: 'LEASE_LOST' }])
      assert.equal(verdictOf(error), 'retry');
  });
});
