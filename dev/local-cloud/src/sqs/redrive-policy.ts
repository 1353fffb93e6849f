import { invalidValue } from './sqs-error.js';
import type { SqsError } from './sqs-error.js';

/** When a message goes to the dead-letter queue: when it would be received more than `maxReceiveCount` times. */
export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

export function parseRedrivePolicy(value: string): RedrivePolicy {
  const bad = (reason: string): SqsError => invalidValue('RedrivePolicy', value, reason);
  const policy = jsonObject(value);
  if (policy === undefined) throw bad('It is not a JSON object.');
  const target = policy['deadLetterTargetArn'];
  const count = policy['maxReceiveCount'];
  if (typeof target !== 'string' || !target.startsWith('arn:')) throw bad('Invalid value for deadLetterTargetArn.');
  // AWS takes the number as a string too
  const maximum = typeof count === 'string' && /^\d{1,5}$/.test(count) ? Number(count) : count;
  if (typeof maximum !== 'number' || !Number.isInteger(maximum) || maximum < 1 || maximum > 1_000)
    throw bad(
      `Invalid value for maxReceiveCount: ${JSON.stringify(count)}, valid values are from 1 to 1000 both inclusive.`,
    );
  return { deadLetterTargetArn: target, maxReceiveCount: maximum };
}

/** Whether a dead-letter queue with this RedriveAllowPolicy (or none) takes the messages of `sourceArn`. */
export function allowsSource(allowPolicy: string | undefined, sourceArn: string): boolean {
  const policy = jsonObject(allowPolicy ?? '{}');
  const permission = policy?.['redrivePermission'] ?? 'allowAll';
  if (permission === 'byQueue') {
    const arns = policy?.['sourceQueueArns'];
    return Array.isArray(arns) && arns.includes(sourceArn);
  }
  return permission === 'allowAll';
}

/** Throws where a RedriveAllowPolicy is none. */
export function checkRedriveAllowPolicy(value: string): void {
  const policy = jsonObject(value);
  const permission = policy?.['redrivePermission'];
  const arns = policy?.['sourceQueueArns'];
  const listed = Array.isArray(arns) && arns.length <= 10 && arns.every((arn) => typeof arn === 'string');
  if (
    permission === 'byQueue' ? !listed : arns !== undefined || (permission !== 'allowAll' && permission !== 'denyAll')
  )
    throw invalidValue(
      'RedriveAllowPolicy',
      value,
      'Expected allowAll, denyAll, or byQueue with at most 10 sourceQueueArns.',
    );
}

/** The object a JSON text holds, or undefined. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
