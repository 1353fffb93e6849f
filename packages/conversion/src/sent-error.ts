import { FleetError, PermanentError, codeOf, messageOf } from '@wikifleet/domain/errors';

/** An error as it goes from thread to thread. */
export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly permanent: boolean;
  readonly place: string | undefined;
  readonly expected: string | undefined;
  readonly received: string | undefined;
}

export function toSent(error: unknown): SentError {
  const known = error instanceof FleetError ? error : undefined;
  return {
    code: codeOf(error),
    message: messageOf(error),
    permanent: error instanceof PermanentError,
    place: known?.place,
    expected: known?.expected,
    received: known?.received,
  };
}

export function fromSent({ code, message, permanent, place, expected, received }: SentError): FleetError {
  const known = Object.entries({ place, expected, received }).filter(([, value]) => value !== undefined);
  const options = Object.fromEntries(known);
  return permanent ? new PermanentError(code, message, options) : new FleetError(code, message, options);
}
