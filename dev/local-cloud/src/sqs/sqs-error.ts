import { FleetError } from '@wikifleet/domain/errors';

/**
 * Errors as SQS names them on the wire. Each has two names: the shape in the JSON body's `__type`, and the code of the older
 * query protocol in the `x-amzn-query-error` header, which the SDKs show as `Code`.
 * Source: the service model of `@aws-sdk/client-sqs`, and "Common errors" in the API reference.
 */
interface WireError {
  readonly shape: string;
  readonly query: string;
  readonly status: number;
}

const model = (name: string, query: string, status = 400): WireError => ({
  shape: `com.amazonaws.sqs#${name}`,
  query,
  status,
});
const common = (name: string, query: string, status = 400): WireError => ({
  shape: `com.amazon.coral.service#${name}`,
  query,
  status,
});
const prefixed = (name: string, status = 400): WireError => model(name, `AWS.SimpleQueueService.${name}`, status);

const WIRE = {
  BatchEntryIdsNotDistinct: prefixed('BatchEntryIdsNotDistinct'),
  BatchRequestTooLong: prefixed('BatchRequestTooLong'),
  EmptyBatchRequest: prefixed('EmptyBatchRequest'),
  InternalFailure: common('InternalFailure', 'InternalFailure', 500),
  InvalidAddress: model('InvalidAddress', 'InvalidAddress', 404),
  InvalidAttributeName: model('InvalidAttributeName', 'InvalidAttributeName'),
  InvalidAttributeValue: model('InvalidAttributeValue', 'InvalidAttributeValue'),
  InvalidBatchEntryId: prefixed('InvalidBatchEntryId'),
  InvalidMessageContents: model('InvalidMessageContents', 'InvalidMessageContents'),
  InvalidParameterValue: common('InvalidParameterValueException', 'InvalidParameterValue'),
  MessageNotInflight: prefixed('MessageNotInflight'),
  MissingParameter: common('MissingRequiredParameterException', 'MissingParameter'),
  OverLimit: model('OverLimit', 'OverLimit', 403),
  PurgeQueueInProgress: prefixed('PurgeQueueInProgress', 403),
  QueueDoesNotExist: model('QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
  QueueNameExists: model('QueueNameExists', 'QueueAlreadyExists'),
  ReceiptHandleIsInvalid: model('ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid', 404),
  RequestEntityTooLarge: common('RequestEntityTooLargeException', 'RequestEntityTooLarge', 413),
  ResourceNotFound: model('ResourceNotFoundException', 'ResourceNotFoundException', 404),
  Serialization: common('SerializationException', 'MalformedInput'),
  TooManyEntriesInBatchRequest: prefixed('TooManyEntriesInBatchRequest'),
  UnknownOperation: common('UnknownOperationException', 'InvalidAction'),
  UnsupportedOperation: prefixed('UnsupportedOperation'),
} as const satisfies Record<string, WireError>;

type SqsErrorName = keyof typeof WIRE;

/** An error that is answered to the client as SQS would word it; its `code` is our key of the table above. */
export class SqsError extends FleetError {
  /** HTTP status. */
  readonly status: number;
  /** `__type` of the JSON body. */
  readonly shape: string;
  /** Code of the query protocol, also the `Code` of an entry that failed in a batch. */
  readonly queryCode: string;

  constructor(name: SqsErrorName, message: string, cause?: unknown) {
    super(name, message, { cause });
    const wire = WIRE[name];
    this.status = wire.status;
    this.shape = wire.shape;
    this.queryCode = wire.query;
  }

  /** Whether the client is to blame: `Sender` in SQS's words, else `Receiver`. */
  get senderFault(): boolean {
    return this.status < 500;
  }
}

/** `Value V for parameter P is invalid. Reason: R`, SQS's commonest message. */
export function invalidValue(parameter: string, value: string | number, reason: string): SqsError {
  const shown = typeof value === 'string' && value.length > 400 ? `${value.slice(0, 400)}…` : value;
  return new SqsError(
    'InvalidParameterValue',
    `Value ${shown} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );
}
