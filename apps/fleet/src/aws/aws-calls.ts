import { FleetError, UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';

/** Where AWS is spoken, as `readSettings` gives it. */
export interface AwsPlace {
  readonly AWS_ENDPOINT_URL?: string | undefined;
  readonly AWS_REGION: string;
}

/** What every client of an operator's command is made with: nobody waits long for an answer. */
export interface ClientConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
}

export function clientConfig({ AWS_REGION: region, AWS_ENDPOINT_URL: endpoint }: AwsPlace): ClientConfig {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  };
}

const NOT_ALLOWED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedException', 'AuthorizationError']);
const NO_CREDENTIALS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'TokenProviderError',
]);
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'EHOSTUNREACH', 'TimeoutError']);

/** What an endpoint answers that speaks other services of AWS, but not this one; or no answer in its language at all. */
const NOT_SPOKEN = new Set([
  'SyntaxError',
  'InvalidAction',
  'NotImplemented',
  'InternalFailure',
  'UnknownOperationException',
]);

/** Awaits a call; an error says what was asked (`ECS: DescribeServices`), and what is to be done about it. */
export async function asked<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw explained(what, error);
  }
}

/** What a call threw, with what was asked. */
export function explained(what: string, error: unknown): FleetError {
  const name = error instanceof Error ? error.name : '';
  // where an answer is no JSON, the SDK adds lines about itself
  const [message = ''] = messageOf(error).split('\n');
  const options = { cause: error };
  if (error instanceof FleetError) return error;
  if (NOT_ALLOWED.has(name)) {
    return new FleetError('NOT_ALLOWED', `${what}: these credentials may not: ${message}`, options);
  }
  if (NO_CREDENTIALS.has(name)) {
    return new UsageError('NO_CREDENTIALS', `${what}: no credentials that AWS takes: ${message}`, options);
  }
  if (UNREACHABLE.has(name) || UNREACHABLE.has(codeOf(error))) {
    return new UsageError('ENDPOINT_UNREACHABLE', `${what}: not reached: ${message || codeOf(error)}`, options);
  }
  if (NOT_SPOKEN.has(name)) {
    const answer = statusOf(error);
    return new FleetError('NOT_SPOKEN', `${what}: the endpoint does not speak it (${answer}${name})`, options);
  }
  if (name === 'ClusterNotFoundException') {
    return new UsageError('CLUSTER_UNKNOWN', `${what}: no such cluster; WIKIFLEET_CLUSTER names it`, options);
  }
  return new FleetError('CALL_FAILED', `${what}: ${name === '' ? '' : `${name}: `}${message}`, options);
}

/** `HTTP 403, `, where the SDK tells: a proxy's page, say, is not AWS's word. */
function statusOf(error: unknown): string {
  const { $response: response } = error as { $response?: { statusCode?: unknown } };
  return typeof response?.statusCode === 'number' ? `HTTP ${response.statusCode}, ` : '';
}
