import { FleetError, PermanentError, codeOf } from '@wikifleet/domain/errors';

/** A delivery received this often is given up by our own hand, so that SQS never moves it (at 20) without a reason. */
export const GIVE_UP_AT = 19;

export type Verdict = 'retry' | 'give-up' | 'stopped' | 'lease-lost';

/** What kind of failure a retry is to mend, for logs and for how long to wait. */
export type Trouble = 'throttled' | 'server' | 'connection' | 'mirror' | 'contested' | 'access' | 'unknown';

interface Rule {
  readonly trouble: Trouble;
  /** Codes of ours, of Node, and names of the SDK's errors. */
  readonly codes: RegExp;
  /** HTTP statuses of the SDK's errors; null: none. */
  readonly statuses: RegExp | null;
  /** Seconds until the first retry; each later one waits twice as long, 300 s at most. */
  readonly seconds: number;
}

/**
 * Which errors are worth a retry, and after how long; the first rule that fits counts. Not in it, since no retry mends
 * them: `PermanentError` (a malformed message, a checksum that was wrong twice, a file that lies). What is not in it is
 * worth a retry too: deliveries are counted, and nothing is tried for ever.
 */
const RULES: readonly Rule[] = [
  {
    trouble: 'throttled',
    codes:
      /^(?:SlowDown|Throttl\w*|RequestThrottl\w*|RequestLimitExceeded|OverLimit|TooManyRequests\w*|KmsThrottled|ProvisionedThroughputExceeded\w*|BandwidthLimitExceeded)$/,
    statuses: /^429$/,
    seconds: 10,
  },
  // what an operator has to mend takes minutes, and is no message's fault
  {
    trouble: 'access',
    codes:
      /^(?:AccessDenied\w*|Kms(?:AccessDenied|Disabled|NotFound|InvalidState|InvalidKeyUsage|OptInRequired)|ExpiredToken\w*|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClient\w*|SignatureDoesNotMatch|CredentialsProviderError|NoSuchBucket|QueueDoesNotExist)$/,
    statuses: /^40[13]$/,
    seconds: 60,
  },
  {
    trouble: 'server',
    codes: /^(?:InternalError|InternalFailure|InternalServerError|ServiceUnavailable\w*|ServiceFailure)$/,
    statuses: /^5\d\d$/,
    seconds: 5,
  },
  {
    trouble: 'connection',
    codes:
      /^(?:ECONN(?:RESET|REFUSED|ABORTED)|EPIPE|ETIMEDOUT|ESOCKETTIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|RequestTimeout\w*|TimeoutError|NetworkingError|OBJECT_CUT|OBJECT_UNREADABLE)$/,
    statuses: /^408$/,
    seconds: 5,
  },
  { trouble: 'mirror', codes: /^(?:MIRROR_\w+|NO_MIRROR|SIZE_DIFFERS)$/, statuses: null, seconds: 5 },
  // somebody else is at the same work: it will be done by then
  {
    trouble: 'contested',
    codes:
      /^(?:RAW_CONTESTED|PART_CONTESTED|RECEIPT_CONTESTED|MANIFEST_CONTESTED|RAW_RECORD_MISSING|PARTS_VERSION_DIFFERS|OBJECT_CHANGED|ConditionalRequestConflict|OperationAborted)$/,
    statuses: /^409$/,
    seconds: 5,
  },
];
const UNKNOWN_SECONDS = 5;
const MAX_SECONDS = 300;
const MAX_CAUSES = 5;

/** What an error means for the message it happened on. What is not known is worth another try: deliveries are counted. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof PermanentError) return 'give-up';
  if (error instanceof FleetError && error.code === 'SERVICE_STOPPED') return 'stopped';
  if (error instanceof FleetError && error.code === 'LEASE_LOST') return 'lease-lost';
  return 'retry';
}

/** The kind of failure, by the error itself or by what caused it. */
export function troubleOf(error: unknown): Trouble {
  return ruleOf(error)?.trouble ?? 'unknown';
}

function ruleOf(error: unknown): Rule | undefined {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    const [code, status] = [codeOf(cause), statusOf(cause)];
    // of Node's errors the code counts, of the SDK's the name
    const names = [code, cause.name];
    const rule = RULES.find(
      ({ codes, statuses }) => names.some((name) => codes.test(name)) || statuses?.test(status) === true,
    );
    if (rule !== undefined) return rule;
    cause = cause.cause;
  }
  return undefined;
}

/** The HTTP status of an answer that the SDK made an error of; empty where it is none. */
function statusOf(error: Error): string {
  const { $metadata: metadata }: { $metadata?: unknown } = error as { $metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return '';
  return String(metadata.httpStatusCode);
}

/** Seconds until the message shows again: 5, 10, 20 … 300 (more where that helps), each up to a quarter longer by chance. */
export function retryDelay(receiveCount: number, random: () => number = Math.random, error?: unknown): number {
  const first = ruleOf(error)?.seconds ?? UNKNOWN_SECONDS;
  const seconds = Math.min(MAX_SECONDS, first * 2 ** Math.min(10, receiveCount - 1));
  return Math.round(seconds * (1 + random() / 4));
}
