/** How a service is known to differ from AWS's documentation: it `fails` the check always, or is `skipped` as it does so at times. */
export interface Difference {
  readonly kind: 'fails' | 'skipped';
  readonly why: string;
}

const fails = (why: string, ...ids: string[]): [string, Difference][] => ids.map((id) => [id, { kind: 'fails', why }]);
const skipped = (why: string, ...ids: string[]): [string, Difference][] =>
  ids.map((id) => [id, { kind: 'skipped', why }]);

/** LocalStack 4.14.0, by id of the check. */
const LOCALSTACK: readonly (readonly [string, Difference])[] = [
  ...fails(
    'queue attributes are not checked against their ranges',
    'attribute-VisibilityTimeout-43201',
    'attribute-VisibilityTimeout-soon',
    'attribute-DelaySeconds-901',
    'attribute-MaximumMessageSize-1023',
    'attribute-MaximumMessageSize-1048577',
    'attribute-MessageRetentionPeriod-59',
    'attribute-ReceiveMessageWaitTimeSeconds-21',
  ),
  ...fails('a second purge is allowed at once', 'purge-twice'),
  ...fails(
    'the target of a redrive policy is not looked up',
    'redrive-policy-no ARN',
    'redrive-policy-a queue that is not there',
  ),
  ...fails('a RedriveAllowPolicy is kept and not applied', 'redrive-allow-policy'),
  ...fails('numbers in message attributes are not checked', 'attribute-bad-number'),
  ...fails('a delay is not checked against its range', 'delay--1', 'delay-901', 'batch-partial'),
  ...fails('MaxNumberOfMessages 0 counts as absent', 'receive-MaxNumberOfMessages 0'),
  ...fails(
    'visibility timeouts are not checked against 12 hours',
    'receive-VisibilityTimeout 43201',
    'change-range',
    'change-batch',
  ),
  ...fails('ChangeMessageVisibility with an expired handle succeeds and does nothing', 'change-expired'),
  ...fails('the handle of an earlier receive changes the visibility of a later one', 'change-superseded'),
  ...skipped('an expired message comes back up to a second late', 'timeout-punctual', 'change-expired-visible'),
  ...fails('an aborted long poll swallows the next message', 'poll-aborted'),
  ...skipped('an aborted long poll swallows a message at times', 'poll-aborted-race'),
  ...fails('the failure of a task without a source is called AttributeError', 'move-no-source-reason'),
  ...fails(
    'a move task moves the message itself: its id, times and receive count stay',
    'move-new-message',
    'move-count',
    'move-back-count',
  ),
  ...fails('a request that cannot be read is answered 500', 'protocol-unknown', 'protocol-no JSON', 'protocol-a list'),
];

/** By name of the service, then by id of the check. */
export const KNOWN_DIFFERENCES: ReadonlyMap<string, ReadonlyMap<string, Difference>> = new Map([
  ['localstack', new Map(LOCALSTACK)],
]);
