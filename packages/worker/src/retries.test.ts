import assert from 'node:assert/strict';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { retryDelay, troubleOf, verdictOf } from './retries.js';
import type { Trouble, Verdict } from './retries.js';

/** An error as Node throws it. */
function node(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

/** An error as the SDK throws it. */
function sdk(name: string, httpStatusCode?: number): Error {
  const error = Object.assign(new Error(name), { name, $metadata: { httpStatusCode, attempts: 5 } });
  return error;
}

const SECONDS: Readonly<Record<Trouble, number>> = {
  throttled: 10,
  access: 60,
  server: 5,
  connection: 5,
  mirror: 5,
  contested: 5,
  unknown: 5,
};

describe('the table of retries', () => {
  const table: [what: string, error: unknown, verdict: Verdict, trouble: Trouble][] = [
    ['a malformed message', new PermanentError('JOB_MALFORMED', 'no job'), 'give-up', 'unknown'],
    ['a checksum that was wrong twice', new PermanentError('CHECKSUM_DIFFERS', 'a, not b'), 'give-up', 'unknown'],
    ['a broken block', new PermanentError('BZIP2_CRC', 'a, not b'), 'give-up', 'unknown'],
    ['a size that differs twice', new PermanentError('SIZE_DIFFERS', '1, not 2'), 'give-up', 'mirror'],
    ['the stop', new FleetError('SERVICE_STOPPED', 'the service stops'), 'stopped', 'unknown'],
    ['the lost lease', new FleetError('LEASE_LOST', 'lost'), 'lease-lost', 'unknown'],
    ['S3: SlowDown', sdk('SlowDown', 503), 'retry', 'throttled'],
    ['S3: 429 by whatever name', sdk('Surprise', 429), 'retry', 'throttled'],
    ['SQS: ThrottlingException', sdk('ThrottlingException', 400), 'retry', 'throttled'],
    ['SQS: RequestThrottled', sdk('RequestThrottled', 403), 'retry', 'throttled'],
    ['SQS: OverLimit', sdk('OverLimit', 403), 'retry', 'throttled'],
    ['SQS: KmsThrottled', sdk('KmsThrottled', 400), 'retry', 'throttled'],
    ['S3: InternalError', sdk('InternalError', 500), 'retry', 'server'],
    ['S3: ServiceUnavailable', sdk('ServiceUnavailable', 503), 'retry', 'server'],
    ['a 502 without a name', sdk('Unknown', 502), 'retry', 'server'],
    ['a 504 of a proxy', sdk('Error', 504), 'retry', 'server'],
    ['S3: AccessDenied', sdk('AccessDenied', 403), 'retry', 'access'],
    ['a 403 on HEAD, which has no body to name it', sdk('Unknown', 403), 'retry', 'access'],
    ['SQS: KmsDisabled', sdk('KmsDisabled', 400), 'retry', 'access'],
    ['S3: NoSuchBucket', sdk('NoSuchBucket', 404), 'retry', 'access'],
    ['credentials that ran out', sdk('ExpiredTokenException', 400), 'retry', 'access'],
    ['no credentials', sdk('CredentialsProviderError'), 'retry', 'access'],
    ['a reset', node('ECONNRESET'), 'retry', 'connection'],
    ['a pipe that broke', node('EPIPE'), 'retry', 'connection'],
    ['nobody at the port', node('ECONNREFUSED'), 'retry', 'connection'],
    ['a name server that is away', node('EAI_AGAIN'), 'retry', 'connection'],
    ['a timeout of the SDK', sdk('TimeoutError'), 'retry', 'connection'],
    ['S3: RequestTimeout', sdk('RequestTimeout', 400), 'retry', 'connection'],
    ['a body that was cut', new FleetError('OBJECT_CUT', 'cut'), 'retry', 'connection'],
    ['a reset under a wrapper', new TypeError('fetch failed', { cause: node('ECONNRESET') }), 'retry', 'connection'],
    ['a mirror that dropped', new FleetError('MIRROR_DROPPED', 'dropped'), 'retry', 'mirror'],
    ['a size that differs once', new FleetError('SIZE_DIFFERS', '1, not 2'), 'retry', 'mirror'],
    ['a part of two', new FleetError('PART_CONTESTED', 'x'), 'retry', 'contested'],
    ['S3: 409', sdk('ConditionalRequestConflict', 409), 'retry', 'contested'],
    [
      'an error caused by a permanent one',
      new FleetError('X', 'x', { cause: new PermanentError('Y', 'y') }),
      'retry',
      'unknown',
    ],
    ['what nobody expected', new RangeError('x'), 'retry', 'unknown'],
    ['what is no error', 'SlowDown', 'retry', 'unknown'],
    ['nothing', undefined, 'retry', 'unknown'],
    ['an object like an error', { code: 'ECONNRESET' }, 'retry', 'unknown'],
  ];
  for (const [what, error, verdict, trouble] of table) {
    it(`${what}: ${verdict}, ${trouble}`, () => {
      assert.deepEqual([verdictOf(error), troubleOf(error)], [verdict, trouble]);
      const least = (): number => 0;
      assert.equal(retryDelay(1, least, error), SECONDS[trouble]);
      assert.equal(
        retryDelay(2, least, error),
        Math.min(300, 2 * SECONDS[trouble]),
        'twice as long after each attempt',
      );
      assert.equal(retryDelay(3, least, error), Math.min(300, 4 * SECONDS[trouble]));
      assert.equal(retryDelay(18, least, error), 300, 'never longer');
    });
  }

  it('looks no deeper than five causes, and into no circle', () => {
    let error = node('ECONNRESET');
    for (let depth = 0; depth < 5; depth += 1) error = new Error('wrapped', { cause: error });
    assert.equal(troubleOf(error), 'unknown');
    const circle = new Error('a');
    circle.cause = circle;
    assert.equal(troubleOf(circle), 'unknown');
  });
});
