import { FleetError, PermanentError } from '@wikifleet/domain/errors';

/** A delivery received this often is given up by our own hand, so that SQS never moves it (at 20) without a reason. */
export const GIVE_UP_AT = 19;

export type Verdict = 'retry' | 'give-up' | 'stopped' | 'lease-lost';

/** What an error means for the message it happened on. What is not known is worth another try: deliveries are counted. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof PermanentError) return 'give-up';
  if (error instanceof FleetError && error.code === 'SERVICE_STOPPED') return 'stopped';
  if (error instanceof FleetError && error.code === 'LEASE_LOST') return 'lease-lost';
  return 'retry';
}

/** Seconds until the message shows again: 5, 10, 20 … 300, each up to a quarter longer by chance. */
export function retryDelay(receiveCount: number, random: () => number = Math.random): number {
  const seconds = Math.min(300, 5 * 2 ** Math.min(10, receiveCount - 1));
  return Math.round(seconds * (1 + random() / 4));
}
