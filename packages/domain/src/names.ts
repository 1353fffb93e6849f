import { z } from 'zod';
import { PermanentError } from './errors.js';

/** What a file or a wiki may be called: nothing that a path or a shell would read otherwise. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/;

export const nameSchema = z
  .string()
  .regex(NAME, 'expected 1 to 200 of A-Z a-z 0-9 . _ -, not beginning with a dot or a dash');

export function isName(value: string): boolean {
  return NAME.test(value);
}

/** Returns `value` if it may be a name, else throws `NAME_REFUSED`. `what` says whose name it is (`file`, `wiki`). */
export function checkName(what: string, value: string): string {
  if (isName(value)) return value;
  const received = JSON.stringify(value.slice(0, 250));
  throw new PermanentError(
    'NAME_REFUSED',
    `the name of a ${what} is refused: expected 1 to 200 of A-Z a-z 0-9 . _ -, not beginning with a dot or a dash; received ${received}`,
    { received },
  );
}
