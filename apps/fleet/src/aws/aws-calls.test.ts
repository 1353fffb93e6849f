import assert from 'node:assert/strict';
import { FleetError, UsageError } from '@wikifleet/domain/errors';
import { asked, clientConfig, explained } from './aws-calls.js';

/** An error as the SDK throws it. */
function thrown(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

const NOT_AUTHORIZED =
  'User: arn:aws:iam::123456789012:user/somebody is not authorized to perform: ecs:DescribeServices on resource: ' +
  'arn:aws:ecs:us-east-1:123456789012:service/wikifleet/wikifleet-converter because no identity-based policy allows the action';

describe('explained', () => {
  const cases: readonly [string, unknown, string, boolean, RegExp][] = [
    [
      'no permission',
      thrown('AccessDeniedException', NOT_AUTHORIZED),
      'NOT_ALLOWED',
      false,
      /may not: User: .*ecs:DescribeServices/,
    ],
    [
      'no permission, of SQS',
      thrown('AccessDenied', 'Access to the resource is denied.'),
      'NOT_ALLOWED',
      false,
      /may not/,
    ],
    [
      'no credentials',
      thrown('CredentialsProviderError', 'Could not load credentials'),
      'NO_CREDENTIALS',
      true,
      /takes/,
    ],
    [
      'old credentials',
      thrown('ExpiredTokenException', 'The security token is expired'),
      'NO_CREDENTIALS',
      true,
      /expired/,
    ],
    [
      'nobody there',
      thrown('Error', '', { code: 'ECONNREFUSED' }),
      'ENDPOINT_UNREACHABLE',
      true,
      /not reached: ECONNREFUSED|not reached: Error/,
    ],
    ['no answer', thrown('TimeoutError', 'timed out after 20000 ms'), 'ENDPOINT_UNREACHABLE', true, /timed out/],
    [
      'a cluster that is not there',
      thrown('ClusterNotFoundException', 'Cluster not found.'),
      'CLUSTER_UNKNOWN',
      true,
      /WIKIFLEET_CLUSTER names it/,
    ],
    [
      'a page of HTML',
      thrown('SyntaxError', "Unexpected token '<'\n  Deserialization error: inspect", {
        $response: { statusCode: 502 },
      }),
      'NOT_SPOKEN',
      false,
      /does not speak it \(HTTP 502, SyntaxError\)$/,
    ],
    [
      'an endpoint of less',
      thrown('InternalFailure', "API for service 'ecs' not yet implemented"),
      'NOT_SPOKEN',
      false,
      /speak it \(InternalFailure\)/,
    ],
    [
      'anything else',
      thrown('ThrottlingException', 'Rate exceeded\nmore'),
      'CALL_FAILED',
      false,
      /ThrottlingException: Rate exceeded$/,
    ],
    ['no error at all', 'text', 'CALL_FAILED', false, /ECS: text$/],
  ];
  for (const [name, error, code, usage, says] of cases) {
    it(name, () => {
      const found = explained('ECS', error);
      assert.equal(found.code, code);
      assert.equal(found instanceof UsageError, usage);
      assert.match(found.message, says);
      assert.match(found.message, /^ECS: /);
    });
  }
  it('leaves ours as they are', () => {
    const ours = new FleetError('A', 'b');
    assert.equal(explained('ECS', ours), ours);
  });
});

describe('asked', () => {
  it('gives the answer, or throws what `explained` makes of the error', async () => {
    assert.equal(await asked('ECS', Promise.resolve(7)), 7);
    await assert.rejects(asked('ECS', Promise.reject(new Error('x'))), {
      code: 'CALL_FAILED',
      message: /^ECS: Error: x/,
    });
  });
});

describe('clientConfig', () => {
  it('sets the endpoint on the client where there is one, and bounds every call', () => {
    assert.ok(!('endpoint' in clientConfig({ AWS_REGION: 'eu-west-1' })));
    const config = clientConfig({ AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    assert.equal(config.endpoint, 'http://127.0.0.1:1');
    assert.ok(config.requestHandler.requestTimeout <= 20_000 && config.maxAttempts <= 3);
  });
});
